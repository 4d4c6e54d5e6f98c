// Carries a plan out: the only code that writes to a directory. Each write is recorded before it is sent.
import { type Action, type ActionResult, isReviewAction } from '../model/plan.ts';
import { type BatchItem, carryOutBatch } from './batch.ts';
import { type ApplyInput, STOPPED } from './input.ts';
import { awaitRole, register, type Target } from './register.ts';
import { ReviewSteps } from './review.ts';

/**
 * Carries out the steps and answers one result for each, in the order in which they end. A refused action does not
 * stop the others; those that need what it would have made are not tried.
 *
 * Errors: EvidenceError and LeaseLostError end everything before the next write. Aborting lets what has been sent
 * come to its end, and leaves the rest untried.
 */
export async function* applySteps(input: ApplyInput): AsyncGenerator<ActionResult> {
  const target: Target = { ...input.found, awaited: new Set() };
  /** createUser's number → the user's id. */
  const made = new Map<number, string>();
  const run = new Runner(input);
  try {
    yield* carryOut(input, target, made, run);
  } finally {
    await run.stop();
  }
}

async function* carryOut(
  input: ApplyInput,
  target: Target,
  made: Map<number, string>,
  run: Runner,
): AsyncGenerator<ActionResult> {
  const reviews = new ReviewSteps(input);
  let phase: Action['kind'] | undefined;
  /** Of users the ids are kept, for the assignments to come; of a million assignments nothing is. */
  const noted = function* (results: readonly ActionResult[]): Generator<ActionResult> {
    for (const result of results) {
      if (phase === 'createUser' && result.id !== undefined) made.set(result.n, result.id);
      yield result;
    }
  };
  for await (const { action, isNeeded } of input.steps) {
    if (!isNeeded) {
      yield { n: action.n, status: 'alreadySo' };
      continue;
    }
    // Assignments wait until all users are made: they refer to them.
    if (phase !== action.kind) for await (const results of run.drain()) yield* noted(results);
    phase = action.kind;
    if (input.signal?.aborted) {
      yield { n: action.n, status: 'notTried', reason: STOPPED };
    } else if (action.kind === 'createUser') {
      for await (const results of run.add({ action })) yield* noted(results);
    } else if (action.kind === 'assign') {
      await awaitRole(action.roleId, target, input);
      const item = assignment(action, target, made);
      if ('status' in item) yield item;
      else for await (const results of run.add(item)) yield* noted(results);
    } else if (action.kind === 'unassign') {
      const { servicePrincipal } = target;
      if (!servicePrincipal) yield { n: action.n, status: 'notTried', reason: 'the application is not registered' };
      else {
        const item = { action, principalId: action.principalId, servicePrincipalId: servicePrincipal.id };
        for await (const results of run.add(item)) yield* noted(results);
      }
    } else if (isReviewAction(action)) yield await reviews.carryOut(action);
    else yield await register(action, target, input);
  }
  for await (const results of run.drain()) yield* noted(results);
}

const assignment = (
  action: Action & { kind: 'assign' },
  target: Target,
  made: ReadonlyMap<number, string>,
): BatchItem | ActionResult => {
  const notTried = (reason: string): ActionResult => ({ n: action.n, status: 'notTried', reason });
  if (!target.servicePrincipal) return notTried('the application could not be registered');
  if (!target.servicePrincipal.appRoles.some((role) => role.id === action.roleId)) {
    return notTried(`the application has no role "${action.roleName}"`);
  }
  const principalId = 'user' in action.principal ? action.principal.user : made.get(action.principal.createdBy);
  if (principalId === undefined) return notTried(`the user ${action.principalName} could not be created`);
  return { action, principalId, servicePrincipalId: target.servicePrincipal.id };
};

/** Gathers items into calls, and keeps as many calls waiting as do good. */
class Runner {
  readonly #input: ApplyInput;
  readonly #stop = new AbortController();
  #batch: BatchItem[] = [];
  readonly #underWay = new Set<Promise<readonly ActionResult[]>>();
  /** Once the directory denies a kind of write, the others of the kind would be denied too. */
  readonly #denied = new Map<string, string>();

  constructor(input: ApplyInput) {
    const { signal } = this.#stop;
    this.#input = { ...input, signal: input.signal ? AbortSignal.any([input.signal, signal]) : signal };
  }

  /** Lets what has been sent come to its end and be recorded, also when something has failed: nothing is sent again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#underWay);
  }

  async *add(item: BatchItem): AsyncGenerator<readonly ActionResult[]> {
    this.#batch.push(item);
    if (this.#batch.length < this.#input.writer.writesPerRequest) return;
    this.#send();
    while (this.#underWay.size >= this.#input.writer.callsAtOnce) yield await this.#next();
  }

  async *drain(): AsyncGenerator<readonly ActionResult[]> {
    this.#send();
    while (this.#underWay.size > 0) yield await this.#next();
  }

  #send(): void {
    if (this.#batch.length === 0) return;
    const sent = carryOutBatch(this.#batch, this.#input, this.#denied);
    this.#batch = [];
    this.#underWay.add(sent);
    // The failure is met where the result is awaited; until then it must not count as unhandled.
    sent.catch(() => undefined);
  }

  async #next(): Promise<readonly ActionResult[]> {
    const { promise, results } = await Promise.race(
      [...this.#underWay].map(async (promise) => ({ promise, results: await promise })),
    );
    this.#underWay.delete(promise);
    return results;
  }
}
