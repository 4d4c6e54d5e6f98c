// A review from its start to what follows from its decisions: planned, followed, decided, applied, and turned into removals.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyChain } from '../../src/evidence/verify.ts';
import { type ReviewWorld, removalStates, reviewWorld, upn } from './support/reviewing.ts';
import { change } from './support/world.ts';

const PEOPLE = ['ana', 'bo', 'cy'];
const BY_OWNER = '{ reviewers: [{ user: owner@contoso.com }], durationInDays: 14 }';
const P1 = '41781fb2-bc02-4b7c-bd55-b576c07bb09d';

const evidenceOf = ({ world }: ReviewWorld) => join(world.folder, '.rollcall', 'evidence', 'rollcall-corpdb1.ndjson');

test('a review runs its course: started once, decided, applied, and what was refused is followed up', async () => {
  const it = await reviewWorld({ review: BY_OWNER, people: PEOPLE }, 'reviewed');
  const before = await it.world.writes();
  const planned = await it.json(2, 'review', 'start', '--what-if');
  expect(planned).toMatchObject({ about: 'review', actions: 1, counts: { startReview: 1 } });
  expect(await it.world.writes()).toBe(before);

  expect(await it.json(0, 'review', 'start', '--yes')).toMatchObject({ done: { startReview: 1 } });
  const again = await it.rollcall('review', 'start', '--yes');
  expect(again).toMatchObject({ status: 0, out: expect.stringContaining('it is so already') });
  expect(await it.world.writes()).toBe(before + 1);

  await it.advance('P1D');
  expect(await it.json(2, 'review', 'status')).toMatchObject({
    isOpen: true,
    people: 3,
    decided: 0,
    notBegun: ['owner@contoso.com'],
  });
  expect(await it.json(0, 'review', 'remind', '--yes')).toMatchObject({ done: { remindReviewers: 1 } });
  await it.decide(['owner', 'ana', 'Approve', 'as I see it'], ['owner', 'bo', 'Deny', 'left the team']);
  expect(await it.json(2, 'review', 'status')).toMatchObject({
    decided: 2,
    byDecision: { Approve: 1, Deny: 1, NotReviewed: 1 },
  });
  expect((await it.rollcall('review', 'apply', '--yes')).err).toMatch(/still runs/);

  await it.advance('P15D');
  expect(await it.json(0, 'review', 'apply', '--yes')).toMatchObject({ done: { applyDecisions: 1 } });
  await it.advance('P1D');
  const results = (await it.json(2, 'review', 'results')) as {
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

  expect(await it.json(0, 'review', 'results')).toMatchObject({ removals: { added: 0, known: 1 } });
  const { removals } = (await it.json(2, 'removals', 'list')) as { removals: object[] };
  expect(removals).toMatchObject([{ account: { key: 'bo@contoso.com' }, cause: { kind: 'denied' }, state: 'open' }]);
  const csv = await it.rollcall('review', 'results', '--output', 'csv');
  expect(csv.out).toMatch(/^bo@contoso\.com,.*,Deny,.*,left the team,AppliedSuccessfully,no$/m);

  // What the review took away in the directory is its own removal's matter; who stands in the list twice has not left.
  it.accounts('ana', 'bo', 'cy', 'ana');
  expect(await it.json(2, 'reconcile')).toMatchObject({
    found: [],
    left: [],
    removals: { remaining: [{ account: { key: 'bo@contoso.com' } }] },
  });
  expect(await verifyChain(evidenceOf(it))).toMatchObject({ whole: true });
  // However often somebody looks, what was decided is recorded once for each status that it came to.
  const recorded = readFileSync(evidenceOf(it), 'utf8').match(/"kind":"reviewEnded"/g);
  expect(recorded).toHaveLength(1);
});

test('whoever cannot review is named before the review starts, and so is a setting that removes; nothing is started', async () => {
  const it = await reviewWorld({
    review: BY_OWNER,
    people: PEOPLE,
    others: [
      { name: 'gone', accountEnabled: false },
      { name: 'mute', mail: null },
      'deleted',
      {
        name: 'basic',
        assignedPlans: [{ servicePlanId: P1, capabilityStatus: 'Enabled', service: 'AADPremiumService' }],
      },
    ],
  });
  await change(it.world.tenant, 'DELETE', `/users/${upn('deleted')}`);
  const before = await it.world.writes();
  const by = (name: string, more = '') => `{ reviewers: [{ user: ${upn(name)} }], durationInDays: 7${more} }`;
  for (const [review, guard, told] of [
    [by('gone'), 'reviewers', /gone@contoso.com cannot sign in\. Ask a User Administrator/],
    [by('mute'), 'reviewers', /mute@contoso.com has no mail\. Ask a User Administrator/],
    [by('lost'), 'reviewers', /lost@contoso.com is not in the directory\. Correct the name/],
    [by('deleted'), 'reviewers', /deleted@contoso.com is not in the directory\. Correct the name/],
    [by('basic'), 'reviewers', /basic@contoso.com has no licence that covers reviewing\. Ask whoever buys licences/],
    [by('ana'), 'reviewers', /ana@contoso.com would be alone in reviewing the own access\. Name a second reviewer/],
    [by('owner', ', default: recommendation'), 'recommendation', /everybody would lose access/],
    [by('owner', ', default: deny, autoApply: true'), 'deny', /everybody loses access/],
  ] as const) {
    it.configure(review);
    const refused = await it.rollcall('review', 'start', '--yes');
    expect(refused.status).toBe(2);
    expect(refused.err).toMatch(told);
    expect(refused.err).toContain(`--allow ${guard}.`);
  }
  expect(await it.world.writes()).toBe(before);
});

test('a review can be stopped before its time, and is not joined by a second while it runs', async () => {
  const it = await reviewWorld({ review: BY_OWNER, people: PEOPLE });
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('P1D');
  it.configure(BY_OWNER.replace('14', '21'));
  const second = await it.rollcall('review', 'start', '--yes');
  expect(second.status).toBe(2);
  expect(second.err).toMatch(/still runs, until/);
  expect(await it.json(0, 'review', 'stop', '--yes')).toMatchObject({ done: { stopReview: 1 } });
  expect((await it.rollcall('review', 'stop', '--yes')).err).toMatch(/has ended/);
});

test('results that could not be followed up are followed up the next time, though they stand in the evidence', async () => {
  const it = await reviewWorld({ review: BY_OWNER, people: PEOPLE });
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('P1D');
  await it.decide(['owner', 'bo', 'Deny', 'left the team']);
  await it.advance('P14D');
  // A new list that nobody has matched: whose access was refused cannot be told.
  it.accounts('ana', 'bo');
  await it.json(0, 'collect');
  const failed = await it.rollcall('review', 'results');
  expect(failed.err).toMatch(/newest outcomes are of an older roster.*\n.*rollcall match/);
  expect(removalStates(await it.json(0, 'removals', 'list'))).toEqual({});
  await it.json(0, 'match');
  expect(await it.json(2, 'review', 'results')).toMatchObject({ removals: { added: 1 } });
  expect(removalStates(await it.json(2, 'removals', 'list'))).toEqual({ bo: 'open' });
});
