// Reviews, as commands run them: planned like any other change. What comes of them is followed in reviewed.ts.
import { join } from 'node:path';
import type { Roster } from '../model/account.ts';
import type { Directory, DirectoryWriter, ServicePrincipal, Session } from '../model/directory.ts';
import { NeedsPersonError, RollcallError, UsageError } from '../model/errors.ts';
import {
  type GuardStop,
  INTEGRATED_TAG,
  NO_ROSTER,
  type PlanRecord,
  type PlanStep,
  type ReviewAction,
} from '../model/plan.ts';
import {
  hasBegun,
  isApplied,
  isBeingPrepared,
  isClosing,
  isOpen,
  isRunning,
  type Review,
  type ReviewDecision,
  type ReviewInstance,
  type ReviewOrder,
} from '../model/review.ts';
import type { ReviewSettings } from '../model/settings.ts';
import { type ActualState, readActual, readApplication } from '../plan/actual.ts';
import { estimate } from '../plan/estimate.ts';
import { openPlan, type PlanFile, writePlan } from '../plan/file.ts';
import { chooseDecisions, type DecisionsFile } from '../review/decisions.ts';
import { describeAccess, describeBasis } from '../review/describe.ts';
import { applyingGuards, reviewDeciding, reviewGuards, reviewOrder } from '../review/order.ts';
import { findReviewers } from '../review/reviewers.ts';
import { seatsFor } from '../review/seats.ts';
import type { Matching } from '../store/store.ts';
import type { Work } from '../work.ts';
import { accessTold } from './access-told.ts';
import { newestRoster } from './collect.ts';
import { newestMatching } from './match.ts';
import { planBasis } from './plan.ts';
import { ownReviews, roundsInOrder } from './rounds.ts';

type WithoutNumber<A> = A extends unknown ? Omit<A, 'n'> : never;
type ReviewDraft = WithoutNumber<ReviewAction>;

/** A plan about a review, saved and recorded. Nothing is written to the directory. */
const savePlanOf = async (
  work: Work,
  actual: ActualState,
  drafts: readonly ReviewDraft[],
  guards: readonly GuardStop[],
): Promise<PlanFile> => {
  const roster = await newestRoster(work);
  return saveDrafts(work, actual, roster, await newestMatching(work, roster), drafts, guards);
};

const saveDrafts = async (
  work: Work,
  actual: Parameters<typeof planBasis>[1],
  roster: Pick<Roster, 'hash'>,
  matching: Pick<Matching, 'digest'>,
  drafts: readonly ReviewDraft[],
  guards: readonly GuardStop[],
): Promise<PlanFile> => {
  const { settings } = work;
  const directory = await work.connect();
  const createdAt = new Date(work.clock.now()).toISOString();
  const name = `${settings.application.uniqueName}-review-${createdAt.replaceAll(/[-:]|\.\d+/g, '')}.plan.jsonl`;
  const file = join(settings.stateFolder, 'plans', name);
  const header = { ...planBasis(settings, actual, roster, matching, createdAt), about: 'review' as const };
  const records = async function* (): AsyncGenerator<PlanRecord> {
    for (const [index, draft] of drafts.entries()) yield { action: { n: index + 1, ...draft } as ReviewAction };
  };
  await writePlan(file, header, records(), (counts) => ({
    newUserRows: 0,
    guards,
    estimate: estimate(counts, 0, directory.writesPerRequest),
  }));
  const plan = await openPlan(file);
  const { hash, counts } = plan.footer;
  const data = { plan: hash, roster: roster.hash, configuration: settings.hash, counts, guards, about: 'review' };
  work.evidence.append({ kind: 'planned', data });
  return plan;
};

interface Registered {
  readonly directory: Directory & DirectoryWriter;
  readonly actual: ActualState;
  readonly servicePrincipal: ServicePrincipal;
}

/** The application as it must be for a review: registered, tagged, and open to those alone who are assigned. */
const registered = async (work: Work): Promise<Registered> => {
  const directory = await work.connect();
  const { application } = work.settings;
  const actual = await readActual(directory, application, work.signal);
  const { servicePrincipal } = actual;
  const lacks = !servicePrincipal
    ? 'is not registered in the directory'
    : !servicePrincipal.appRoleAssignmentRequired
      ? 'does not require assignment'
      : !servicePrincipal.tags.includes(INTEGRATED_TAG)
        ? 'is not tagged as integrated'
        : undefined;
  if (servicePrincipal && lacks === undefined) return { directory, actual, servicePrincipal };
  throw new RollcallError(
    `${application.displayName} cannot be reviewed: it ${lacks}.`,
    'Run "rollcall run" first: it brings the application into the shape that a review takes.',
  );
};

const reviewSettingsOf = ({ settings }: Work): ReviewSettings => {
  if (settings.review) return settings.review;
  throw new RollcallError(
    `The configuration of ${settings.application.displayName} says nothing of a review.`,
    'Add "review: { reviewers: [{ user: owner@contoso.com }], durationInDays: 14 }" to it.',
  );
};

/** A plan, and what a person should know of it besides. */
export interface PlannedReview {
  readonly plan: PlanFile;
  readonly notes: readonly string[];
}

/** Plans the review that the configuration describes. A review that is still running is not joined by a second. */
export const planReview = async (work: Work): Promise<PlannedReview> => {
  const settings = reviewSettingsOf(work);
  const { directory, actual, servicePrincipal } = await registered(work);
  const roster = await newestRoster(work);
  const userIds = new Set<string>();
  for await (const page of directory.assignments(servicePrincipal.id, work.signal))
    for (const { principalId, principalType } of page)
      if (principalType === 'User') userIds.add(principalId.toLowerCase());
  if (userIds.size === 0)
    throw new RollcallError(
      `Nobody is assigned to ${work.settings.application.displayName}: there is nothing to review.`,
      'Run "rollcall run" first, or wait until the directory shows its assignments.',
    );
  const found = await findReviewers(
    directory,
    settings,
    { servicePrincipalId: servicePrincipal.id, userIds },
    work.signal,
  );
  const matching = await newestMatching(work, roster);
  const order = {
    application: work.settings.application,
    servicePrincipalId: servicePrincipal.id,
    settings,
    found,
    today: dayOf(await directoryNow(work)),
  };
  const startedToday = reviewDeciding(order);
  const own = await ownReviews(work, servicePrincipal.id);
  const running = await runningReview(work, own);
  // It was started on an earlier day, and would be the same had it been started today.
  const isSame =
    running &&
    running.review.key === reviewDeciding({ ...order, today: dayOf(Date.parse(running.review.createdAt)) }).key;
  if (running && !isSame) throw stillRuns(running);
  if (!running && own.some(({ key }) => key === startedToday.key)) throw startedAlready(startedToday);
  if (running) return { plan: await savePlanOf(work, actual, [], []), notes: [] };
  const licences = await directory.licences(work.signal);
  const seats = seatsFor({ licences, reviewed: userIds, reviewers: found.people });
  const guards = [...reviewGuards(settings, found), ...seats.guards];
  const access = { servicePrincipalId: servicePrincipal.id, people: userIds.size };
  const told = await accessTold(work, roster, matching, access);
  const draft: ReviewDraft = {
    kind: 'startReview',
    order: reviewOrder({ ...order, context: describeAccess(told), basis: describeBasis(told, roster.hash) }),
  };
  return { plan: await savePlanOf(work, actual, [draft], guards), notes: seats.notes };
};

export interface RunningReview {
  readonly review: Review;
  readonly instance: ReviewInstance;
}

const dayOf = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

/** What time it is in the directory, by whose clock reviews begin and end. */
export const directoryNow = async (work: Work): Promise<number> => {
  const directory = await work.connect();
  return work.clock.now() + ((await directory.clockSkew(work.signal)) ?? 0);
};

/** A review that goes on, and its round that can still be decided, or is to come, where the directory shows one. */
interface GoingOn {
  readonly review: Review;
  readonly instance: ReviewInstance | undefined;
}

const stillRuns = ({ review, instance }: GoingOn): NeedsPersonError => {
  const when = instance && hasBegun(instance.status) ? `, until ${day(instance.endsAt)}` : '';
  if (!review.recurs)
    return new NeedsPersonError(
      `The review "${review.displayName}" still runs${when}.`,
      'Wait for its end, or stop it with "rollcall review stop"; then start the next.',
    );
  const round = when ? `a round of it still runs${when}` : 'its next round is to come';
  return new NeedsPersonError(
    `The review "${review.displayName}" comes again, and with other settings than the configuration says: ${round}.`,
    'Stop it for good with "rollcall review stop --series"; then start the one that the configuration describes.',
  );
};

const day = (moment: string): string => moment.slice(0, 10);

const startedAlready = ({ displayName, startsOn }: Pick<ReviewOrder, 'displayName' | 'startsOn'>): NeedsPersonError =>
  new NeedsPersonError(
    `The review "${displayName}" that begins on ${startsOn} was started already, and has ended.`,
    'The same review is started once: start it on another day, or give it another name under review.name.',
  );

/**
 * The review that goes on, if one does. A series between two rounds does, and so does a review whose round is not shown yet:
 * whichever of the two the directory tells is believed.
 */
const runningReview = async (work: Work, own: readonly Review[]): Promise<GoingOn | undefined> => {
  const directory = await work.connect();
  for (const review of own) {
    const instances = await directory.reviewInstances(review.id, work.signal);
    const instance = instances.find(({ status }) => isOpen(status));
    if (instance || isOpen(review.status)) return { review, instance };
  }
  return undefined;
};

/** A round of a review, and its place among the rounds that there are. */
export interface RoundInOrder extends RunningReview {
  /** From 1, in the order in which they begin. */
  readonly number: number;
  readonly rounds: readonly ReviewInstance[];
}

/** Which round is meant: one by its number, the newest that has begun, or the newest that has ended, if one has. */
export type WhichRound = number | 'newest' | 'ended';

/** A round of the newest review. Whether one has begun is for the directory to say, whose clock it goes by. */
export const findRound = async (work: Work, which: WhichRound): Promise<RoundInOrder & { actual: ActualState }> => {
  const { actual, servicePrincipal } = await registered(work);
  for (const review of await ownReviews(work, servicePrincipal.id)) {
    const rounds = await roundsInOrder(work, review);
    const instance = typeof which === 'number' ? rounds[which - 1] : chosen(rounds, which);
    if (instance) return { review, instance, number: rounds.indexOf(instance) + 1, rounds, actual };
    if (typeof which === 'number' && rounds.length > 0) throw noSuchRound(review, which, rounds.length);
  }
  throw new RollcallError(
    `No review of ${work.settings.application.displayName} has been started with Rollcall.`,
    'Start one with "rollcall review start".',
  );
};

const chosen = (rounds: readonly ReviewInstance[], which: 'newest' | 'ended'): ReviewInstance | undefined => {
  const begun = rounds.filter(({ status }) => hasBegun(status));
  const ended = begun.filter(({ status }) => !isOpen(status));
  return (which === 'ended' ? ended.at(-1) : undefined) ?? begun.at(-1) ?? rounds[0];
};

const noSuchRound = ({ displayName }: Review, number: number, there: number): UsageError =>
  new UsageError(
    `--round: the review "${displayName}" has no round ${number}; it has ${there === 1 ? 'one' : `${there}`} so far.`,
    `Name a round from 1 to ${there}, or leave it out for the newest.`,
  );

/** The newest round of the newest review: the one that runs, or else the last that ran. */
export const newestRound = (work: Work): Promise<RoundInOrder & { actual: ActualState }> => findRound(work, 'newest');

const refused = (review: Review, what: string, remedy: string): NeedsPersonError =>
  new NeedsPersonError(`The review "${review.displayName}" ${what}.`, remedy);

const hasNotBegun = (review: Review, { startsAt }: ReviewInstance): NeedsPersonError =>
  refused(
    review,
    `has not begun: it begins on ${startsAt.slice(0, 10)}`,
    'Wait until then, or stop it with "rollcall review stop --series".',
  );

const hasEnded = (review: Review, { status }: ReviewInstance): NeedsPersonError =>
  refused(review, `has ended (${status})`, 'Look at it with "rollcall review results".');

const draftOf = <Kind extends string>(kind: Kind, { review, instance }: RunningReview) => ({
  kind,
  reviewId: review.id,
  instanceId: instance.id,
  name: review.displayName,
});

/** Plans to stop the round that runs, or the whole series: a round that has not begun cannot be stopped by itself. */
export const planStop = async (work: Work, { series = false } = {}): Promise<PlanFile> => {
  const round = await newestRound(work);
  const { review, instance, rounds, actual } = round;
  if (series || (!review.recurs && !hasBegun(instance.status))) {
    if (!isOpen(review.status) && !rounds.some(({ status }) => isOpen(status))) throw hasEnded(review, instance);
    return savePlanOf(work, actual, [{ kind: 'stopSeries', reviewId: review.id, name: review.displayName }], []);
  }
  if (!hasBegun(instance.status)) throw hasNotBegun(review, instance);
  if (!isOpen(instance.status)) throw hasEnded(review, instance);
  return savePlanOf(work, actual, [draftOf('stopReview', round)], []);
};

/** Plans to remind the reviewers of the round that runs. */
export const planReminder = async (work: Work): Promise<PlanFile> => {
  const round = await newestRound(work);
  const { review, instance, actual } = round;
  if (!hasBegun(instance.status)) throw hasNotBegun(review, instance);
  if (!isOpen(instance.status)) throw hasEnded(review, instance);
  if (isBeingPrepared(instance.status))
    throw refused(
      review,
      `has begun, and the directory still looks up who reviews whom (${instance.status})`,
      'Try again in a few minutes: reviewers have been told nothing yet.',
    );
  return savePlanOf(work, actual, [draftOf('remindReviewers', round)], []);
};

/** Plans to remove what was refused in a round that has ended: in the newest of them, unless one is named. */
export const planApplying = async (work: Work, which: number | undefined): Promise<PlanFile> => {
  const round = await findRound(work, which ?? 'ended');
  const { review, instance, actual } = round;
  if (!hasBegun(instance.status)) throw hasNotBegun(review, instance);
  if (isOpen(instance.status))
    throw refused(
      review,
      `still runs, until ${instance.endsAt.slice(0, 10)}`,
      'Decisions are applied after the end: wait for it, or stop it.',
    );
  if (isClosing(instance.status))
    throw refused(
      review,
      `has ended, and the directory still closes it (${instance.status})`,
      'Try again in a few minutes: what comes of it is not all there yet.',
    );
  if (isApplied(instance.status)) return savePlanOf(work, actual, [], []);
  const tally = { refused: 0, byDefault: 0 };
  for await (const { decision, reviewedBy } of decisionsOf(work, review.id, instance.id)) {
    if (decision !== 'Deny') continue;
    tally.refused += 1;
    if (reviewedBy === null) tally.byDefault += 1;
  }
  return savePlanOf(
    work,
    actual,
    [{ ...draftOf('applyDecisions', round), refused: tally.refused }],
    applyingGuards(tally),
  );
};

/** A plan of decisions, and how many of the reviewer's own are still open once it has been carried out. */
export interface PlannedDecisions {
  readonly plan: PlanFile;
  readonly mine: number;
  readonly open: number;
}

/**
 * Plans what a signed-in reviewer has written into a file. It takes no roster and no administrator's role: a reviewer sees what
 * is to be reviewed in person, and nothing else.
 *
 * Errors: RollcallError for an application, and where this person has nothing to decide now; ConfigError with every line that
 * cannot be carried out.
 */
export const planDecisions = async (work: Work, file: DecisionsFile): Promise<PlannedDecisions> => {
  const { settings, signal } = work;
  const directory = await work.connect();
  const session = await directory.session(signal);
  if (session.kind === 'app') throw noPerson(session);
  const found = await readApplication(directory, settings.application, signal);
  const { servicePrincipal } = found;
  const round = servicePrincipal && (await roundToDecide(work, servicePrincipal.id));
  if (!round) throw nothingToDecide(work, session);
  const { review, instance, stageId } = round;
  const decisions: ReviewDecision[] = [];
  for await (const page of directory.decisionsToDecide(review.id, instance.id, stageId, signal))
    decisions.push(...page);
  const { justificationRequired } = review;
  const chosen = chooseDecisions(file, { decisions, justificationRequired });
  const drafts = chosen.map(({ of, decision, justification }): ReviewDraft => {
    const { id: decisionId, principal } = of;
    const principalName = principal.userPrincipalName ?? principal.id;
    const place = { reviewId: review.id, instanceId: instance.id, decisionId };
    return { kind: 'decide', ...place, principalName, decision, justification };
  });
  const actual = { ...found, assignmentCount: 0, assignmentDigest: NO_ROSTER };
  const plan = await saveDrafts(work, actual, { hash: NO_ROSTER }, { digest: NO_ROSTER }, drafts, []);
  const closed = new Set(chosen.map(({ of }) => of.id));
  const open = decisions.filter(({ id, decision }) => decision === 'NotReviewed' && !closed.has(id));
  return { plan, mine: decisions.length, open: open.length };
};

/** A round that the signed-in person can decide in, and its stage that runs, where it has stages. */
interface RoundToDecide extends RunningReview {
  readonly stageId: string | null;
}

/** The newest of them that is about the application. What an earlier stage has closed cannot be decided any more. */
const roundToDecide = async (work: Work, servicePrincipalId: string): Promise<RoundToDecide | undefined> => {
  const directory = await work.connect();
  const own: Review[] = [];
  for await (const page of directory.reviewsToDecide(work.signal))
    own.push(...page.filter((one) => one.servicePrincipalId === servicePrincipalId.toLowerCase()));
  for (const review of own.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))) {
    const instances = await directory.instancesToDecide(review.id, work.signal);
    const instance = instances.find(({ status }) => isRunning(status));
    if (!instance) continue;
    if (review.stageCount === 1) return { review, instance, stageId: null };
    const stages = await directory.stagesToDecide(review.id, instance.id, work.signal);
    const stage = stages.find(({ status }) => isRunning(status));
    if (stage) return { review, instance, stageId: stage.id };
  }
  return undefined;
};

const noPerson = ({ name }: Session): RollcallError =>
  new RollcallError(
    `Only a reviewer in person decides, and ${name} is an application.`,
    'Sign in as the reviewer, with "signIn: deviceCode" or "signIn: browser" under directory; nothing was decided.',
  );

const nothingToDecide = ({ settings }: Work, { name }: Session): RollcallError =>
  new RollcallError(
    `There is nothing that ${name} is to decide about ${settings.application.displayName} now.`,
    'Look whether the review runs and names you as a reviewer, or sign in as somebody else.',
  );

/** The decisions of a round as they stand, or those of one of its stages. */
export async function* decisionsOf(
  work: Work,
  reviewId: string,
  instanceId: string,
  stageId: string | null = null,
): AsyncGenerator<ReviewDecision> {
  const directory = await work.connect();
  for await (const page of directory.reviewDecisions(reviewId, instanceId, stageId, work.signal)) yield* page;
}

/** The steps of a plan about a review, as applying takes them: each is looked for before it is sent. */
export async function* reviewSteps(plan: PlanFile): AsyncGenerator<PlanStep> {
  for await (const record of plan.records()) if ('action' in record) yield { action: record.action, isNeeded: true };
}
