// Apply, as a command runs it: takes a plan that fits, records each step, saves what became of it.
import { applySteps } from '../apply/apply.ts';
import { type ActionKind, type ActionResult, type ActionStatus, noneOfEachKind, type PlanStep } from '../model/plan.ts';
import type { ActualState } from '../plan/actual.ts';
import type { PlanFile } from '../plan/file.ts';
import type { SavedResult } from '../store/store.ts';
import { type Cost, measured, rememberEvidence, type Work } from '../work.ts';
import { operator } from './operator.ts';

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

const FAILURES_SHOWN = 20;

/** Carries out the steps of a plan that has been found to fit what is there now. */
export const carryOut = async (
  work: Work,
  { header, footer }: PlanFile,
  steps: AsyncIterable<PlanStep>,
  actual: Pick<ActualState, 'application' | 'servicePrincipal'>,
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
      tenant: session.tenantId,
      operator: operator(),
    },
  });
  await store.keepMatching(settings.application.uniqueName);
  await rememberEvidence(work);
  const tally = new ResultTally();
  const kinds = new Map<number, { kind: ActionKind; row: number | null }>();
  const watched = async function* (): AsyncGenerator<PlanStep> {
    for await (const step of steps) {
      const { action } = step;
      kinds.set(action.n, { kind: action.kind, row: 'row' in action ? action.row : null });
      yield step;
    }
  };
  const allowed = { atOnce: directory.writesAtOnce, perSecond: directory.writesPerSecond };
  const isLimited = Number.isFinite(allowed.perSecond);
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
      signal: work.signal,
    })) {
      const what = kinds.get(result.n)!;
      kinds.delete(result.n);
      tally.add(result, what.kind);
      chunk.push({ ...result, ...what });
      if (chunk.length === 1000) await keep();
      work.onProgress({ stage: 'apply', done: tally.count, of: footer.actions, ...(isLimited && { allowed }) });
    }
    await keep();
  });
  const applied = { plan: footer.hash, ...tally.summary(), cost };
  evidence.append({ kind: 'applyEnded', data: { plan: footer.hash, results: applied.results, done: applied.done } });
  await store.saveSummary(settings.application.uniqueName, header.about === 'review' ? 'review' : 'apply', {
    ...applied,
    at: new Date(work.clock.now()).toISOString(),
  });
  return applied;
};

class ResultTally {
  count = 0;
  readonly #results: Record<ActionStatus, number> = { done: 0, alreadySo: 0, refused: 0, notTried: 0 };
  readonly #done = noneOfEachKind();
  readonly #failures: (ActionResult & { kind: ActionKind })[] = [];

  add(result: ActionResult, kind: ActionKind): void {
    this.count += 1;
    this.#results[result.status] += 1;
    if (result.status === 'done') this.#done[kind] += 1;
    const failed = result.status === 'refused' || result.status === 'notTried';
    if (failed && this.#failures.length < FAILURES_SHOWN) this.#failures.push({ ...result, kind });
  }

  summary(): Pick<Applied, 'results' | 'done' | 'failures'> {
    return { results: this.#results, done: this.#done, failures: this.#failures };
  }
}
