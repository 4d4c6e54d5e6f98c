// A review against a directory that shows late what was written, and answers that are lost.
import { expect, test } from 'vitest';
import { emptyWorld } from './support/world.ts';

const CONFIGURATION = [
  'application: CORPDB1',
  'directory: local',
  'source: { csv: { path: users.csv } }',
  'match: [{ column: EMail, attribute: userPrincipalName }]',
  'review: { reviewers: [{ user: owner@contoso.com }], durationInDays: 14 }',
].join('\n');

const person = (name: string) => ({
  userPrincipalName: `${name}@contoso.com`,
  displayName: name,
  mailNickname: name,
  mail: `${name}@contoso.com`,
  accountEnabled: true,
});

test('decisions are applied once where the answer is lost and the directory still shows them as not applied', async () => {
  const files = { 'rollcall.yaml': CONFIGURATION, 'users.csv': 'EMail\nana@contoso.com\n' };
  const world = await emptyWorld(files, undefined, { replicationDelayMs: 30_000, timeScale: 30 });
  const control = async (what: string, body: unknown) => {
    const answer = await fetch(`${world.tenant.authority}/_tenant/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(answer.ok).toBe(true);
  };
  await control('users', { users: [person('ana'), person('owner')] });
  await world.json(0, 'run', '--yes');
  await control('faults', { faults: [{ do: 'dropReply', method: 'POST', path: 'accessReviews/definitions$' }] });
  expect(await world.json(0, 'review', 'start', '--yes')).toMatchObject({ done: { startReview: 1 } });
  await control('clock', { advance: 'P15D' });
  const fault = { do: 'status', status: 503, workDone: true, method: 'POST', path: 'applyDecisions$' };
  await control('faults', { faults: [fault] });
  expect(await world.json(0, 'review', 'apply', '--yes')).toMatchObject({
    done: { applyDecisions: 1 },
    results: { refused: 0 },
  });
  // Run again before every replica shows it, it is so already.
  expect((await world.rollcall('review', 'apply', '--yes')).status).toBe(0);
});
