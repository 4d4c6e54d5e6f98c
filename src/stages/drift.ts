// Reads the directory's assignments and holds them against those that a roster calls for.
import type { Roster } from '../model/account.ts';
import type { Assignment, Directory } from '../model/directory.ts';
import { NeedsPersonError } from '../model/errors.ts';
import type { ActualApplication } from '../plan/actual.ts';
import { assignmentsToVerify, type PlanInput } from '../plan/plan.ts';
import { type CalledFor, type Drift, driftOf } from '../reconcile/drift.ts';
import type { Matching } from '../store/store.ts';
import type { Work } from '../work.ts';
import { planRows } from './match.ts';

/** What the roster calls for, each time it is asked. An account that must go stands there still, and so counts. */
export const calledForBy =
  ({ store, settings }: Work, actual: ActualApplication, roster: Roster, matching: Matching) =>
  (): AsyncIterable<CalledFor> =>
    assignmentsToVerify(
      { settings, columns: roster.columns, rows: () => planRows(store, roster, matching), actual },
      () => undefined,
    );

/** Reads all assignments of the application. */
export const readDrift = async (
  work: Work,
  directory: Directory,
  actual: ActualApplication,
  roster: Roster,
  matching: Matching,
): Promise<Drift> => {
  const { store, settings, signal } = work;
  const mayHold = new Set<string>();
  for await (const { outcome } of planRows(store, roster, matching)) {
    for (const { id } of outcome.candidates ?? []) mayHold.add(id);
  }
  const { servicePrincipal } = actual;
  const held = servicePrincipal ? directory.assignments(servicePrincipal.id, signal) : noAssignments();
  const had = await store.assignments.kept(settings.application.uniqueName);
  const drift = await driftOf(calledForBy(work, actual, roster, matching), held, had, mayHold);
  // An account that could not be looked up may be anybody's.
  return matching.counts.queryFailed > 0 ? { ...drift, withoutAccount: [] } : drift;
};

async function* noAssignments(): AsyncGenerator<readonly Assignment[]> {}

/**
 * The assignments that a plan takes away: of users, where no account of the roster calls for them; in one order, whatever
 * order the directory has.
 *
 * Errors: {@link NeedsPersonError} where some accounts could not be looked up.
 */
export const assignmentsWithoutAccount = async (
  work: Work,
  directory: Directory,
  actual: ActualApplication,
  roster: Roster,
  matching: Matching,
): Promise<NonNullable<PlanInput['unassign']>> => {
  const { queryFailed } = matching.counts;
  if (queryFailed > 0) {
    throw new NeedsPersonError(
      `${queryFailed} accounts could not be looked up, so that nobody can tell whose assignments have no account any more.`,
      'Run "rollcall match" until every account was looked up, or plan without --unassign.',
    );
  }
  const { withoutAccount } = await readDrift(work, directory, actual, roster, matching);
  const names = new Map(actual.servicePrincipal?.appRoles.map(({ id, displayName }) => [id, displayName]));
  return withoutAccount
    .map(({ id: assignmentId, principalId, principalName, roleId }) => {
      const roleName = names.get(roleId) ?? 'Default Access';
      return { assignmentId, principalId, principalName, roleId, roleName };
    })
    .sort((a, b) => (`${a.principalId} ${a.roleId}` < `${b.principalId} ${b.roleId}` ? -1 : 1));
};
