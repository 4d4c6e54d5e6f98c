// What comes of reviews: how far they are, what was decided, and what must go because of it.
import type { Decision } from '../model/decision.ts';
import {
  isClosing,
  isOpen,
  type PersonRef,
  type Review,
  type ReviewDecision,
  type ReviewInstance,
} from '../model/review.ts';
import type { Work } from '../work.ts';
import { newestRoster } from './collect.ts';
import { newestMatching } from './match.ts';
import { takeDecisions } from './removals.ts';
import { decisionsOf, directoryNow, findRound, type RoundInOrder, type WhichRound } from './review.ts';
import { byStart, ownReviews, roundsInOrder } from './rounds.ts';

export interface ReviewerProgress {
  readonly reviewer: string;
  readonly decided: number;
}

/** How far a round is, or a stage of one. */
export interface HowFar {
  readonly people: number;
  /** By reviewers, and not by the default. */
  readonly decided: number;
  readonly byDefault: number;
  readonly byDecision: Readonly<Record<string, number>>;
  readonly byReviewer: readonly ReviewerProgress[];
}

export interface StageProgress extends ReviewInstance, HowFar {
  /** From 1. */
  readonly number: number;
}

export interface ReviewStatus extends Omit<RoundInOrder, 'actual'>, HowFar {
  /** Of a review in several stages; else empty. */
  readonly stages: readonly StageProgress[];
  readonly isOpen: boolean;
  /** Whole days until the end, 0 on the last; null where it has ended. */
  readonly daysLeft: number | null;
  /** Reviewers who were written to and have decided nothing yet. */
  readonly notBegun: readonly string[];
}

const DAY_MS = 24 * 3_600_000;

/** Counts decisions as they pass. */
class Tally {
  readonly byReviewer = new Map<string, { readonly person: PersonRef; decided: number }>();
  readonly #byDecision: Record<string, number> = {};
  #people = 0;
  #decided = 0;
  #byDefault = 0;

  add({ decision, reviewedBy }: ReviewDecision): void {
    this.#people += 1;
    this.#byDecision[decision] = (this.#byDecision[decision] ?? 0) + 1;
    if (decision === 'NotReviewed') return;
    if (!reviewedBy) {
      this.#byDefault += 1;
      return;
    }
    this.#decided += 1;
    this.addTo(reviewedBy, 1);
  }

  addTo(person: PersonRef, decided: number): void {
    const known = this.byReviewer.get(person.id) ?? { person, decided: 0 };
    known.decided += decided;
    this.byReviewer.set(person.id, known);
  }

  howFar(byReviewer: Tally['byReviewer'] = this.byReviewer): HowFar {
    return {
      people: this.#people,
      decided: this.#decided,
      byDefault: this.#byDefault,
      byDecision: this.#byDecision,
      byReviewer: [...byReviewer.values()]
        .map(({ person, decided }) => ({ reviewer: nameOf(person), decided }))
        .sort((a, b) => b.decided - a.decided),
    };
  }
}

const tallied = async (decisions: AsyncIterable<ReviewDecision>): Promise<Tally> => {
  const tally = new Tally();
  for await (const decision of decisions) tally.add(decision);
  return tally;
};

/** How far a round is: the newest that has begun, unless one is named. */
export const reviewStatus = async (work: Work, which: WhichRound = 'newest'): Promise<ReviewStatus> => {
  const directory = await work.connect();
  const { review, instance, number, rounds } = await findRound(work, which);
  const whole = await tallied(decisionsOf(work, review.id, instance.id));
  const stages: StageProgress[] = [];
  // What somebody decided in a stage is not among the decisions that stand once a later stage has the person.
  const reviewers = review.stageCount > 1 ? new Tally() : whole;
  for (const [index, stage] of (await stagesOf(work, review, instance)).entries()) {
    const tally = await tallied(decisionsOf(work, review.id, instance.id, stage.id));
    for (const { person, decided } of tally.byReviewer.values()) reviewers.addTo(person, decided);
    stages.push({ ...stage, number: index + 1, ...tally.howFar() });
  }
  const contacted = await directory.contactedReviewers(review.id, instance.id, work.signal);
  const open = isOpen(instance.status);
  return {
    review,
    instance,
    number,
    rounds,
    stages,
    isOpen: open,
    daysLeft: open
      ? Math.max(0, Math.floor((Date.parse(instance.endsAt) - (await directoryNow(work))) / DAY_MS))
      : null,
    ...whole.howFar(reviewers.byReviewer),
    notBegun: contacted
      .filter(({ id }) => !reviewers.byReviewer.has(id))
      .map((one) => one.userPrincipalName || one.displayName),
  };
};

const stagesOf = async (work: Work, review: Review, instance: ReviewInstance): Promise<readonly ReviewInstance[]> => {
  if (review.stageCount === 1) return [];
  const directory = await work.connect();
  const stages = [...(await directory.reviewStages(review.id, instance.id, work.signal))];
  return stages.sort(byStart);
};

export const nameOf = ({ userPrincipalName, displayName, id }: PersonRef): string =>
  userPrincipalName ?? (displayName || id);

/** What the decisions of one stage were; the last of a person stands. */
export interface StageDecisions extends ReviewInstance {
  readonly number: number;
  readonly decisions: readonly ReviewDecision[];
}

export interface ReviewResults extends RoundInOrder {
  readonly isOpen: boolean;
  /** Whether the directory still fills in what nobody has decided. */
  readonly isClosing: boolean;
  /** What stands: one decision for each person. */
  readonly decisions: readonly ReviewDecision[];
  /** Of a review in several stages; else empty. */
  readonly stages: readonly StageDecisions[];
}

/** Every decision of a round: the newest that has ended, unless one is named. One that has ended is recorded as evidence. */
export const reviewResults = async (work: Work, which: WhichRound = 'ended'): Promise<ReviewResults> => {
  const { actual: _, ...round } = await findRound(work, which);
  return resultsOf(work, round);
};

const resultsOf = async (work: Work, round: RoundInOrder): Promise<ReviewResults> => {
  const { review, instance } = round;
  const decisions = await Array.fromAsync(decisionsOf(work, review.id, instance.id));
  const stages: StageDecisions[] = [];
  for (const [index, stage] of (await stagesOf(work, review, instance)).entries()) {
    const decided = await Array.fromAsync(decisionsOf(work, review.id, instance.id, stage.id));
    stages.push({ ...stage, number: index + 1, decisions: decided });
  }
  const open = isOpen(instance.status);
  const results = { ...round, isOpen: open, isClosing: isClosing(instance.status), decisions, stages };
  if (!open) record(work, results);
  return results;
};

/** So many decisions stand in one record. */
const TOGETHER = 200;

/** Records what was decided, once for each status that a round comes to. */
const record = (work: Work, { review, instance, number, decisions, stages }: ReviewResults): void => {
  const { evidence, told, clock } = work;
  const round = { instance: instance.id, status: instance.status };
  if (told.rounds.get(instance.id)?.recorded === instance.status) return;
  const about = { review: review.id, name: review.displayName, round: number, ...round };
  const entries = (some: readonly ReviewDecision[], stage: number | null) =>
    Array.from({ length: Math.ceil(some.length / TOGETHER) }, (_, i) => ({
      kind: 'decisions',
      data: { ...about, stage, decisions: some.slice(i * TOGETHER, (i + 1) * TOGETHER) },
    }));
  evidence.append(
    { kind: 'reviewEnded', data: { ...about, decisions: decisions.length } },
    ...entries(decisions, null),
    ...stages.flatMap((stage) => entries(stage.decisions, stage.number)),
  );
  told.roundRecorded(round, new Date(clock.now()).toISOString());
};

/** What became of the refusals of a round. */
export interface TakenRound {
  readonly review: string;
  readonly number: number;
  readonly startsAt: string;
  readonly refused: number;
  /** Removals that there were none of before. */
  readonly added: number;
  readonly known: number;
  /** Refusals that met no account of the newest roster. */
  readonly unfound: number;
  /** Refusals of the default that nobody has allowed to be applied so far: they become no removals. */
  readonly waiting: number;
}

/**
 * Makes removals of what was refused: in the round that is shown, and in each other that has ended since somebody looked, so
 * that no round is passed over because the next had begun. The same refusal taken twice changes nothing.
 */
export const takeRounds = async (work: Work, shown: ReviewResults): Promise<readonly TakenRound[]> => {
  const taken: TakenRound[] = [];
  for (const round of await endedRounds(work, shown)) {
    const results = round.instance.id === shown.instance.id ? shown : await resultsOf(work, round);
    taken.push(await takeRound(work, results));
  }
  return taken;
};

/** The rounds that have ended and are not all taken, oldest first, and the one that is shown. */
const endedRounds = async (work: Work, shown: ReviewResults): Promise<readonly RoundInOrder[]> => {
  const { told } = work;
  const ended: RoundInOrder[] = [];
  for (const review of (await ownReviews(work, shown.review.servicePrincipalId ?? '')).toReversed()) {
    const rounds = review.id === shown.review.id ? shown.rounds : await roundsInOrder(work, review);
    for (const [index, instance] of rounds.entries()) {
      const isShown = instance.id === shown.instance.id;
      const isTaken = told.rounds.get(instance.id)?.taken === instance.status;
      if (!isOpen(instance.status) && (isShown || !isTaken))
        ended.push({ review, instance, number: index + 1, rounds });
    }
  }
  return ended;
};

const takeRound = async (work: Work, results: ReviewResults): Promise<TakenRound> => {
  const { review, instance, number } = results;
  const roster = await newestRoster(work);
  const matching = await newestMatching(work, roster);
  const refusals = results.decisions.filter(({ decision }) => decision === 'Deny');
  const taking = { ...results, decisions: refusals.filter((one) => !isWaiting(one)) };
  const { added, known, unfound } = await takeDecisions(
    work,
    roster,
    matching,
    asDecisions(taking, heardOf(work, instance)),
  );
  const waiting = refusals.length - taking.decisions.length;
  const counts = { refused: refusals.length, added: added.length, known, unfound: unfound.length, waiting };
  const round = { instance: instance.id, status: instance.status };
  if (work.told.rounds.get(instance.id)?.taken !== instance.status) {
    work.evidence.append({ kind: 'decisionsTaken', data: { review: review.id, round: number, ...round, ...counts } });
    work.told.roundTaken(round);
  }
  return { review: review.displayName, number, startsAt: instance.startsAt, ...counts };
};

/** What the default refused, nobody looked at: it goes from the application once a person has let it go from the directory. */
const isWaiting = ({ reviewedBy, applyResult }: ReviewDecision): boolean =>
  reviewedBy === null && applyResult === 'New';

/** When the decisions of a round were first recorded, so that they are as old whenever they are taken. */
const heardOf = ({ told, clock }: Work, { id }: ReviewInstance): number => {
  const since = told.rounds.get(id)?.since;
  return since === undefined ? clock.now() : Date.parse(since);
};

/**
 * Decisions as what follows them up takes them. A default that decided has no reviewer. Whatever the directory's clock says:
 * what was heard of by `heard` (milliseconds) was decided by then.
 */
export const asDecisions = ({ review, instance, decisions }: ReviewResults, heard: number): readonly Decision[] => {
  const by = (moment: string) => new Date(Math.min(Date.parse(moment), heard)).toISOString();
  return decisions.map((one) => ({
    id: one.id,
    reviewId: review.id,
    instanceId: instance.id,
    stageId: null,
    principalId: one.principal.id,
    role: null,
    decision: one.decision,
    reviewedBy: one.reviewedBy ? nameOf(one.reviewedBy) : 'the default of the review',
    applyResult: one.applyResult,
    justification: one.justification,
    at: by(one.reviewedAt ?? instance.endsAt),
  }));
};
