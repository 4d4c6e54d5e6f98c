// What becomes of an access that nobody has decided about; and nobody is advised to refuse one without evidence.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { decided, type Json, removalStates, reviewWorld } from './support/reviewing.ts';

const PEOPLE = ['ana', 'bo', 'cy'];
const by = (more: string) => `{ reviewers: [{ user: owner@contoso.com }], durationInDays: 7, ${more} }`;

test('a default that refuses takes nothing away by itself: what nobody looked at goes only when that is allowed by name', async () => {
  const it = await reviewWorld({ review: by('default: deny'), people: PEOPLE }, 'review-default-deny');
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  await it.decide(['owner', 'ana', 'Approve', 'needs it'], ['owner', 'bo', 'Deny', 'has left']);
  await it.advance('P7D');
  const status = await it.json(0, 'review', 'status');
  expect(status).toMatchObject({ decided: 2, byDefault: 1, byDecision: { Approve: 1, Deny: 2 } });
  expect((await it.rollcall('review', 'status')).out).toMatch(/2 of 3 decided \(66 %\); 1 by the default/);

  const before = await it.json(2, 'review', 'results');
  expect(decided(before)).toMatchObject({ bo: 'Deny owner New', cy: 'Deny nobody New' });
  expect(before).toMatchObject({ taken: [{ refused: 2, added: 1, waiting: 1 }] });
  expect((await it.rollcall('review', 'results')).out).toMatch(/cy@contoso.com by the default of the review/);
  expect(removalStates(await it.json(2, 'removals', 'list'))).toEqual({ bo: 'open' });

  const stopped = await it.rollcall('review', 'apply', '--yes', '--allow', 'recommendation');
  expect(stopped.status).toBe(2);
  expect(stopped.err).toMatch(/deny: 1 of 2 accesses to be removed were refused by the default .*\n.*--allow deny/);
  expect(await it.assigned()).toEqual(PEOPLE);
  await it.json(0, 'review', 'apply', '--yes', '--allow', 'deny');
  await it.advance('PT1H');
  expect(await it.assigned()).toEqual(['ana']);
  expect(await it.json(2, 'review', 'results')).toMatchObject({
    taken: [{ refused: 2, added: 1, known: 1, waiting: 0 }],
  });
  const { removals } = await it.json(2, 'removals', 'list');
  const causes = (removals as { account: { key: string }; cause: { decidedBy: string } }[]).map((one) => [
    one.account.key,
    one.cause.decidedBy,
  ]);
  expect(Object.fromEntries(causes)).toEqual({
    'bo@contoso.com': 'owner@contoso.com',
    'cy@contoso.com': 'the default of the review',
  });
});

test('a default that approves is told apart from what a reviewer approved', async () => {
  const it = await reviewWorld(
    { review: by('default: approve, autoApply: true'), people: PEOPLE },
    'review-default-approve',
  );
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  await it.decide(['owner', 'bo', 'Deny', 'has left']);
  await it.advance('P8D');
  // The directory applies by itself.
  expect((await it.rollcall('review', 'apply', '--yes')).out).toMatch(/it is so already/);
  const results = await it.json(2, 'review', 'results');
  expect(decided(results)).toMatchObject({
    ana: 'Approve nobody AppliedSuccessfully',
    bo: 'Deny owner AppliedSuccessfully',
  });
  expect(results).toMatchObject({ removals: { added: 1 } });
  expect(await it.assigned()).toEqual(['ana', 'cy']);
});

test('results that are not all there yet are said to be so, and what comes later is taken, too', async () => {
  const it = await reviewWorld({ review: by('default: deny, autoApply: true'), people: PEOPLE }, 'review-closing');
  await it.json(0, 'review', 'start', '--yes', '--allow', 'deny');
  await it.advance('P6D');
  await it.json(0, 'review', 'stop', '--yes');
  const early = await it.json(2, 'review', 'results');
  expect(early).toMatchObject({ isClosing: true, removals: { added: 0 } });
  expect((await it.rollcall('review', 'results')).out).toMatch(/The directory still closes it/);
  await it.advance('PT1H');
  expect(await it.json(2, 'review', 'results')).toMatchObject({ isClosing: false, removals: { added: 3 } });
  expect(await it.assigned()).toEqual([]);
});

test('500 people of whom none signs in through Entra: nobody is advised to refuse them, and what would is refused by name', async () => {
  const people = Array.from({ length: 500 }, (_, n) => `user${n}`);
  const it = await reviewWorld({ review: by('default: recommendation'), people }, 'review-500');
  const before = await it.world.writes();
  /** Starts it as it is configured, with every guard allowed but the one that must stop it. */
  const stops = async (review: string, guard: string, told: RegExp) => {
    it.configure(review);
    const others = ['reviewers', 'recommendation', 'deny', 'remove'].filter((other) => other !== guard);
    const start = await it.rollcall('review', 'start', '--yes', '--allow', ...others);
    expect(start.status, start.err).toBe(2);
    expect(start.err).toMatch(told);
    expect(start.err).toContain(`with --allow ${guard}.`);
    expect(await it.world.writes()).toBe(before);
  };
  await stops(
    by('default: recommendation'),
    'recommendation',
    /nobody signs in to this application that way, so everybody would lose access/,
  );
  await stops(by('recommendations: true'), 'recommendation', /it would be to refuse each access/);
  await stops(by('default: deny, autoApply: true'), 'deny', /if nobody reviews, everybody loses access/);

  // As it comes: no default, no recommendation. Nothing that is said advises anything.
  it.configure(by('autoApply: true'));
  const advice = /recommend|\bdeny\b|refuse the access/i;
  const said = [await it.rollcall('review', 'start', '--what-if')];
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  const open = await it.json(2, 'review', 'results');
  const recommendations = (open['decisions'] as Json[]).map(({ recommendation }) => recommendation);
  expect(recommendations).toHaveLength(500);
  expect(new Set(recommendations)).toEqual(new Set(['NoInfoAvailable']));
  said.push(
    await it.rollcall('review', 'status'),
    await it.rollcall('review', 'results'),
    await it.rollcall('review', 'results', '--output', 'csv'),
  );
  for (const { out, err } of said) expect(`${out}${err}`).not.toMatch(advice);
  const reports = ['report.html', 'report.csv'].map((name) => join(it.world.folder, name));
  await it.rollcall('report', '--to', ...reports);
  for (const report of reports) expect(readFileSync(report, 'utf8')).not.toMatch(advice);

  /** What the companion advises of each of them. */
  const advised = async () => {
    await it.json(0, 'review', 'companion', '--to', it.world.folder);
    const rows = parse(readFileSync(join(it.world.folder, 'companion.csv')), { columns: true, bom: true });
    return (rows as Record<string, string>[]).map((row) => row['advice']);
  };
  const none = people.map(() => 'No evidence either way');
  expect(await advised()).toEqual(none);

  await it.advance('P8D');
  expect(await it.json(0, 'review', 'results')).toMatchObject({ removals: { added: 0 } });
  expect(await it.assigned()).toHaveLength(500);

  // Allowed by its name, the directory's recommendation refuses all of them, and still nothing goes unasked.
  it.configure(by('recommendations: true, default: recommendation'));
  await it.json(0, 'review', 'start', '--yes', '--allow', 'recommendation');
  await it.advance('P8D');
  expect(await it.json(0, 'review', 'status')).toMatchObject({ decided: 0, byDefault: 500, byDecision: { Deny: 500 } });
  expect(await it.json(2, 'review', 'results')).toMatchObject({ removals: { added: 0 }, taken: [{ waiting: 500 }] });
  const stopped = await it.rollcall('review', 'apply', '--yes');
  expect(stopped.err).toMatch(/deny: 500 of 500 accesses to be removed were refused by the default/);
  expect(await it.assigned()).toHaveLength(500);
  // That it refused them is nobody's judgement, and so no advice for the next time.
  expect(await advised()).toEqual(none);
});
