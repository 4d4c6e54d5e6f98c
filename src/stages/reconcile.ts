// Reconcile, as a command runs it: holds a new complete roster against the removals, the roster before, and the directory.
// It writes nothing to the directory: what is to be mended there is for a plan.
import type { Account, Roster } from '../model/account.ts';
import { factReader } from '../model/account-facts.ts';
import type { Directory } from '../model/directory.ts';
import { NeedsPersonError } from '../model/errors.ts';
import { PairSet } from '../model/pairs.ts';
import type { Removal } from '../model/removal.ts';
import { type ActualApplication, readApplication } from '../plan/actual.ts';
import { accountText, compareRosters, type RosterDifferences, type ToldAccount, told } from '../reconcile/compare.ts';
import type { Denial, HeldAccount } from '../reconcile/denials.ts';
import type { CalledFor, Drift, WithoutAccount } from '../reconcile/drift.ts';
import { accountIdentifier, isSameRole } from '../reconcile/identify.ts';
import type { Matching, Store } from '../store/store.ts';
import type { Work } from '../work.ts';
import { collect } from './collect.ts';
import { calledForBy, readDrift } from './drift.ts';
import { type FollowedUp, followUp } from './follow-up.ts';
import { match } from './match.ts';
import {
  addRemovals,
  allRemovals,
  endExceptions,
  heldRows,
  nowOf,
  readingOf,
  readRows,
  testGoing,
} from './removals.ts';

/** All that a new roster says. */
export interface Reconciled {
  readonly roster: Roster;
  /** The roster that it was compared with: the one that was reconciled last, else the newest before; null for the first. */
  readonly before: Pick<Roster, 'hash' | 'collectedAt'> | null;
  /** `confirmed`: all that was confirmed since the roster before, whatever roster did it. */
  readonly removals: FollowedUp;
  /** Removals that were not known before: assignments that were taken away, and accounts whose end has come. */
  readonly found: readonly Removal[];
  readonly differences: RosterDifferences;
  /** Of the accounts and roles that came: those whose user nobody has assigned. */
  readonly unordered: readonly ToldAccount[];
  /** Accounts whose user cannot sign in. */
  readonly disabled: readonly ToldAccount[];
  /** Accounts whose user was there when they were reconciled last, and is found no more. */
  readonly left: readonly ToldAccount[];
  readonly directory: { readonly unassigned: number; readonly withoutAccount: readonly WithoutAccount[] };
  /** What could not be told, and why. */
  readonly notes: readonly string[];
}

interface Before {
  readonly roster: Roster;
  readonly matching: Matching | undefined;
}

/** Collects a roster, and reconciles it. */
export const reconcile = async (work: Work): Promise<Reconciled> => {
  const { store, settings, evidence } = work;
  const before = await lastReconciled(work);
  // From now on its outcomes are kept, until this reconciliation has come to its end.
  if (before) await remember(store, before.roster, before.matching);
  await endExceptions(work);
  const { roster } = await collect(work);
  const { matching } = await match(work, roster);
  const directory = await work.connect();
  const actual = await readApplication(directory, settings.application, work.signal);
  const seen = await readDrift(work, directory, actual, roster, matching);
  const drift = { ...seen, withdrawn: await lookAgain(directory, actual, seen.withdrawn, work.signal) };
  const withdrawn = await withdrawals(work, roster, matching, drift.withdrawn);
  // What a review took away was many decisions, each of which is known.
  refuseTooMany(work, withdrawn.length, roster.rows);
  const { added: found } = await addRemovals(work, roster, matching, [
    ...withdrawn,
    ...(await endedAccounts(work, roster)),
  ]);
  await keepSeen(work, calledForBy(work, actual, roster, matching)(), drift);
  const removals = await withEarlier(work, before, await followUp(work, roster, matching));
  const rows = () => heldRows(work, roster, matching);
  const differences = before
    ? await compareRosters(() => rowsBefore(work, before), rows)
    : { added: [], gone: [], renamed: [], rolesGained: [], rolesLost: [] };
  const { disabled, left } = await leaversOf(work, before, rows);
  const unassignedRows = new Set(drift.unassigned.map(({ row }) => row));
  const mustGo = await testGoing(work);
  let toAssign = 0;
  for await (const row of rows()) if (unassignedRows.has(row.n) && !mustGo?.(row)) toAssign += 1;
  const reconciled: Reconciled = {
    roster,
    before: before ? { hash: before.roster.hash, collectedAt: before.roster.collectedAt } : null,
    removals,
    found,
    differences,
    unordered: [...differences.added, ...differences.rolesGained].filter(
      ({ userId, row }) => userId === null || unassignedRows.has(row),
    ),
    disabled,
    left,
    directory: { unassigned: toAssign, withoutAccount: drift.withoutAccount },
    notes: notesOf(before, matching, actual),
  };
  evidence.append({
    kind: 'reconciled',
    data: { roster: roster.hash, before: before?.roster.hash ?? null, ...countsOf(reconciled) },
  });
  await remember(store, roster, matching);
  return reconciled;
};

/** The accounts of a roster, wherever it is kept. */
export interface RosterRows {
  /** For people. */
  readonly name: string;
  readonly columns: readonly string[];
  rows(): AsyncIterable<Account>;
}

export const storedRows = ({ store }: Pick<Work, 'store'>, roster: Roster): RosterRows => ({
  name: roster.hash,
  columns: roster.columns,
  rows: () => store.accounts(roster),
});

/** Compares two rosters by themselves. Nobody is asked whose the accounts are. */
export const compareTwo = (
  { settings }: Pick<Work, 'settings'>,
  before: RosterRows,
  now: RosterRows,
): Promise<RosterDifferences> => {
  const reading = readingOf(settings);
  const read = ({ columns, rows }: RosterRows) => {
    const identify = accountIdentifier(columns, reading);
    return async function* () {
      for await (const account of rows()) yield { ...identify(account), user: null, isEnabled: null };
    };
  };
  return compareRosters(read(before), read(now));
};

const lastReconciled = async ({ store, settings }: Work): Promise<Before | undefined> => {
  const application = settings.application.uniqueName;
  const last = await store.summary<{ roster: string; matching: number }>(application, 'reconcile');
  const roster = last && (await store.roster(application, last.roster));
  if (roster) return { roster, matching: await store.matching(application, { id: last.matching }) };
  const newest = await store.latestRoster(application);
  if (!newest) return undefined;
  const matching = await store.latestMatching(application);
  return { roster: newest, matching: matching?.roster === newest.hash ? matching : undefined };
};

const remember = (store: Store, roster: Roster, matching: Matching | undefined): Promise<void> =>
  store.saveSummary(roster.application, 'reconcile', { roster: roster.hash, matching: matching?.id ?? 0 });

/** Adds what was confirmed since the roster before by a reconciliation that was cut off: nobody has been told of it. */
const withEarlier = async (work: Work, before: Before | undefined, followed: FollowedUp): Promise<FollowedUp> => {
  if (!before) return followed;
  const told = new Set(followed.confirmed.map(({ id }) => id));
  const earlier = (await allRemovals(work, ['confirmed'])).filter(
    ({ id, confirmedBy }) => !told.has(id) && confirmedBy !== null && confirmedBy.at > before.roster.collectedAt,
  );
  return { ...followed, confirmed: [...earlier, ...followed.confirmed] };
};

/** Without the outcomes of that time, nobody knows whose the accounts were. */
async function* rowsBefore(work: Work, { roster, matching }: Before): AsyncGenerator<HeldAccount> {
  if (matching) yield* heldRows(work, roster, matching);
  else
    for await (const row of readRows(work.store, work.settings, roster)) yield { ...row, user: null, isEnabled: null };
}

/** Users that are asked about together. */
const ASKED = 100;

/** A replica of the directory that lags shows less than there is: what seems to be taken away is asked for by user, too. */
const lookAgain = async (
  directory: Directory,
  { servicePrincipal }: ActualApplication,
  missing: readonly CalledFor[],
  signal: AbortSignal,
): Promise<readonly CalledFor[]> => {
  if (!servicePrincipal) return [];
  const there = new PairSet();
  for (let from = 0; from < missing.length; from += ASKED) {
    const ids = [...new Set(missing.slice(from, from + ASKED).map(({ principalId }) => principalId))];
    for (const { principalId, appRoleId } of await directory.assignmentsOfUsers(servicePrincipal.id, ids, signal))
      there.add(principalId, appRoleId);
  }
  return missing.filter(({ principalId, roleId }) => !there.has(principalId, roleId));
};

/** So many assignments that were taken away at once are rather a mishap in the directory than many decisions. */
const refuseTooMany = ({ settings, allow }: Work, withdrawn: number, rows: number): void => {
  const { maxRemoveShare, floor } = settings.guards;
  if (withdrawn <= floor || withdrawn <= maxRemoveShare * rows || allow.includes('remove')) return;
  throw new NeedsPersonError(
    `The guard "remove" stops here: ${withdrawn} assignments that the directory had are gone from it; guards.maxRemoveShare allows ${Math.floor(maxRemoveShare * rows)} of ${rows} accounts to be removed for that.`,
    'If they were taken away on purpose, allow it this once with "--allow remove"; otherwise assign them again with "rollcall plan" and "rollcall apply".',
  );
};

/** What was taken away goes to all accounts of the user with that role. */
const withdrawals = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  withdrawn: readonly CalledFor[],
): Promise<readonly Denial[]> => {
  if (withdrawn.length === 0) return [];
  const at = nowOf(work);
  const userByRow = new Map(withdrawn.map(({ row, principalId }) => [row, principalId]));
  // What a review has taken away is followed up by its own removal, whatever the account is called by now.
  const decided = new Map<string, Removal[]>();
  for (const removal of await allRemovals(work)) {
    const { user } = removal.account;
    if (user) decided.set(user.id, [...(decided.get(user.id) ?? []), removal]);
  }
  const denials: Denial[] = [];
  for await (const { n, role } of heldRows(work, roster, matching)) {
    const userId = userByRow.get(n);
    if (userId === undefined) continue;
    if (decided.get(userId)?.some((one) => one.role === null || isSameRole(one.role, role))) continue;
    denials.push({ who: { userId }, role, cause: { kind: 'withdrawn', by: 'somebody in the directory' }, at });
  }
  return denials;
};

/** The accounts whose end, as the application tells it, has come. The last day is a whole day. */
const endedAccounts = async (work: Work, roster: Roster): Promise<readonly Denial[]> => {
  const { settings, store } = work;
  if (settings.accounts.ends === null) return [];
  const factsOf = factReader(settings.accounts, roster.columns);
  const now = nowOf(work);
  const denials: Denial[] = [];
  for await (const row of readRows(store, settings, roster)) {
    const { ends } = factsOf({ n: row.n, cells: row.cells });
    const at = ends === null ? null : endOf(ends);
    const [identity] = row.identities;
    if (at === null || at > now || identity === undefined) continue;
    const account = Object.fromEntries(identity.columns.map((column) => [column, row.cell(column)]));
    denials.push({ who: { account }, role: row.role, cause: { kind: 'expired', ended: ends! }, at });
  }
  return denials;
};

const DAY_MS = 86_400_000;

const endOf = (ends: string): string | null => {
  const time = Date.parse(ends);
  if (Number.isNaN(time)) return null;
  return new Date(ends.length === 'yyyy-MM-dd'.length ? time + DAY_MS : time).toISOString();
};

/** Keeps which of the assignments that the roster calls for are there now: what is missing of them the next time was taken away. */
const keepSeen = async (
  work: Work,
  calledFor: AsyncIterable<CalledFor>,
  { unassigned, withdrawn }: Drift,
): Promise<void> => {
  const missing = new Set([...unassigned, ...withdrawn].map(({ row }) => row));
  const seen = async function* () {
    for await (const { row, principalId, roleId } of calledFor) {
      if (!missing.has(row)) yield [principalId, roleId] as const;
    }
  };
  await work.store.assignments.save(work.settings.application.uniqueName, seen());
};

/** Accounts whose user cannot sign in, or is gone from the directory. */
const leaversOf = async (
  work: Work,
  before: Before | undefined,
  rows: () => AsyncIterable<HeldAccount>,
): Promise<Pick<Reconciled, 'disabled' | 'left'>> => {
  const disabled: ToldAccount[] = [];
  const unmatched = new Map<string, number>();
  const matched = new Set<string>();
  for await (const row of rows()) {
    if (row.isEnabled === false) disabled.push(told(row));
    if (row.user === null) unmatched.set(accountText(row), row.n);
    else matched.add(accountText(row));
  }
  // An account that stands in the list once more has no user of its own there.
  for (const text of matched) unmatched.delete(text);
  const left: ToldAccount[] = [];
  if (!before || unmatched.size === 0) return { disabled, left };
  for await (const row of rowsBefore(work, before)) {
    const n = row.user && unmatched.get(accountText(row));
    if (!n) continue;
    left.push({ ...told(row), row: n });
    // A further row of the same account is the same leaver.
    unmatched.delete(accountText(row));
  }
  return { disabled, left };
};

const notesOf = (
  before: Before | undefined,
  { counts }: Matching,
  { servicePrincipal }: ActualApplication,
): string[] => [
  ...(before ? [] : ['This is the first roster: there is none to compare it with.']),
  ...(before && !before.matching ? ['Whose the accounts of the roster before were is not known any more.'] : []),
  ...(servicePrincipal ? [] : ['The application is not registered in the directory yet.']),
  ...(counts.queryFailed > 0
    ? [
        `${counts.queryFailed} accounts could not be looked up, so that nobody can tell whose assignments have no account any more.`,
      ]
    : []),
];

const countsOf = ({ removals, found, differences, unordered, disabled, left, directory }: Reconciled) => ({
  confirmed: removals.confirmed.length,
  returned: removals.returned.length,
  remaining: removals.remaining.length,
  untold: removals.untold.length,
  found: found.length,
  added: differences.added.length,
  gone: differences.gone.length,
  renamed: differences.renamed.length,
  rolesGained: differences.rolesGained.length,
  rolesLost: differences.rolesLost.length,
  unordered: unordered.length,
  disabled: disabled.length,
  left: left.length,
  unassigned: directory.unassigned,
  withoutAccount: directory.withoutAccount.length,
});
