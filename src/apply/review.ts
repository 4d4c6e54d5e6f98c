// The steps of a plan about a review: started, stopped, reminded of, decided, applied. Each is looked for before it is sent.
import type { DirectoryWrite, WriteResult } from '../model/directory.ts';
import { failureText } from '../model/errors.ts';
import type { ActionResult, ReviewAction } from '../model/plan.ts';
import { isApplied, isOpen, type ReviewDecision } from '../model/review.ts';
import { answerOf } from './answer.ts';
import { type ApplyInput, STOPPED } from './input.ts';
import { patience } from './patience.ts';

/** Carries out the review steps of one plan. Decisions are read once, however many are to be made. */
export class ReviewSteps {
  readonly #input: ApplyInput;
  readonly #decisions = new Map<string, Promise<Map<string, ReviewDecision>>>();

  constructor(input: ApplyInput) {
    this.#input = input;
  }

  /**
   * Carries out one step. One whose answer was lost is sent again only if the directory does not show what it was to do;
   * a reminder, which leaves no trace, is not sent twice.
   */
  async carryOut(action: ReviewAction): Promise<ActionResult> {
    const { n } = action;
    const there = await this.#isThere(action);
    if (there !== undefined) return { n, status: 'alreadySo', ...(there !== '' && { id: there }) };
    const input = this.#input;
    const write = writeOf(action);
    input.assertHeld();
    input.record('intended', { actions: [{ n, ...write }] });
    const result = resultOf(n, await this.#sendUntilClear(action, write));
    input.record('written', { results: [result] });
    return result;
  }

  async #sendUntilClear(action: ReviewAction, write: DirectoryWrite): Promise<WriteResult> {
    const { writer, clock, lagLimitMs, signal, assertHeld } = this.#input;
    const waiting = patience(clock, lagLimitMs, signal);
    let result: WriteResult | undefined;
    for (;;) {
      // What came too late is not sent again: the directory will show it.
      if (!result || !isTooLate(action, result)) [result] = await writer.write([write], signal);
      if (!result || (result.status !== 'notYet' && result.status !== 'unknown' && !isTooLate(action, result)))
        return result!;
      if (action.kind === 'remindReviewers' && result.status === 'unknown') return result;
      const goesOn = await waiting.pause().catch(() => false);
      if (!goesOn) return result;
      this.#decisions.clear();
      const id = await this.#isThere(action);
      if (id !== undefined) return { status: 'done', ...(id !== '' && { id }) };
      assertHeld();
    }
  }

  /** The id of what the step would make, or an empty text, where the directory has it already. */
  async #isThere(action: ReviewAction): Promise<string | undefined> {
    const { directory, signal } = this.#input;
    switch (action.kind) {
      case 'startReview':
        for await (const page of directory.reviews(signal)) {
          const found = page.find(({ key }) => key === action.order.key);
          if (found) return found.id;
        }
        return undefined;
      case 'stopReview':
        return (await this.#isStill(action, isOpen)) ? undefined : '';
      case 'applyDecisions':
        return (await this.#isStill(action, (status) => !isApplied(status))) ? undefined : '';
      case 'stopSeries':
        return (await this.#goesOn(action.reviewId)) ? undefined : '';
      case 'remindReviewers':
        return undefined;
      case 'decide': {
        const decision = (await this.#decisionsOf(action)).get(action.decisionId);
        const isMade = decision?.decision === action.decision && decision.justification === action.justification;
        return isMade ? '' : undefined;
      }
      default:
        return action satisfies never;
    }
  }

  /** A series between two rounds may show none that is open. */
  async #goesOn(reviewId: string): Promise<boolean> {
    const { directory, signal } = this.#input;
    const rounds = await directory.reviewInstances(reviewId, signal);
    if (rounds.some(({ status }) => isOpen(status))) return true;
    for await (const page of directory.reviews(signal))
      if (page.some(({ id, status }) => id === reviewId && isOpen(status))) return true;
    return false;
  }

  async #isStill(
    { reviewId, instanceId }: { readonly reviewId: string; readonly instanceId: string },
    holds: (status: string) => boolean,
  ): Promise<boolean> {
    const instances = await this.#input.directory.reviewInstances(reviewId, this.#input.signal);
    const instance = instances.find(({ id }) => id === instanceId);
    return instance === undefined || holds(instance.status.toLowerCase());
  }

  #decisionsOf({ reviewId, instanceId }: ReviewAction & { kind: 'decide' }): Promise<Map<string, ReviewDecision>> {
    const read = async () => {
      const all = new Map<string, ReviewDecision>();
      const { directory, signal } = this.#input;
      for await (const page of directory.decisionsToDecide(reviewId, instanceId, null, signal))
        for (const decision of page) all.set(decision.id, decision);
      return all;
    };
    const known = this.#decisions.get(instanceId) ?? read();
    this.#decisions.set(instanceId, known);
    return known;
  }
}

/**
 * Whether the round is further than a replica has shown: an attempt whose answer was lost, or somebody else, has stopped it or
 * had it applied.
 */
const isTooLate = ({ kind }: ReviewAction, result: WriteResult): boolean =>
  (kind === 'stopReview' || kind === 'applyDecisions') &&
  result.status === 'refused' &&
  (result.failure.status === 400 || result.failure.status === 409);

const writeOf = (action: ReviewAction): DirectoryWrite => {
  if (action.kind === 'startReview') return { kind: action.kind, order: action.order };
  if (action.kind === 'stopSeries') return { kind: action.kind, reviewId: action.reviewId };
  const { reviewId, instanceId } = action;
  if (action.kind !== 'decide') return { kind: action.kind, reviewId, instanceId };
  const { decisionId, decision, justification } = action;
  return { kind: action.kind, reviewId, instanceId, decisionId, decision, justification };
};

const resultOf = (n: number, answer: WriteResult): ActionResult => {
  if (answer.status === 'notSent') return { n, status: 'notTried', reason: STOPPED };
  if (answer.status === 'done')
    return { n, status: 'done', ...(answer.id !== undefined && { id: answer.id }), ...answerOf(answer) };
  return { n, status: 'refused', reason: failureText(answer.failure), ...answerOf(answer.failure) };
};
