// The only file that chains the stages: collect → match → plan → apply → verify. Each takes the saved result of the
// one before it and saves its own, so that it can be looked at, and run again.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readEvidence } from './evidence/verify.ts';
import type { StrategyChoice } from './match/strategy.ts';
import type { Roster } from './model/account.ts';
import { NeedsPersonError } from './model/errors.ts';
import { type GuardStop, NO_ROSTER, type PlanStep } from './model/plan.ts';
import { type ActualState, readActual, readApplication } from './plan/actual.ts';
import { openPlan, PlanAlteredError, type PlanFile } from './plan/file.ts';
import {
  actionDifferences,
  directoryDifferences,
  headerDifferences,
  remainingSteps,
  StalePlanError,
} from './plan/fresh.ts';
import { type Applied, carryOut } from './stages/apply.ts';
import { collect, newestRoster } from './stages/collect.ts';
import { match } from './stages/match.ts';
import { requirePermitted } from './stages/permitted.ts';
import { plan, savePlan, sweepPlans } from './stages/plan.ts';
import { reviewSteps } from './stages/review.ts';
import { rememberReviewed } from './stages/rounds.ts';
import { type Verified, verify } from './stages/verify.ts';
import type { Matching } from './store/store.ts';
import { type Cost, evidenceFile, type Progress, type Work } from './work.ts';

export { type Answered, recordAnswer } from './stages/answered.ts';
export type { Applied } from './stages/apply.ts';
export { collect, newestRoster } from './stages/collect.ts';
export { readDenials } from './stages/denials-file.ts';
export { type FollowedUp, followUp } from './stages/follow-up.ts';
export { match, newestMatching, planRows } from './stages/match.ts';
export { plan } from './stages/plan.ts';
export { compareTwo, type Reconciled, type RosterRows, reconcile, storedRows } from './stages/reconcile.ts';
export {
  type Added,
  addRemovals,
  allRemovals,
  endExceptions,
  exceptRemovals,
  removalsById,
  type Sent,
  sendRemovals,
  takeDecisions,
} from './stages/removals.ts';
export { planApplying, planDecisions, planReminder, planReview, planStop, type RoundInOrder } from './stages/review.ts';
export { reviewContext } from './stages/review-context.ts';
export {
  asDecisions,
  type HowFar,
  type ReviewResults,
  type ReviewStatus,
  reviewResults,
  reviewStatus,
  type TakenRound,
  takeRounds,
} from './stages/reviewed.ts';
export { type Verified, verify } from './stages/verify.ts';

export interface Run {
  readonly roster: Roster;
  readonly matching: Matching;
  readonly strategy: StrategyChoice | undefined;
  readonly plan: PlanFile;
  /** Absent when only the plan was asked for. */
  readonly applied?: Applied;
  readonly verified?: Verified;
  readonly costs: Readonly<Partial<Record<Progress['stage'], Cost>>>;
}

export interface RunChoices {
  /** Stops before anything is written to the directory. */
  readonly planOnly?: boolean;
  /** Asked before the first write; if it says no, nothing is written. */
  readonly confirm?: (run: Run) => Promise<boolean>;
}

/** The whole way: collect → match → plan → apply → verify. */
export const run = async (work: Work, { planOnly = false, confirm }: RunChoices = {}): Promise<Run> => {
  const collected = await collect(work);
  const { roster } = collected;
  const matched = await match(work, roster);
  const { matching, strategy } = matched;
  const planned = await plan(work, roster, matching);
  const costs = { collect: collected.cost, match: matched.cost, plan: planned.cost };
  const soFar: Run = { roster, matching, strategy, plan: planned.plan, costs };
  if (planOnly) return soFar;
  refuseGuarded(work, planned.plan.footer.guards);
  await requirePermitted(work, planned.plan.footer.counts);
  if (confirm && !(await confirm(soFar))) return soFar;
  await refuseChanged(work, planned.plan);
  const since = new Date(work.clock.now()).toISOString();
  const applied = await applyNow(work, planned.plan, planned.actual);
  const verified = await verify(work, roster, matching, { plan: applied.plan, since });
  return { ...soFar, applied, verified, costs: { ...costs, apply: applied.cost, verify: verified.cost } };
};

/** Applies a plan that was made a moment ago, under the same lease, from what was read then. */
const applyNow = (work: Work, saved: PlanFile, actual: ActualState): Promise<Applied> => {
  const steps = async function* (): AsyncGenerator<PlanStep> {
    for await (const record of saved.records()) if ('action' in record) yield { action: record.action, isNeeded: true };
  };
  return carryOut(work, saved, steps(), actual);
};

/** What became of a saved plan, with what it was found to rest on. */
export type CarriedOut = Required<Pick<Run, 'roster' | 'matching' | 'plan' | 'applied'>>;

/**
 * Carries a saved plan out. Everything is looked at again first: the plan's own bytes, the roster, the configuration,
 * and what planning again would say; a difference refuses it, unless an earlier, unfinished attempt of the same plan
 * made it. `confirm` is asked last, before the first write; undefined is answered if it says no.
 */
export const apply = async (
  work: Work,
  file: string,
  confirm: (plan: PlanFile) => Promise<boolean> = async () => true,
): Promise<CarriedOut | undefined> => {
  const saved = await openOwnPlan(work, file);
  refuseGuarded(work, saved.footer.guards);
  const roster = await newestRoster(work);
  const { settings, store } = work;
  const directory = await work.connect();
  const { tenantId } = await directory.tenant(work.signal);
  const differences = headerDifferences(saved.header, { roster: roster.hash, configuration: settings.hash, tenantId });
  if (differences.length > 0) throw new StalePlanError(differences);

  const { matching } = await match(work, roster);
  const actual = await readActual(directory, settings.application, work.signal);
  await sweepPlans(settings);
  const check = `${join(settings.stateFolder, 'plans', settings.application.uniqueName)}-${process.pid}.check`;
  try {
    const { createdAt, unassign } = saved.header;
    await savePlan(work, directory, actual, roster, matching, { createdAt, file: check, unassign });
    const now = await openPlan(check);
    const tried = await triedActions(work, saved.footer.hash);
    const changes = await actionDifferences(saved.records(), now.records(), (n) => tried.has(n));
    const isBegun = tried.size > 0;
    if (!isBegun) changes.unshift(...directoryDifferences(saved.header.directory, now.header.directory));
    if (changes.length > 0) throw new StalePlanError(changes);
    await requirePermitted(work, saved.footer.counts);
    if (!(await confirm(saved))) return undefined;
    await refuseChanged(work, saved);
    await store.rememberPlan(settings.application.uniqueName, saved.footer.hash, file, saved.header.createdAt);
    const applied = await carryOut(work, saved, remainingSteps(saved.records(), now.records()), actual);
    return { roster, matching, plan: saved, applied };
  } finally {
    await rm(check, { force: true });
  }
};

/**
 * Carries a saved plan about a review out. The plan's bytes, the roster, the configuration and the tenant must be those
 * that it rests on; what it wants is looked for in the directory step by step. Undefined is answered if `confirm` says no.
 */
export const applyReview = async (
  work: Work,
  file: string,
  confirm: (plan: PlanFile) => Promise<boolean> = async () => true,
): Promise<Pick<CarriedOut, 'plan' | 'applied'> | undefined> => {
  const plan = await openOwnPlan(work, file);
  refuseGuarded(work, plan.footer.guards);
  const { settings } = work;
  const roster = plan.header.roster === NO_ROSTER ? NO_ROSTER : (await newestRoster(work)).hash;
  const directory = await work.connect();
  const { tenantId } = await directory.tenant(work.signal);
  const differences = headerDifferences(plan.header, { roster, configuration: settings.hash, tenantId });
  if (differences.length > 0) throw new StalePlanError(differences);
  await requirePermitted(work, plan.footer.counts);
  if (!(await confirm(plan))) return undefined;
  await refuseChanged(work, plan);
  // Kept apart from the plans of access: the newest of those is what reports are about.
  const key = `${settings.application.uniqueName} review`;
  await work.store.rememberPlan(key, plan.footer.hash, file, plan.header.createdAt);
  await rememberReviewed(work, plan);
  const actual = await readApplication(directory, settings.application, work.signal);
  return { plan, applied: await carryOut(work, plan, reviewSteps(plan), actual) };
};

/** Opens a plan; if a byte of it was changed and its original is known, says what stood there. */
const openOwnPlan = async ({ store, settings }: Work, file: string): Promise<PlanFile> => {
  try {
    return await openPlan(file);
  } catch (error) {
    if (!(error instanceof PlanAlteredError)) throw error;
    const known = await store.latestPlan(settings.application.uniqueName);
    const original = known && known.file !== file ? await lineOf(known.file, error.line) : undefined;
    const differences = [
      error.message,
      ...(error.found ? [`it says: ${error.found}`] : []),
      ...(original && original !== error.found ? [`the newest plan made here says: ${original}`] : []),
    ];
    throw new StalePlanError(differences);
  }
};

/** A question can stand for a long time, and what was read when it was asked must be what is carried out. */
const refuseChanged = async (work: Work, { file, footer }: PlanFile): Promise<void> => {
  const now = await openOwnPlan(work, file);
  if (now.footer.hash !== footer.hash) throw new StalePlanError([`${file} was replaced by another plan meanwhile`]);
};

const lineOf = async (file: string, line: number): Promise<string | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n')[line - 1];
};

/** A guard that nobody allowed stops the plan. */
const refuseGuarded = ({ allow }: Pick<Work, 'allow'>, guards: readonly GuardStop[]): void => {
  const stops = guards.filter(({ guard }) => !allow.includes(guard));
  if (stops.length === 0) return;
  throw new NeedsPersonError(
    `The plan does more than the guards allow:\n${stops.map(({ guard, message }) => `  - ${guard}: ${message}`).join('\n')}`,
    `Read the plan. If it is right, allow it this once with ${stops.map(({ guard }) => `--allow ${guard}`).join(' ')}.`,
  );
};

/** The actions of a plan that an earlier attempt has sent, or was about to send. */
const triedActions = async ({ settings }: Work, hash: string): Promise<ReadonlySet<number>> => {
  const tried = new Set<number>();
  for await (const { kind, data } of readEvidence(evidenceFile(settings))) {
    if (kind !== 'intended') continue;
    const { plan: of, actions } = data as { plan: string; actions: readonly { n: number }[] };
    if (of === hash) for (const { n } of actions) tried.add(n);
  }
  return tried;
};
