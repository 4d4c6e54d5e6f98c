import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Removal } from '../model/removal.ts';
import { compareRosters } from './compare.ts';
import { type Denial, DenialFinder, type HeldAccount, removalOf } from './denials.ts';
import { RosterFollower } from './follow.ts';
import { accountIdentifier } from './identify.ts';

const COLUMNS = ['EMail', 'EmployeeId', 'Role'];

const lower = (column: string) => ({
  columns: [column],
  valueOf: (cell: (column: string) => string) => cell(column).trim() || undefined,
});

const reading = {
  rules: [lower('EMail'), lower('EmployeeId')],
  roleOf: (cell: (column: string) => string) => cell('Role') || null,
  shown: COLUMNS,
};

const identify = accountIdentifier(COLUMNS, reading);

let rows = 0;
const account = (EMail: string, EmployeeId: string, Role: string, user: string | null): HeldAccount => {
  rows += 1;
  const known = user === null ? null : { id: user, userPrincipalName: `${user}@contoso.com`, displayName: user };
  return { ...identify({ n: rows, cells: [EMail, EmployeeId, Role] }), user: known, isEnabled: null };
};

const denial = (who: Denial['who'], role: string | null = null): Denial => ({
  who,
  role,
  cause: { kind: 'denied', review: 'r', decidedBy: 'o@contoso.com', justification: '' },
  at: '2026-01-01T00:00:00.000Z',
});

const basis = {
  application: 'app',
  applicationName: 'App',
  roster: 'sha256:old',
  now: '2026-01-01T00:00:00.000Z',
  due: '2026-01-15T00:00:00.000Z',
  shown: COLUMNS,
  hasRoles: true,
};

const removed = (row: HeldAccount, role: string | null = null): Removal =>
  removalOf(row, denial({ userId: row.user?.id ?? '' }, role), basis);

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const follow = async (removals: readonly Removal[], now: readonly HeldAccount[], before: readonly HeldAccount[]) => {
  const follower = new RosterFollower(removals);
  for (const row of now) follower.see(row);
  for (const roster of follower.rostersBefore()) await follower.seeBefore(roster, each(before));
  return follower.verdicts().map(({ isThere, as }) => as ?? isThere);
};

const ann = account('ann@contoso.com', '1', 'Reader', 'ann');

test('an account stands there by its identifying value, whatever its case, row or user', async () => {
  expect(await follow([removed(ann)], [account(' ANN@contoso.com', '9', 'Writer', 'bo')], [ann])).toEqual([true]);
  expect(await follow([removed(ann)], [], [ann])).toEqual([false]);
});

test('a role is gone when the account has it no more; the account may stay', async () => {
  const asWriter = account('ann@contoso.com', '1', 'Writer', 'ann');
  expect(await follow([removed(ann, 'Reader')], [asWriter], [ann])).toEqual([false]);
  expect(await follow([removed(ann, 'reader')], [ann, asWriter], [ann])).toEqual([true]);
  expect(await follow([removed(ann)], [asWriter], [ann])).toEqual([true]);
});

test('an account that came in its place is named: by another value in common, or by its user', async () => {
  const sameId = account('ann.field@contoso.com', '1', 'Reader', 'ann.field');
  const sameUser = account('ann.field@contoso.com', '', 'Reader', 'ann');
  expect(await follow([removed(ann)], [sameId], [ann])).toEqual(['ann.field@contoso.com']);
  expect(await follow([removed(ann)], [sameUser], [ann])).toEqual(['ann.field@contoso.com']);
  // With another role it is not the access that was refused.
  const other = account('ann.field@contoso.com', '1', 'Writer', 'ann');
  expect(await follow([removed(ann, 'Reader')], [other], [ann])).toEqual([false]);
});

test('an account that stood beside it before is another one; one that came stands for one of two only', async () => {
  const second = account('ann2@contoso.com', '', 'Reader', 'ann');
  expect(await follow([removed(ann)], [second], [ann, second])).toEqual([false]);
  const came = account('ann3@contoso.com', '', 'Reader', 'ann');
  const verdicts = await follow([removed(ann), removed(second)], [came], [ann, second]);
  expect(verdicts.sort()).toEqual(['ann3@contoso.com', false]);
  // A value in common says which.
  const sameId = account('ann4@contoso.com', '1', 'Reader', 'ann');
  expect(await follow([removed(second), removed(ann)], [sameId], [ann, second])).toEqual([false, 'ann4@contoso.com']);
});

test('a denial of a user goes to all accounts that hold the role; one of an account to that alone', () => {
  const second = account('ann2@contoso.com', '', 'Reader', 'ann');
  const writer = account('ann3@contoso.com', '', 'Writer', 'ann');
  const orphan = account('svc@contoso.com', '', 'Reader', null);
  const found = (one: Denial) => {
    const finder = new DenialFinder([one]);
    const meant = [ann, second, writer, orphan].filter((row) => finder.of(row, true).length > 0);
    return [meant.map(({ key }) => key), finder.unfound().length];
  };
  expect(found(denial({ userId: 'ANN' }, 'reader'))).toEqual([['ann@contoso.com', 'ann2@contoso.com'], 0]);
  expect(found(denial({ userPrincipalName: 'Ann@contoso.com' }))[0]).toHaveLength(3);
  expect(found(denial({ account: { EMail: 'SVC@contoso.com' } }))).toEqual([['svc@contoso.com'], 0]);
  expect(found(denial({ userId: 'gone' }))).toEqual([[], 1]);
});

test('a removal is the same however often it is found, and another one for another role', () => {
  const again = account('Ann@contoso.com', '7', 'Reader', 'ann');
  expect(removed(again).id).toBe(removed(ann).id);
  expect(removed(ann, 'Reader').id).not.toBe(removed(ann).id);
  expect(removed(ann).id).toMatch(/^[0-9a-f]{32}$/);
});

test('of any two rosters, what came and what went makes one of the other', async () => {
  const row = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('Reader', 'Writer'));
  const roster = fc.uniqueArray(row, { selector: ([n, role]) => `${n} ${role}`, maxLength: 20 });
  const pairs = (list: readonly { key: string; role: string | null }[]) =>
    list.map(({ key, role }) => `${key} ${role}`);
  await fc.assert(
    fc.asyncProperty(roster, roster, async (before, now) => {
      // No value but the first, and no user: nothing can be taken for renamed.
      const made = (list: typeof before) => list.map(([n, role]) => account(`p${n}@contoso.com`, '', role, null));
      const [old, newer] = [made(before), made(now)];
      const found = await compareRosters(
        () => each(old),
        () => each(newer),
      );
      const lost = new Set([...pairs(found.gone), ...pairs(found.rolesLost)]);
      const kept = pairs(old).filter((pair) => !lost.has(pair));
      const result = [...kept, ...pairs(found.added), ...pairs(found.rolesGained)];
      expect(result.sort()).toEqual(pairs(newer).sort());
      expect(found.renamed).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
