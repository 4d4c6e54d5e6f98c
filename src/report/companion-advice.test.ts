import { expect, test } from 'vitest';
import { removalOf } from '../../test/support/removal.ts';
import { accountOf, reviewedPerson } from '../../test/support/reviewed-person.ts';
import type { PastDecision, Peers, ReviewedPerson } from '../model/review-context.ts';
import { companionAdvice } from './companion-advice.ts';

const days = { roster: '2026-11-25', lastReview: '2026-09-01' };
const refused: PastDecision = {
  review: 'CORPDB1 2026-09',
  decision: 'Deny',
  by: 'owner@contoso.com',
  at: '2026-09-14T10:00:00Z',
  justification: '',
};
const inSales = (holders: number, people: number): Partial<ReviewedPerson> => {
  const peers: Peers = { kind: 'department', name: 'Sales', holders, people };
  return { roles: [{ name: 'Admin', peers }] };
};
const withRemovals = (...removals: Parameters<typeof removalOf>[1][]): Partial<ReviewedPerson> => ({
  accounts: [accountOf({}, { removals: removals.map((parts) => removalOf(1, parts)) })],
});

test.each<[string, Partial<ReviewedPerson>, string, readonly string[]]>([
  ['nothing is known', {}, 'none', []],
  [
    'the user cannot sign in to the directory',
    { isEnabled: false },
    'refuse',
    ['Disabled in the directory: the person has left, or was created and has not been enabled yet.'],
  ],
  ['the directory does not tell', { isEnabled: null }, 'none', []],
  [
    'there is no account',
    { accounts: [], hasAccount: false },
    'refuse',
    ["The application's list of 2026-11-25 has no account of this person."],
  ],
  ['nobody can tell whether there is an account', { accounts: [], hasAccount: null }, 'none', []],
  [
    'the account is disabled',
    { accounts: [accountOf({ enabled: false })] },
    'refuse',
    ['Disabled in the application.'],
  ],
  ['the account can be used', { accounts: [accountOf({ enabled: true })] }, 'none', []],
  [
    'nobody has logged in for long',
    { accounts: [accountOf({ lastLogin: '2025-10-21' })] },
    'refuse',
    ['No login in the application for 400 days (2025-10-21).'],
  ],
  [
    'somebody logged in 90 days ago',
    { accounts: [accountOf({ lastLogin: '2026-08-27T09:00' })] },
    'refuse',
    ['No login in the application for 90 days (2026-08-27).'],
  ],
  [
    'somebody logged in 89 days ago',
    { accounts: [accountOf({ lastLogin: '2026-08-28' })] },
    'keep',
    ['Last login in the application 89 days before the list (2026-08-28).'],
  ],
  [
    'somebody logged in after the list was made, by a clock that is ahead',
    { accounts: [accountOf({ lastLogin: '2026-11-26' })] },
    'keep',
    ['Last login in the application on the day of the list (2026-11-26).'],
  ],
  ['the end has come', { accounts: [accountOf({ ends: '2026-11-24' })] }, 'refuse', ['It was to end on 2026-11-24.']],
  ['today is the last day', { accounts: [accountOf({ ends: '2026-11-25' })] }, 'none', []],
  [
    'the account is shared',
    { accounts: [accountOf({ type: 'shared' })] },
    'look',
    ['A shared account, not one of this person alone.'],
  ],
  [
    'the account is new',
    { accounts: [accountOf({}, { since: 'new' })] },
    'look',
    ['New since the last review (2026-09-01): nobody has reviewed it yet.'],
  ],
  [
    'the account was renamed',
    { accounts: [accountOf({}, { since: 'renamed', was: 'anna@contoso.com' })] },
    'look',
    ['Renamed since the last review (2026-09-01): it was anna@contoso.com.'],
  ],
  [
    'a role was gained',
    { accounts: [accountOf({}, { since: 'roleGained', role: 'Admin' })] },
    'look',
    ['Admin was gained since the last review (2026-09-01).'],
  ],
  ['it is as it was', { accounts: [accountOf({}, { since: 'unchanged' })] }, 'none', []],
  ['one of forty has the role', inSales(1, 40), 'look', ['The only one of 40 in Sales with Admin.']],
  ['one of nine has the role', inSales(1, 9), 'none', []],
  ['two of forty have it', inSales(2, 40), 'look', ['One of 2 with Admin, of 40 in Sales.']],
  ['three of forty have it', inSales(3, 40), 'none', []],
  ['a team of four among thousands has it', inSales(4, 4000), 'none', []],
  [
    'it was refused, and nothing follows that up',
    { decisions: [refused] },
    'refuse',
    ['Refused on 2026-09-14 by owner@contoso.com; the access is there all the same.'],
  ],
  ['the default of the review refused it', { decisions: [{ ...refused, by: null }] }, 'none', []],
  [
    'it was refused long ago, and approved since',
    { decisions: [{ ...refused, decision: 'Approve' }, refused] },
    'none',
    [],
  ],
  [
    'it was refused, and is to be removed',
    { ...withRemovals({}), decisions: [refused] },
    'refuse',
    ['Refused on 2026-11-01 by owner@contoso.com ("Left the team"); it is still in the application.'],
  ],
  [
    'its removal was said to be done',
    withRemovals({ state: 'claimedDone', cause: { kind: 'withdrawn', by: 'somebody' } }),
    'refuse',
    ['Its assignment was taken away in the directory on 2026-11-01; it was said to be done, and is there.'],
  ],
  [
    'it was let stay',
    withRemovals({
      state: 'excepted',
      exception: { by: 'owner@contoso.com', reason: 'year end', until: '2027-01-31T00:00:00Z' },
    }),
    'look',
    ['Allowed to stay until 2027-01-31 by owner@contoso.com: year end.'],
  ],
])('advice where %s', (_what, facts, weight, reasons) => {
  expect(companionAdvice(reviewedPerson(facts), days)).toEqual({ weight, reasons });
});

test('what weighs most is told first, and what speaks for the access is told all the same', () => {
  const account = accountOf({ lastLogin: '2026-11-24', type: 'shared' });
  const { weight, reasons } = companionAdvice(reviewedPerson({ isEnabled: false, accounts: [account] }), days);
  expect(weight).toBe('refuse');
  expect(reasons.map((reason) => reason.split(' ').slice(0, 2).join(' '))).toEqual([
    'Disabled in',
    'A shared',
    'Last login',
  ]);
});

test('of several accounts each reason names its own, and several roles of one say the same once', () => {
  const accounts = [
    accountOf({ enabled: false }, { role: 'General' }),
    accountOf({ enabled: false }, { role: 'Admin' }),
    accountOf({}, { key: 'ana.admin' }),
  ];
  expect(companionAdvice(reviewedPerson({ accounts }), days).reasons).toEqual([
    'ana@contoso.com: Disabled in the application.',
  ]);
});

test('without a last review nothing is called new', () => {
  const first = { ...days, lastReview: null };
  expect(companionAdvice(reviewedPerson(), first)).toEqual({ weight: 'none', reasons: [] });
});
