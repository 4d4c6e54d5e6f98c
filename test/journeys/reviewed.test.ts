// A review from its start to what follows from its decisions: planned, followed, decided, applied, and turned into removals.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyChain } from '../../src/evidence/verify.ts';
import { change, emptyWorld, type World } from './support/world.ts';

const PEOPLE = ['ana', 'bo', 'cy'];
const person = (name: string, more: object = {}) =>
  JSON.stringify({
    userPrincipalName: `${name}@contoso.com`,
    displayName: name,
    mailNickname: name,
    mail: `${name}@contoso.com`,
    accountEnabled: true,
    ...more,
  });
const configuration = (review: string) =>
  [
    'application: CORPDB1',
    'directory: local',
    'source: { csv: { path: users.csv } }',
    'match: [{ column: EMail, attribute: userPrincipalName }]',
    `review: ${review}`,
  ].join('\n');
const BY_OWNER = '{ reviewers: [{ user: owner@contoso.com }], durationInDays: 14 }';

let world: World;
const assigned = async (review: string, name?: string): Promise<World> => {
  const files = {
    'rollcall.yaml': configuration(review),
    'users.csv': `EMail\n${PEOPLE.map((one) => `${one}@contoso.com\n`).join('')}`,
  };
  const made = await emptyWorld(files, name);
  const users = [
    ...PEOPLE.map((one) => person(one)),
    person('owner'),
    person('gone', { accountEnabled: false }),
    person('mute', { mail: null }),
  ];
  await control(made, 'users', `{"users":[${users.join(',')}]}`);
  expect(await made.rollcall('run', '--yes')).toMatchObject({ status: 0 });
  return made;
};

const control = async ({ tenant }: World, what: string, body: string) => {
  const answer = await fetch(`${tenant.authority}/_tenant/${what}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  expect(answer.ok, `${what}: ${answer.status}`).toBe(true);
};
const pass = (days: number) => control(world, 'clock', JSON.stringify({ advance: `P${days}D` }));

/** Plays the reviewer. */
const decide = async (name: string, decision: string, justification = 'as I see it') => {
  const { review, instance } = (await world.json(2, 'review', 'status')) as {
    review: { id: string };
    instance: { id: string };
  };
  const user = (await change(world.tenant, 'GET', `/users/${name}@contoso.com?$select=id`)) as { id: string };
  const path = `/identityGovernance/accessReviews/definitions/${review.id}/instances/${instance.id}`;
  const decided = { decision, justification, principalId: user.id };
  await change(world.tenant, 'POST', `${path}/batchRecordDecisions`, decided);
};

const evidenceOf = ({ folder }: World) => join(folder, '.rollcall', 'evidence', 'rollcall-corpdb1.ndjson');

test('a review runs its course: started once, decided, applied, and what was refused is followed up', async () => {
  world = await assigned(BY_OWNER, 'reviewed');
  const before = await world.writes();
  const planned = await world.json(2, 'review', 'start', '--what-if');
  expect(planned).toMatchObject({ about: 'review', actions: 1, counts: { startReview: 1 } });
  expect(await world.writes()).toBe(before);

  expect(await world.json(0, 'review', 'start', '--yes')).toMatchObject({ done: { startReview: 1 } });
  const again = await world.rollcall('review', 'start', '--yes');
  expect(again).toMatchObject({ status: 0, out: expect.stringContaining('it is so already') });
  expect(await world.writes()).toBe(before + 1);

  await pass(1);
  expect(await world.json(2, 'review', 'status')).toMatchObject({
    isOpen: true,
    people: 3,
    decided: 0,
    notBegun: ['owner@contoso.com'],
  });
  expect(await world.json(0, 'review', 'remind', '--yes')).toMatchObject({ done: { remindReviewers: 1 } });
  await decide('ana', 'Approve');
  await decide('bo', 'Deny', 'left the team');
  expect(await world.json(2, 'review', 'status')).toMatchObject({
    decided: 2,
    byDecision: { Approve: 1, Deny: 1, NotReviewed: 1 },
  });
  expect((await world.rollcall('review', 'apply', '--yes')).err).toMatch(/still runs/);

  await pass(15);
  expect(await world.json(0, 'review', 'apply', '--yes')).toMatchObject({ done: { applyDecisions: 1 } });
  await pass(1);
  const results = (await world.json(2, 'review', 'results')) as {
    decisions: { principal: { userPrincipalName: string }; decision: string; applyResult: string }[];
    removals: object;
  };
  expect(results.removals).toEqual({ added: 1, known: 0, unfound: 0 });
  const denied = results.decisions.find(({ decision }) => decision === 'Deny')!;
  expect(denied).toMatchObject({
    principal: { userPrincipalName: 'bo@contoso.com' },
    justification: 'left the team',
    applyResult: 'AppliedSuccessfully',
  });

  expect(await world.json(0, 'review', 'results')).toMatchObject({ removals: { added: 0, known: 1 } });
  const { removals } = (await world.json(2, 'removals', 'list')) as { removals: object[] };
  expect(removals).toMatchObject([{ account: { key: 'bo@contoso.com' }, cause: { kind: 'denied' }, state: 'open' }]);
  const csv = await world.rollcall('review', 'results', '--output', 'csv');
  expect(csv.out).toMatch(/^bo@contoso\.com,.*,Deny,.*,left the team,AppliedSuccessfully,no$/m);

  // What the review took away in the directory is its own removal's matter; who stands in the list twice has not left.
  writeFileSync(
    join(world.folder, 'users.csv'),
    'EMail\nana@contoso.com\nbo@contoso.com\ncy@contoso.com\nana@contoso.com\n',
  );
  const reconciled = await world.json(2, 'reconcile');
  expect(reconciled).toMatchObject({
    found: [],
    left: [],
    removals: { remaining: [{ account: { key: 'bo@contoso.com' } }] },
  });
  expect(await verifyChain(evidenceOf(world))).toMatchObject({ whole: true });
  expect(readFileSync(evidenceOf(world), 'utf8')).toContain('"kind":"reviewEnded"');
});

test.each([
  [
    'a reviewer who cannot sign in',
    '{ reviewers: [{ user: gone@contoso.com }], durationInDays: 7 }',
    'reviewers',
    /gone@contoso.com cannot sign in/,
  ],
  [
    'a reviewer without a mailbox',
    '{ reviewers: [{ user: mute@contoso.com }], durationInDays: 7 }',
    'reviewers',
    /mute@contoso.com has no mail/,
  ],
  [
    'a reviewer who is not there',
    '{ reviewers: [{ user: lost@contoso.com }], durationInDays: 7 }',
    'reviewers',
    /lost@contoso.com is not in the directory/,
  ],
  [
    'somebody alone with himself',
    '{ reviewers: [{ user: ana@contoso.com }], durationInDays: 7 }',
    'reviewers',
    /ana@contoso.com would be alone/,
  ],
  [
    'a recommendation that decides',
    '{ reviewers: [{ user: owner@contoso.com }], durationInDays: 7, default: recommendation }',
    'recommendation',
    /everybody would lose access/,
  ],
  [
    'a default that removes',
    '{ reviewers: [{ user: owner@contoso.com }], durationInDays: 7, default: deny, autoApply: true }',
    'deny',
    /everybody loses access/,
  ],
])('%s is named before the review starts, and nothing is started', async (_what, review, guard, told) => {
  world = await assigned(review);
  const before = await world.writes();
  const refused = await world.rollcall('review', 'start', '--yes');
  expect(refused.status).toBe(2);
  expect(refused.err).toMatch(told);
  expect(refused.err).toContain(`--allow ${guard}`);
  expect(await world.writes()).toBe(before);
});

test('a review can be stopped before its time, and is not joined by a second while it runs', async () => {
  world = await assigned(BY_OWNER);
  await world.json(0, 'review', 'start', '--yes');
  await pass(1);
  writeFileSync(join(world.folder, 'rollcall.yaml'), configuration(BY_OWNER.replace('14', '21')));
  const second = await world.rollcall('review', 'start', '--yes');
  expect(second.status).toBe(2);
  expect(second.err).toMatch(/still runs/);
  expect(await world.json(0, 'review', 'stop', '--yes')).toMatchObject({ done: { stopReview: 1 } });
  expect((await world.rollcall('review', 'stop', '--yes')).err).toMatch(/has ended/);
});
