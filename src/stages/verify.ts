// Verify, as a command runs it: compares the directory with a roster, saves and records what was seen.
import { waitFor } from '../apply/patience.ts';
import { type Verification, verifyAssignments, type Wanted } from '../apply/verify.ts';
import type { Roster } from '../model/account.ts';
import { PairSet } from '../model/pairs.ts';
import { readApplication } from '../plan/actual.ts';
import { assignmentsToVerify } from '../plan/plan.ts';
import type { Matching } from '../store/store.ts';
import { type Cost, measured, type Work } from '../work.ts';
import { wantedRows } from './removals.ts';

/** Missing assignments that the record names one by one; it always says how many there are. */
const RECORDED = 20;

/** Assignments that verification looks for but could not find, and all else that it saw. */
export interface Verified extends Verification {
  readonly cost: Cost;
}

/** Compares the directory with a roster and its outcomes. `applied` is the plan that has just been carried out. */
export const verify = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  applied?: { readonly plan: string; readonly since: string },
): Promise<Verified> => {
  const { settings, store } = work;
  const { result, cost } = await measured(work, async () => {
    const directory = await work.connect();
    const lagLimitMs = applied ? work.lagLimitMs : 0;
    // Reads may not show yet, or for a moment not any more, what was just made.
    const look = () => readApplication(directory, settings.application, work.signal);
    const isMade = async () => {
      const found = await look();
      return found.servicePrincipal ? found : undefined;
    };
    const actual = (await waitFor(isMade, work.clock, lagLimitMs, work.signal)) ?? (await look());
    const made = applied ? await store.createdUsers(applied.plan) : new Map<number, string>();
    const rows = await wantedRows(work, roster, matching);
    const input = { settings, columns: roster.columns, rows, actual };
    const wanted = () => assignmentsToVerify(input, (row) => made.get(row));
    if (!actual.servicePrincipal) return notRegistered(wanted());
    const verification = await verifyAssignments({
      directory,
      servicePrincipal: actual.servicePrincipal,
      wanted,
      clock: work.clock,
      lagLimitMs,
      explainSince: applied?.since ?? new Date(work.clock.now() - AUDIT_WINDOW_MS).toISOString(),
      signal: work.signal,
    });
    await keepSeen(work, wanted(), verification.missing);
    return verification;
  });
  const { missing, ...totals } = result;
  work.evidence.append({
    kind: 'verified',
    data: { roster: roster.hash, ...totals, missing: missing.slice(0, RECORDED), missingCount: missing.length },
  });
  await store.saveSummary(settings.application.uniqueName, 'verify', {
    ...result,
    at: new Date(work.clock.now()).toISOString(),
  });
  return { ...result, cost };
};

/**
 * Keeps which assignments the directory has. What it had and is missing now stays among them, until somebody has looked:
 * it was taken away, and is not merely still to be made.
 */
const keepSeen = async (
  { store, settings }: Work,
  wanted: AsyncIterable<Wanted>,
  missing: readonly Wanted[],
): Promise<void> => {
  const application = settings.application.uniqueName;
  const before = missing.length > 0 ? await store.assignments.kept(application) : undefined;
  const neverMade = new PairSet();
  for (const { principalId, roleId } of missing) {
    if (!before?.has(principalId, roleId)) neverMade.add(principalId, roleId);
  }
  const seen = async function* () {
    for await (const { principalId, roleId } of wanted) {
      if (!neverMade.has(principalId, roleId)) yield [principalId, roleId] as const;
    }
  };
  await store.assignments.save(application, seen());
};

/** How far back the audit log is searched when nothing was applied just now: as long as the free edition keeps it. */
const AUDIT_WINDOW_MS = 7 * 24 * 3_600_000;

const notRegistered = async (wanted: AsyncIterable<Wanted>): Promise<Verification> => {
  const missing: Verification['missing'][number][] = [];
  for await (const one of wanted) missing.push({ ...one, reason: 'the application is not registered' });
  return {
    wanted: missing.length,
    present: 0,
    missing,
    unexpected: 0,
    unexpectedExamples: [],
    notReviewable: ['it is not registered'],
  };
};
