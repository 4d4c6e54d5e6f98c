// The only file that chains the stages: collect → match → plan → apply → verify. Each takes the saved result of the
// one before it and saves its own, so that it can be looked at, and run again.
import { readFile, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { applySteps } from './apply/apply.ts';
import { type Verification, verifyAssignments, type Wanted } from './apply/verify.ts';
import { collectRoster } from './collect/collect.ts';
import { checkColumns } from './config/columns.ts';
import { readEvidence } from './evidence/verify.ts';
import { matchAccounts } from './match/match.ts';
import type { StrategyChoice } from './match/strategy.ts';
import type { Roster } from './model/account.ts';
import type { Directory, DirectoryWriter } from './model/directory.ts';
import { NeedsPersonError, RollcallError } from './model/errors.ts';
import { SequenceDigest } from './model/hash.ts';
import { type Outcome, OutcomeCounter } from './model/outcome.ts';
import type { ActionKind, ActionResult, ActionStatus, GuardStop, PlanStep } from './model/plan.ts';
import { type ActualState, directoryState, readActual, readApplication } from './plan/actual.ts';
import { estimate } from './plan/estimate.ts';
import { openPlan, PlanAlteredError, type PlanFile, writePlan } from './plan/file.ts';
import {
  actionDifferences,
  directoryDifferences,
  headerDifferences,
  remainingSteps,
  StalePlanError,
} from './plan/fresh.ts';
import { guardStops } from './plan/guards.ts';
import { assignmentsToVerify, type PlanInput, type PlanRow, planChanges } from './plan/plan.ts';
import type { Matching, SavedResult, Store } from './store/store.ts';
import { type Cost, evidenceFile, measured, type Progress, startMeter, type Work } from './work.ts';

/** Source → roster. */
export const collect = async (work: Work): Promise<{ roster: Roster; cost: Cost }> => {
  const { settings, store, source, signal } = work;
  const application = settings.application.uniqueName;
  const before = await store.latestRoster(application);
  const { result: roster, cost } = await measured(work, () =>
    collectRoster({
      application,
      source,
      checkColumns: (columns) => checkColumns(settings, columns),
      lastRows: before?.rows,
      guards: settings.guards,
      allow: new Set(work.allow),
      clock: work.clock,
      signal,
      save: (columns, rows, finish) => store.saveRoster(application, columns, rows, finish),
      onProgress: (done) => work.onProgress({ stage: 'collect', done, of: null }),
    }),
  );
  const { hash, rows, columns, source: from } = roster;
  work.evidence.append({ kind: 'collected', data: { roster: hash, rows, columns, source: from, allowed: work.allow } });
  return { roster, cost };
};

/** The newest roster; an error that says how to get one, if there is none. */
export const newestRoster = async ({ store, settings }: Work): Promise<Roster> => {
  const roster = await store.latestRoster(settings.application.uniqueName);
  if (roster) return roster;
  throw new RollcallError(
    `There is no roster of ${settings.application.displayName} yet.`,
    'Run "rollcall collect" first, or "rollcall run" to do everything in one go.',
  );
};

/** Roster → outcomes. */
export const match = async (
  work: Work,
  roster: Roster,
): Promise<{ matching: Matching; strategy: StrategyChoice | undefined; cost: Cost }> => {
  const { settings, store, signal } = work;
  const application = settings.application.uniqueName;
  const directory = await work.connect();
  const counter = new OutcomeCounter();
  const digest = new SequenceDigest();
  let strategy: StrategyChoice | undefined;
  const outcomes = async function* () {
    for await (const outcome of matchAccounts({
      roster,
      accounts: () => store.accounts(roster),
      settings: settings.match,
      directory,
      scratchFolder: settings.stateFolder,
      onProgress: ({ done, of }) => work.onProgress({ stage: 'match', done, of }),
      onStrategy: (choice) => {
        strategy = choice;
      },
      signal,
    })) {
      counter.add(outcome);
      digest.add(essence(outcome));
      yield outcome;
    }
  };
  const meter = startMeter(work);
  const matching = await store.saveMatching(application, roster.hash, settings.hash, outcomes(), () => ({
    digest: digest.text(),
    counts: counter.counts(),
    spent: meter(),
    matchedAt: new Date(work.clock.now()).toISOString(),
  }));
  const { counts, digest: outcomesDigest } = matching;
  work.evidence.append({
    kind: 'matched',
    data: {
      roster: roster.hash,
      configuration: settings.hash,
      outcomes: outcomesDigest,
      counts,
      strategy: strategy?.strategy,
    },
  });
  return { matching, strategy, cost: meter() };
};

/** What of an outcome a plan rests on. */
const essence = ({ n, kind, user, candidates }: Outcome): string =>
  [n, kind, user?.id, user?.accountEnabled, ...(candidates ?? []).map(({ id }) => id)].join(' ');

/** The newest outcomes, if they are of this roster and configuration; else an error that says what to run. */
export const newestMatching = async ({ store, settings }: Work, roster: Roster): Promise<Matching> => {
  const matching = await store.latestMatching(settings.application.uniqueName);
  const problem =
    matching === undefined
      ? `The roster of ${settings.application.displayName} has not been matched yet.`
      : matching.roster !== roster.hash
        ? 'The newest outcomes are of an older roster.'
        : matching.configuration !== settings.hash
          ? 'The configuration has changed since the roster was matched.'
          : undefined;
  if (matching && problem === undefined) return matching;
  throw new RollcallError(problem!, 'Run "rollcall match" first, or "rollcall run" to do everything in one go.');
};

/** Every account with its outcome, in row order. */
export async function* planRows(store: Store, roster: Roster, matching: Matching): AsyncGenerator<PlanRow> {
  const outcomes = store.outcomes(matching);
  for await (const account of store.accounts(roster)) {
    const { value: outcome } = await outcomes.next();
    if (outcome?.n !== account.n) throw new RangeError(`row ${account.n} has no outcome`);
    yield { account, outcome };
  }
}

/** Outcomes → plan. Saved beside the state, unless `to` names a file. Writes nothing to the directory. */
export const plan = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  to?: string,
): Promise<{ plan: PlanFile; actual: ActualState; cost: Cost }> => {
  const { settings, store } = work;
  const { result, cost } = await measured(work, async () => {
    const directory = await work.connect();
    const actual = await readActual(directory, settings.application, work.signal);
    const createdAt = new Date(work.clock.now()).toISOString();
    const name = `${settings.application.uniqueName}-${createdAt.replaceAll(/[-:]|\.\d+/g, '')}.plan.jsonl`;
    const file = to ?? join(settings.stateFolder, 'plans', name);
    await savePlan(work, directory, actual, roster, matching, createdAt, file);
    return { plan: await openPlan(file), actual };
  });
  const { footer, header } = result.plan;
  await store.rememberPlan(settings.application.uniqueName, footer.hash, result.plan.file, header.createdAt);
  const { hash, counts, guards, problems } = footer;
  work.evidence.append({
    kind: 'planned',
    data: {
      plan: hash,
      roster: roster.hash,
      configuration: settings.hash,
      directory: header.directory,
      counts,
      guards,
      problems,
    },
  });
  return { ...result, cost };
};

const savePlan = async (
  work: Work,
  directory: Directory & DirectoryWriter,
  actual: ActualState,
  roster: Roster,
  matching: Matching,
  createdAt: string,
  file: string,
): Promise<void> => {
  const { settings } = work;
  const { application, servicePrincipal, tenantId } = actual;
  const header = {
    rollcallPlan: 1 as const,
    application: {
      displayName: settings.application.displayName,
      uniqueName: settings.application.uniqueName,
      applicationId: application?.id ?? null,
      appId: application?.appId ?? null,
      servicePrincipalId: servicePrincipal?.id ?? null,
    },
    createdAt,
    roster: roster.hash,
    configuration: settings.hash,
    directory: directoryState(actual, matching.digest),
    tenantId,
  };
  let newUserRows = 0;
  const onNewUserRow = () => {
    newUserRows += 1;
  };
  const records = planChanges({ ...planInput(work, directory, actual, roster, matching), onNewUserRow });
  await writePlan(file, header, records, (counts) => ({
    newUserRows,
    guards: guardStops(counts, roster.rows, settings.guards),
    estimate: estimate(counts, actual.assignmentCount, directory.writesPerRequest),
  }));
};

const planInput = (
  { settings, store, signal }: Work,
  directory: Directory,
  actual: ActualState,
  roster: Roster,
  matching: Matching,
): PlanInput => ({
  settings,
  columns: roster.columns,
  rows: () => planRows(store, roster, matching),
  actual,
  taken: (names) => takenNames(directory, names, signal),
});

const takenNames = async (
  directory: Directory,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const size = directory.limits.valuesPerLookup;
  const lookups = Array.from({ length: Math.ceil(names.length / size) }, (_, i) => ({
    attribute: 'userPrincipalName',
    operator: 'equals' as const,
    values: names.slice(i * size, (i + 1) * size),
  }));
  const taken = new Set<string>();
  for await (const answer of directory.findUsers(lookups, ['id', 'userPrincipalName'], signal)) {
    if ('failure' in answer) {
      throw new RollcallError(
        `Whether the users to create exist already could not be found out: ${answer.failure.message}`,
        'Run the same command again.',
      );
    }
    for (const user of answer.users) taken.add(String(user['userPrincipalName']).toLowerCase());
  }
  return taken;
};

/** What became of a plan's actions. */
export interface Applied {
  readonly plan: string;
  readonly results: Readonly<Record<ActionStatus, number>>;
  /** Done, by kind of action. */
  readonly done: Readonly<Record<ActionKind, number>>;
  /** The first actions that were refused or not tried, each with its reason. All of them are in the store. */
  readonly failures: readonly (ActionResult & { readonly kind: ActionKind })[];
  readonly cost: Cost;
}

/** Requests that apply keeps under way at once. */
const CONCURRENCY = 4;
const FAILURES_SHOWN = 20;

/**
 * Carries a saved plan out. Everything is looked at again first: the plan's own bytes, the roster, the configuration,
 * and what planning again would say; a difference refuses it, unless an earlier, unfinished attempt of the same plan
 * made it. `confirm` is asked last, before the first write; undefined is answered if it says no.
 */
export const apply = async (
  work: Work,
  file: string,
  confirm: (plan: PlanFile) => Promise<boolean> = async () => true,
): Promise<Applied | undefined> => {
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
  const check = `${join(settings.stateFolder, 'plans', settings.application.uniqueName)}-${process.pid}.check`;
  try {
    await savePlan(work, directory, actual, roster, matching, saved.header.createdAt, check);
    const now = await openPlan(check);
    const tried = await triedActions(work, saved.footer.hash);
    const changes = await actionDifferences(saved.records(), now.records(), (n) => tried.has(n));
    const isBegun = tried.size > 0;
    if (!isBegun) changes.unshift(...directoryDifferences(saved.header.directory, now.header.directory));
    if (changes.length > 0) throw new StalePlanError(changes);
    if (!(await confirm(saved))) return undefined;
    await store.rememberPlan(settings.application.uniqueName, saved.footer.hash, file, saved.header.createdAt);
    return await carryOut(work, saved, remainingSteps(saved.records(), now.records()), actual);
  } finally {
    await rm(check, { force: true });
  }
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

const lineOf = async (file: string, line: number): Promise<string | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n')[line - 1];
};

/** A guard that nobody allowed stops the plan. */
export const refuseGuarded = ({ allow }: Pick<Work, 'allow'>, guards: readonly GuardStop[]): void => {
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

/** Applies a plan that was made a moment ago, under the same lease, from what was read then. */
const applyNow = (work: Work, saved: PlanFile, actual: ActualState): Promise<Applied> => {
  const steps = async function* (): AsyncGenerator<PlanStep> {
    for await (const record of saved.records()) if ('action' in record) yield { action: record.action, isNeeded: true };
  };
  return carryOut(work, saved, steps(), actual);
};

const carryOut = async (
  work: Work,
  { header, footer }: PlanFile,
  steps: AsyncIterable<PlanStep>,
  actual: ActualState,
): Promise<Applied> => {
  const { settings, store, evidence, lease } = work;
  const directory = await work.connect();
  const session = await directory.session(work.signal);
  evidence.append({
    kind: 'applyBegan',
    data: {
      plan: footer.hash,
      roster: header.roster,
      actions: footer.actions,
      allowed: work.allow,
      directorySession: session.name,
      operator: operator(),
    },
  });
  const tally = new ResultTally();
  const kinds = new Map<number, { kind: ActionKind; row: number | null }>();
  const watched = async function* (): AsyncGenerator<PlanStep> {
    for await (const step of steps) {
      const { action } = step;
      kinds.set(action.n, { kind: action.kind, row: 'row' in action ? action.row : null });
      yield step;
    }
  };
  const { cost } = await measured(work, async () => {
    let chunk: SavedResult[] = [];
    const keep = async () => {
      if (chunk.length > 0) await store.saveResults(footer.hash, chunk);
      chunk = [];
    };
    for await (const result of applySteps({
      application: settings.application,
      steps: watched(),
      found: {
        ...(actual.application && { application: actual.application }),
        ...(actual.servicePrincipal && { servicePrincipal: actual.servicePrincipal }),
      },
      directory,
      writer: directory,
      record: (kind, data) => {
        const entry = { kind, data: { plan: footer.hash, ...(data as object) } };
        if (kind === 'intended') evidence.append(entry);
        else evidence.note(entry);
      },
      assertHeld: () => lease.assertHeld(),
      clock: work.clock,
      lagLimitMs: work.lagLimitMs,
      concurrency: CONCURRENCY,
      signal: work.signal,
    })) {
      const what = kinds.get(result.n)!;
      kinds.delete(result.n);
      tally.add(result, what.kind);
      chunk.push({ ...result, ...what });
      if (chunk.length === 1000) await keep();
      work.onProgress({ stage: 'apply', done: tally.count, of: footer.actions });
    }
    await keep();
  });
  const applied = { plan: footer.hash, ...tally.summary(), cost };
  evidence.append({ kind: 'applyEnded', data: { plan: footer.hash, results: applied.results, done: applied.done } });
  await store.saveSummary(settings.application.uniqueName, 'apply', {
    ...applied,
    at: new Date(work.clock.now()).toISOString(),
  });
  return applied;
};

const operator = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
};

class ResultTally {
  count = 0;
  readonly #results: Record<ActionStatus, number> = { done: 0, alreadySo: 0, refused: 0, notTried: 0 };
  readonly #done: Partial<Record<ActionKind, number>> = {};
  readonly #failures: (ActionResult & { kind: ActionKind })[] = [];

  add(result: ActionResult, kind: ActionKind): void {
    this.count += 1;
    this.#results[result.status] += 1;
    if (result.status === 'done') this.#done[kind] = (this.#done[kind] ?? 0) + 1;
    const failed = result.status === 'refused' || result.status === 'notTried';
    if (failed && this.#failures.length < FAILURES_SHOWN) this.#failures.push({ ...result, kind });
  }

  summary(): Pick<Applied, 'results' | 'done' | 'failures'> {
    const none = {
      createApplication: 0,
      createServicePrincipal: 0,
      addAppRoles: 0,
      addTags: 0,
      requireAssignment: 0,
      createUser: 0,
      assign: 0,
    };
    return { results: this.#results, done: { ...none, ...this.#done }, failures: this.#failures };
  }
}

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
  const { result, cost } = await measured(work, async (): Promise<Verification> => {
    const directory = await work.connect();
    const actual = await readApplication(directory, settings.application, work.signal);
    const made = applied ? await createdUsers(store, applied.plan, roster.rows) : new Map<number, string>();
    const rows = () => planRows(store, roster, matching);
    const input = { settings, columns: roster.columns, rows, actual };
    const wanted = () => assignmentsToVerify(input, (row) => made.get(row));
    if (!actual.servicePrincipal) return notRegistered(wanted());
    return verifyAssignments({
      directory,
      servicePrincipalId: actual.servicePrincipal.id,
      wanted,
      clock: work.clock,
      lagLimitMs: applied ? work.lagLimitMs : 0,
      explainSince: applied?.since ?? new Date(work.clock.now() - AUDIT_WINDOW_MS).toISOString(),
      signal: work.signal,
    });
  });
  const { missing, ...totals } = result;
  work.evidence.append({
    kind: 'verified',
    data: { roster: roster.hash, ...totals, missing: missing.slice(0, FAILURES_SHOWN), missingCount: missing.length },
  });
  await store.saveSummary(settings.application.uniqueName, 'verify', {
    ...result,
    at: new Date(work.clock.now()).toISOString(),
  });
  return { ...result, cost };
};

/** How far back the audit log is searched when nothing was applied just now: as long as the free edition keeps it. */
const AUDIT_WINDOW_MS = 7 * 24 * 3_600_000;

const notRegistered = async (wanted: AsyncIterable<Wanted>): Promise<Verification> => {
  const missing: Verification['missing'][number][] = [];
  for await (const one of wanted) missing.push({ ...one, reason: 'the application is not registered' });
  return { wanted: missing.length, present: 0, missing, unexpected: 0, unexpectedExamples: [] };
};

const createdUsers = async (store: Store, planHash: string, rows: number): Promise<Map<number, string>> => {
  const made = new Map<number, string>();
  const step = 50_000;
  for (let first = 1; first <= rows; first += step) {
    for (const { kind, row, id } of await store.resultsOfRows(planHash, first, first + step - 1)) {
      if (kind === 'createUser' && row !== null && id !== undefined) made.set(row, id);
    }
  }
  return made;
};

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
  if (confirm && !(await confirm(soFar))) return soFar;
  const since = new Date(work.clock.now()).toISOString();
  const applied = await applyNow(work, planned.plan, planned.actual);
  const verified = await verify(work, roster, matching, { plan: applied.plan, since });
  return { ...soFar, applied, verified, costs: { ...costs, apply: applied.cost, verify: verified.cost } };
};
