import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  ANA,
  byName,
  CY,
  MANAGERS,
  openReview,
  REVIEWER,
  reviewer,
  reviewOf,
  reviewWorld,
  SECOND,
  settings,
} from '../../../test/conformance/tenant/review-support.ts';
import type { Io } from '../io.ts';
import { tenantDecide } from './tenant-decide.ts';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
};

/** A review that managers decide, a fallback for Cy, and a way to play a script against it. */
const world = async (more: object = {}) => {
  const { client, principalId } = await reviewWorld();
  await client.put(`/users/${ANA}/manager/$ref`, client.ref(REVIEWER, 'users'));
  const reviewers = { reviewers: [MANAGERS], fallbackReviewers: [reviewer(`/users/${SECOND}`)] };
  const { at, client: opened } = await openReview(client, reviewOf(principalId, { ...reviewers, ...more }));
  const files = folder();
  const [directory, script] = [join(files, 'tenant.json'), join(files, 'decisions.csv')];
  const { graph, authority, tenantId, clientId } = client.tenant;
  writeFileSync(directory, JSON.stringify({ graph, authority, tenantId, clientId }));
  const play = async (text: string, output: 'text' | 'json' = 'json') => {
    writeFileSync(script, text);
    const printed: string[] = [];
    const told: string[] = [];
    const io = {
      out: (one: string) => printed.push(one),
      err: (one: string) => told.push(one),
      signal: new AbortController().signal,
    };
    const status = await tenantDecide({ directory, script, output }, io as unknown as Io);
    return { status, printed: printed.join(''), told: told.join('') };
  };
  return { play, script, decided: async (what = 'decision') => byName(await opened.all(`${at}/decisions`), what) };
};

test('each reviewer of the script records in person what it says', async () => {
  const { play, decided } = await world();
  const script = [
    'reviewer,user,decision,justification',
    'reviewer@contoso.com,ANA@contoso.com,approve,"Works with it, daily"',
    `Second@contoso.com,${CY},Deny,Left`,
    'second@contoso.com,*,DontKnow,',
  ].join('\n');
  expect(await play(script)).toEqual({ status: 0, printed: expect.stringContaining('"recorded": 3'), told: '' });
  expect(await decided()).toEqual({ 'Ana Ruiz': 'Approve', bo: 'DontKnow', cy: 'Deny' });
  expect((await decided('justification'))['Ana Ruiz']).toBe('Works with it, daily');
  const by = await decided('reviewedBy');
  expect(by).toMatchObject({ 'Ana Ruiz': { id: REVIEWER }, bo: { id: SECOND } });
});

test('what is not this reviewer’s, and what the tenant refuses, is told with its line, and the status is 2', async () => {
  const { play, script, decided } = await world({ settings: settings({ justificationRequiredOnApproval: true }) });
  const text = [
    'reviewer,user,decision,justification',
    'reviewer@contoso.com,bo@contoso.com,Deny,',
    'reviewer@contoso.com,ana@contoso.com,Approve,',
    'second@contoso.com,bo@contoso.com,Deny,',
  ].join('\n');
  const { status, printed, told } = await play(text, 'text');
  expect({ status, printed }).toEqual({ status: 2, printed: '1 decision recorded\n' });
  expect(told).toContain(`${script}:2: reviewer@contoso.com on bo@contoso.com: no open decision`);
  expect(told).toContain(`${script}:3: reviewer@contoso.com on ana@contoso.com: A justification is required`);
  expect(await decided()).toEqual({ 'Ana Ruiz': 'NotReviewed', bo: 'Deny', cy: 'NotReviewed' });
});

test('a script that cannot be played is refused before the first decision', async () => {
  const { play, decided } = await world();
  const header = 'reviewer,user,decision,justification';
  for (const [text, message] of [
    ['reviewer,decision\na,Deny', 'lacks the column user'],
    [header, 'it has no line'],
    [`${header}\nsecond@contoso.com,*,Deny,\nsecond@contoso.com,*,Maybe,`, '"Maybe" is no decision'],
    [`${header}\n,*,Deny,`, 'a reviewer and a user'],
    [`${header}\n"x`, 'decisions.csv'],
  ] as const)
    await expect(play(text)).rejects.toMatchObject({ exitCode: 64, message: expect.stringContaining(message) });
  await expect(play(`${header}\nnobody@contoso.com,*,Deny,`)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('nobody@contoso.com cannot sign in'),
  });
  expect(new Set(Object.values(await decided()))).toEqual(new Set(['NotReviewed']));
});
