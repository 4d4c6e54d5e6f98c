import { expect, test } from 'vitest';
import { directoryOf } from '../../test/support/directory.ts';
import { reviewBy } from '../../test/support/review.ts';
import type { DirectoryUser } from '../model/directory.ts';
import type { NamedReviewer, ReviewSettings } from '../model/settings.ts';
import { findReviewers } from './reviewers.ts';

const P2 = 'eec0eb4f-6444-4f95-aba0-50c24d67f998';
const P1 = '41781fb2-bc02-4b7c-bd55-b576c07bb09d';
const user = (id: string, more: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id,
  userPrincipalName: `${id}@contoso.com`,
  displayName: id,
  accountEnabled: true,
  mail: `${id}@contoso.com`,
  assignedPlans: [],
  ...more,
});

const PEOPLE = [
  user('owner'),
  user('gone', { accountEnabled: false }),
  user('mute', { mail: null }),
  user('basic', { assignedPlans: [{ servicePlanId: P1, capabilityStatus: 'Enabled' }] }),
  user('paid', { assignedPlans: [{ servicePlanId: P2, capabilityStatus: 'Enabled' }] }),
];

const directory = directoryOf({
  findUsers: async function* (lookups) {
    let index = 0;
    for await (const lookup of lookups) {
      const values = 'values' in lookup ? lookup.values : [];
      const attribute = 'attribute' in lookup ? lookup.attribute : '';
      yield { index, users: PEOPLE.filter((one) => values.includes(String(one[attribute]))) };
      index += 1;
    }
  },
  findGroups: async (name) =>
    ({
      Owners: [{ id: 'g1', displayName: 'Owners' }],
      Twice: [1, 2].map((n) => ({ id: `t${n}`, displayName: 'Twice' })),
    })[name] ?? (name === 'Empty' ? [{ id: 'g2', displayName: 'Empty' }] : []),
  groupUsers: async function* (id) {
    yield id === 'g1' ? [user('owner'), user('gone', { accountEnabled: false })] : [];
  },
  ownersOf: async () => [user('owner')],
  managersOf: async function* (ids) {
    yield [...ids].filter((id) => id !== 'orphan').map((of) => ({ of, manager: user('boss', { mail: null }) }));
  },
});

const underReview = { servicePrincipalId: 'sp', userIds: new Set(['ana', 'bo', 'orphan', 'owner']) };

const find = async (settings: ReviewSettings) => {
  const found = await findReviewers(directory, settings, underReview, new AbortController().signal);
  return { ...found, told: found.problems.map(({ reviewer, problem }) => `${reviewer} ${problem}`) };
};
const by = (reviewers: readonly NamedReviewer[], fallback: readonly NamedReviewer[] = []) =>
  find({ ...reviewBy([]), stages: [{ reviewers, fallback, durationInDays: 7, movesOn: ['Approve'] }] });

test.each([
  ['nobody@contoso.com', 'nobody@contoso.com is not in the directory'],
  ['gone@contoso.com', 'gone@contoso.com cannot sign in'],
  ['mute@contoso.com', 'mute@contoso.com has no mail'],
  ['basic@contoso.com', 'basic@contoso.com has no licence that covers reviewing'],
  ['owner@contoso.com', 'owner@contoso.com would be alone in reviewing the own access'],
])('%s is named before the review starts', async (name, told) => {
  const found = await by([{ user: name }]);
  expect(found.told).toEqual([told]);
  expect(found.problems[0]!.remedy).not.toBe('');
});

test('people who can review are found by name or in groups, each once', async () => {
  const found = await by([{ user: 'paid@contoso.com' }, { user: ' paid@contoso.com ' }, { group: 'Owners' }]);
  expect(found.told).toEqual([]);
  expect(found.stages[0]!.reviewers).toEqual([
    { kind: 'user', id: 'paid', name: 'paid@contoso.com' },
    { kind: 'group', id: 'g1', name: 'Owners' },
  ]);
});

test.each([
  ['Nobodies', /is no group of the directory/],
  ['Twice', /is the name of 2 groups/],
  ['Empty', /has no member who can sign in/],
])('the group %s is named', async (group, told) => {
  expect((await by([{ group }])).told).toEqual([expect.stringMatching(told)]);
});

test('managers who are missing need somebody who stands in, and managers are looked at, too', async () => {
  const alone = await by([{ manager: true }]);
  expect(alone.told).toEqual([
    'the managers are missing for one person under review, and nobody stands in',
    'boss@contoso.com has no mail',
  ]);
  const helped = await by([{ manager: true }], [{ user: 'paid@contoso.com' }]);
  expect(helped.told).toEqual(['boss@contoso.com has no mail']);
});

test('the owners of the application are named one by one', async () => {
  const found = await by([{ owners: true }, { user: 'paid@contoso.com' }]);
  expect(found.stages[0]!.reviewers.map((one) => 'name' in one && one.name)).toEqual([
    'owner@contoso.com',
    'paid@contoso.com',
  ]);
  expect([...found.people].sort()).toEqual(['owner', 'paid']);
});
