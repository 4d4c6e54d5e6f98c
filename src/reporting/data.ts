// What a report tells of all accounts together, from what the stages have saved.

import type { Verification } from '../apply/verify.ts';
import { type Attention, attention } from '../attention.ts';
import type { Roster } from '../model/account.ts';
import { tellsKnown } from '../model/account-facts.ts';
import { RollcallError } from '../model/errors.ts';
import type { MatchRule } from '../model/settings.ts';
import { type Applied, newestMatching, newestRoster } from '../pipeline.ts';
import { openPlan, type PlanFile } from '../plan/file.ts';
import type { ReportData } from '../report/row.ts';
import type { Matching } from '../store/store.ts';
import type { Work } from '../work.ts';

/** Everything that is known of the newest roster. Nothing is asked of the directory. */
export interface Known {
  readonly roster: Roster;
  readonly matching: Matching;
  readonly plan: PlanFile | undefined;
  readonly verified: Verification | undefined;
  readonly data: ReportData;
  readonly attention: Attention;
}

/**
 * Reads what the stages have saved, and leaves out what is of other accounts.
 *
 * Errors: {@link RollcallError} where there is no roster, or its outcomes are of an older roster or configuration.
 */
export const readKnown = async (work: Work): Promise<Known> => {
  const { settings, store } = work;
  const application = settings.application.uniqueName;
  const roster = await newestRoster(work);
  const matching = await newestMatching(work, roster);
  const { plan, notes } = await planOf(work, roster);
  const wasApplied = await store.summary<Applied & { at: string }>(application, 'apply');
  const applied = plan && wasApplied?.plan === plan.footer.hash ? wasApplied : undefined;
  const isCurrent = plan?.header.directory.outcomes === matching.digest;
  if (plan && !isCurrent && !applied) notes.push(STALE);
  const told = isCurrent || applied ? plan : undefined;
  const wasVerified = await store.summary<Verification & { at: string }>(application, 'verify');
  // Verification follows matching; an older one was of other outcomes.
  const verified = wasVerified && wasVerified.at >= matching.matchedAt ? wasVerified : undefined;
  const needs = attentionOf({ matching, plan: told, isCurrent, applied, verified });
  const { createUser, assign } = told?.footer.counts ?? { createUser: 0, assign: 0 };
  const data: ReportData = {
    application: settings.application.displayName,
    writtenAt: new Date(work.clock.now()).toISOString(),
    roster,
    columns: roster.columns,
    keyColumns: keyColumns(settings.match.rules, roster.columns),
    tellsKnown: tellsKnown(settings.accounts),
    counts: matching.counts,
    matching: { at: matching.matchedAt, requests: matching.spent.requests, seconds: matching.spent.seconds },
    ...(told && { plan: { at: told.header.createdAt, hash: told.footer.hash, createUser, assign } }),
    ...(applied && { applied: appliedTotals(applied) }),
    ...(verified && { verified: { ...verified, missing: verified.missing.length } }),
    attention: needs.reasons,
    notes: [...roster.notes, ...notes],
    evidenceHead: work.evidence.head(),
  };
  return { roster, matching, plan: told, verified, data, attention: needs };
};

const STALE =
  'The newest plan rests on other outcomes than these, so it is not told here. Run "rollcall plan" to make a new one.';

/** The newest plan, if it is of this roster and configuration and can be read. */
const planOf = async (
  { store, settings }: Work,
  roster: Roster,
): Promise<{ plan: PlanFile | undefined; notes: string[] }> => {
  const newest = await store.latestPlan(settings.application.uniqueName);
  if (!newest) return { plan: undefined, notes: [] };
  try {
    const plan = await openPlan(newest.file);
    const { header } = plan;
    const isOfThis = header.roster === roster.hash && header.configuration === settings.hash;
    return isOfThis ? { plan, notes: [] } : { plan: undefined, notes: [STALE] };
  } catch (error) {
    if (!(error instanceof RollcallError) && !(error instanceof Error && 'syscall' in error)) throw error;
    return {
      plan: undefined,
      notes: [`What was planned and done is not told here, since the plan cannot be read: ${error.message}`],
    };
  }
};

interface Findings {
  readonly matching: Matching;
  readonly plan: PlanFile | undefined;
  /** Whether the plan rests on these outcomes; if not, they show the users that it created. */
  readonly isCurrent: boolean;
  readonly applied: Applied | undefined;
  readonly verified: Verification | undefined;
}

const attentionOf = ({ matching, plan, isCurrent, applied, verified }: Findings): Attention => {
  const { newUserRows, problems } = plan?.footer ?? { newUserRows: 0, problems: {} };
  return attention({
    matching,
    plan: { footer: { problems, newUserRows: isCurrent ? newUserRows : 0 } },
    ...(applied && { applied: isCurrent ? applied : { results: applied.results, done: { createUser: 0 } } }),
    ...(verified && { verified }),
  });
};

const appliedTotals = ({ at, done, results, cost }: Applied & { at: string }): ReportData['applied'] => ({
  at,
  created: done.createUser,
  assigned: done.assign,
  refused: results.refused,
  notTried: results.notTried,
  requests: cost.requests,
  seconds: cost.seconds,
});

/** The columns that the rules compare, in their order; the first of all where there is none. */
const keyColumns = (rules: readonly MatchRule[], columns: readonly string[]): readonly string[] => {
  const compared = rules.flatMap((rule) => ('filter' in rule ? rule.columns : [rule.column]));
  const there = [...new Set(compared)].filter((column) => columns.includes(column));
  return there.length > 0 ? there : columns.slice(0, 1);
};
