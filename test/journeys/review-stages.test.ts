// Reviews in several stages, reviews by managers, and what becomes of an access that nobody has decided about.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decided, type Json, removalStates, reviewWorld } from './support/reviewing.ts';

test('three stages: who is refused in the first does not move on, and each stage shows its own progress', async () => {
  const stages = [
    '{ reviewers: [{ manager: true }], fallback: [{ user: owner@contoso.com }], durationInDays: 7, movesOn: [approve] }',
    '{ reviewers: [{ user: owner@contoso.com }], durationInDays: 7, movesOn: [approve, deny, notReviewed] }',
    '{ reviewers: [{ user: auditor@contoso.com }], durationInDays: 7 }',
  ];
  const it = await reviewWorld(
    {
      review: `{ stages: [${stages.join(', ')}] }`,
      people: [{ name: 'ana', manager: 'max' }, { name: 'bo', manager: 'max' }, { name: 'cy', manager: 'mia' }, 'di'],
      others: ['max', 'mia', 'auditor'],
    },
    'review-stages',
  );
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  await it.decide(
    ['max', 'ana', 'Approve', 'needs it'],
    ['max', 'bo', 'Deny', 'has moved'],
    ['owner', 'di', 'Approve', 'has no manager'],
  );
  const first = await it.json(2, 'review', 'status');
  expect(first).toMatchObject({ people: 4, decided: 3, daysLeft: 20, notBegun: ['mia@contoso.com'] });
  expect(first['stages']).toMatchObject([
    { number: 1, status: 'inprogress', people: 4, decided: 3, byDecision: { Approve: 2, Deny: 1, NotReviewed: 1 } },
    { number: 2, status: 'notstarted', people: 0 },
    { number: 3, status: 'notstarted', people: 0 },
  ]);

  // Only who was approved moves on: the refused and the forgotten stay where they are.
  await it.advance('P7D');
  await it.decide(['owner', 'ana', 'Deny', 'no longer on the list'], ['owner', 'di', 'Approve', 'as I know']);
  const second = await it.json(2, 'review', 'status');
  expect((second['stages'] as Json[])[1]).toMatchObject({ status: 'inprogress', people: 2, decided: 2 });
  const shown = (await it.rollcall('review', 'status')).out;
  expect(shown).toMatch(/stage 1: completed, .*; 3 of 4 decided/);
  expect(shown).toMatch(/stage 2: inprogress, .*; 2 of 2 decided/);
  expect(shown).toMatch(/By reviewer\n {2}owner@contoso.com {2}3\n {2}max@contoso.com {4}2/);

  // Here the refused move on as well, and the last word counts.
  await it.advance('P7D');
  await it.decide(['auditor', 'ana', 'Approve', 'she is on the list'], ['auditor', 'di', 'Deny', 'no contract']);
  await it.advance('P8D');
  await it.json(0, 'review', 'apply', '--yes');
  await it.advance('PT1H');
  const results = await it.json(2, 'review', 'results');
  expect(decided(results)).toMatchObject({
    ana: 'Approve auditor AppliedSuccessfully',
    bo: 'Deny max AppliedSuccessfully',
    cy: 'NotReviewed nobody New',
    di: 'Deny auditor AppliedSuccessfully',
  });
  expect((results['stages'] as Json[]).map(decided)).toMatchObject([
    { ana: 'Approve max New', bo: 'Deny max AppliedSuccessfully', di: 'Approve owner New' },
    { ana: 'Deny owner New', di: 'Approve owner New' },
    { ana: 'Approve auditor AppliedSuccessfully', di: 'Deny auditor AppliedSuccessfully' },
  ]);
  expect(removalStates(await it.json(2, 'removals', 'list'))).toEqual({ bo: 'open', di: 'open' });
  expect(await it.assigned()).toEqual(['ana', 'cy']);
  // The evidence holds what each stage said.
  const evidence = readFileSync(join(it.world.folder, '.rollcall', 'evidence', 'rollcall-corpdb1.ndjson'), 'utf8');
  for (const stage of [1, 2, 3]) expect(evidence).toContain(`"stage":${stage},`);
  expect(evidence).toContain('no longer on the list');
});

test('managers review, and where somebody has none another person stands in, who sees nobody else', async () => {
  const setup = {
    people: [{ name: 'ana', manager: 'max' }, 'bo', { name: 'cy', manager: 'max' }],
    others: ['max', 'deputy'],
  };
  const it = await reviewWorld(
    { ...setup, review: '{ reviewers: [{ manager: true }], durationInDays: 7 }' },
    'review-managers',
  );
  const alone = await it.rollcall('review', 'start', '--yes');
  expect(alone.err).toMatch(/missing for one person under review, and nobody stands in\. Name who reviews instead/);
  it.configure('{ reviewers: [{ manager: true }], fallback: [{ user: deputy@contoso.com }], durationInDays: 7 }');
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  const told = await it.json(2, 'review', 'status');
  expect([...(told['notBegun'] as string[])].sort()).toEqual(['deputy@contoso.com', 'max@contoso.com']);
  expect(
    (await it.decide(['deputy', 'bo', 'Deny', 'nobody answers for him'], ['max', 'ana', 'Approve', 'mine'])).status,
  ).toBe(0);
  expect((await it.decide(['deputy', 'cy', 'Deny', 'not mine'])).status).toBe(2);
  await it.advance('P7D');
  expect(decided(await it.json(2, 'review', 'results'))).toEqual({
    ana: 'Approve max New',
    bo: 'Deny deputy New',
    cy: 'NotReviewed nobody New',
  });
});

test('a manager is missing and nobody stands in: what that person has is decided by nobody', async () => {
  const it = await reviewWorld({
    review: '{ reviewers: [{ manager: true }], durationInDays: 7 }',
    people: [{ name: 'ana', manager: 'max' }, 'bo'],
    others: ['max'],
  });
  await it.json(0, 'review', 'start', '--yes', '--allow', 'reviewers');
  await it.advance('PT1H');
  expect(await it.json(2, 'review', 'status')).toMatchObject({ people: 2, notBegun: ['max@contoso.com'] });
  await it.decide(['max', '*', 'Approve', 'all of mine']);
  await it.advance('P7D');
  expect(decided(await it.json(0, 'review', 'results'))).toEqual({
    ana: 'Approve max New',
    bo: 'NotReviewed nobody New',
  });
});
