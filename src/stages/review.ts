// Reviews, as commands run them: planned like any other change, followed, and their decisions fetched.
import { join } from 'node:path';
import type { Decision } from '../model/decision.ts';
import type { Directory, DirectoryWriter, ServicePrincipal } from '../model/directory.ts';
import { NeedsPersonError, RollcallError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import { type GuardStop, INTEGRATED_TAG, type PlanRecord, type PlanStep, type ReviewAction } from '../model/plan.ts';
import { isOpen, type PersonRef, type Review, type ReviewDecision, type ReviewInstance } from '../model/review.ts';
import type { ReviewSettings } from '../model/settings.ts';
import { type ActualState, readActual } from '../plan/actual.ts';
import { estimate } from '../plan/estimate.ts';
import { openPlan, type PlanFile, writePlan } from '../plan/file.ts';
import type { WantedDecision } from '../review/decisions.ts';
import { describeAccess, describeBasis } from '../review/describe.ts';
import { reviewGuards, reviewOrder } from '../review/order.ts';
import { findReviewers } from '../review/reviewers.ts';
import type { Work } from '../work.ts';
import { accessTold } from './access-told.ts';
import { newestRoster } from './collect.ts';
import { newestMatching } from './match.ts';
import { planBasis } from './plan.ts';
import { ownReviews } from './rounds.ts';

type WithoutNumber<A> = A extends unknown ? Omit<A, 'n'> : never;
type ReviewDraft = WithoutNumber<ReviewAction>;

/** A plan about a review, saved and recorded. Nothing is written to the directory. */
const savePlanOf = async (
  work: Work,
  actual: ActualState,
  drafts: readonly ReviewDraft[],
  guards: readonly GuardStop[],
): Promise<PlanFile> => {
  const { settings } = work;
  const directory = await work.connect();
  const roster = await newestRoster(work);
  const matching = await newestMatching(work, roster);
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

/** Plans the review that the configuration describes. A review that is still running is not joined by a second. */
export const planReview = async (work: Work): Promise<PlanFile> => {
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
  const access = { servicePrincipalId: servicePrincipal.id, people: userIds.size };
  const told = await accessTold(work, roster, await newestMatching(work, roster), access);
  const order = reviewOrder({
    application: work.settings.application,
    servicePrincipalId: servicePrincipal.id,
    settings,
    found,
    today: new Date(work.clock.now()).toISOString().slice(0, 10),
    context: describeAccess(told),
    basis: describeBasis(told, roster.hash),
  });
  const running = await runningReview(work, servicePrincipal.id);
  if (running && running.review.key !== order.key)
    throw new NeedsPersonError(
      `The review "${running.review.displayName}" still runs, until ${running.instance.endsAt.slice(0, 10)}.`,
      'Wait for its end, or stop it with "rollcall review stop"; then start the next.',
    );
  return savePlanOf(work, actual, running ? [] : [{ kind: 'startReview', order }], reviewGuards(settings, found));
};

export interface RunningReview {
  readonly review: Review;
  readonly instance: ReviewInstance;
}

/** The review whose reviewers can still decide, if there is one. */
const runningReview = async (work: Work, servicePrincipalId: string): Promise<RunningReview | undefined> => {
  const directory = await work.connect();
  for (const review of await ownReviews(work, servicePrincipalId)) {
    const instances = await directory.reviewInstances(review.id, work.signal);
    const instance = instances.find(({ status }) => isOpen(status));
    if (instance) return { review, instance };
  }
  return undefined;
};

/** The newest round of the newest review: the one that runs, or else the last that ran. */
const newestRound = async (work: Work): Promise<RunningReview & { actual: ActualState }> => {
  const { directory, actual, servicePrincipal } = await registered(work);
  for (const review of await ownReviews(work, servicePrincipal.id)) {
    const instances = [...(await directory.reviewInstances(review.id, work.signal))];
    const begun = instances.filter(({ startsAt }) => Date.parse(startsAt) <= work.clock.now());
    const newest = (begun.length > 0 ? begun : instances).sort((a, b) => (a.startsAt < b.startsAt ? 1 : -1))[0];
    if (newest) return { review, instance: newest, actual };
  }
  throw new RollcallError(
    `No review of ${work.settings.application.displayName} has been started with Rollcall.`,
    'Start one with "rollcall review start".',
  );
};

/** Plans to stop the round that runs, to remind its reviewers, or to apply what was decided. */
export const planRoundAction = async (
  work: Work,
  kind: 'stopReview' | 'remindReviewers' | 'applyDecisions',
): Promise<PlanFile> => {
  const { review, instance, actual } = await newestRound(work);
  const open = isOpen(instance.status);
  if (kind === 'applyDecisions' ? open : !open) {
    const until = instance.endsAt.slice(0, 10);
    throw new NeedsPersonError(
      `The review "${review.displayName}" ${open ? `still runs, until ${until}` : `has ended (${instance.status})`}.`,
      open
        ? 'Decisions are applied after the end: wait for it, or stop it.'
        : 'Look at it with "rollcall review results".',
    );
  }
  const draft = { kind, reviewId: review.id, instanceId: instance.id, name: review.displayName };
  return savePlanOf(work, actual, [draft], []);
};

/** Plans what a signed-in reviewer has written into a file. Every line must be about somebody under review. */
export const planDecisions = async (work: Work, wanted: readonly WantedDecision[]): Promise<PlanFile> => {
  const { review, instance, actual } = await newestRound(work);
  const byName = new Map<string, ReviewDecision>();
  for await (const one of decisionsOf(work, review.id, instance.id)) {
    byName.set(one.principal.id.toLowerCase(), one);
    if (one.principal.userPrincipalName) byName.set(fold(one.principal.userPrincipalName), one);
  }
  const unknown = wanted.filter(({ person }) => !byName.has(fold(person)));
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 10).map(({ person, place }) => `  ${place}: ${person}`);
    throw new RollcallError(
      `${unknown.length} of ${wanted.length} lines are about people who are not under review:\n${shown.join('\n')}`,
      'Correct or remove these lines; nothing was decided.',
    );
  }
  const drafts = wanted.flatMap(({ person, decision, justification }): ReviewDraft[] => {
    const there = byName.get(fold(person))!;
    if (there.decision === decision && there.justification === justification) return [];
    const { id: decisionId, principal } = there;
    const principalName = principal.userPrincipalName ?? principal.id;
    const place = { reviewId: review.id, instanceId: instance.id, decisionId };
    return [{ kind: 'decide', ...place, principalName, decision, justification }];
  });
  return savePlanOf(work, actual, drafts, []);
};

async function* decisionsOf(work: Work, reviewId: string, instanceId: string): AsyncGenerator<ReviewDecision> {
  const directory = await work.connect();
  for await (const page of directory.reviewDecisions(reviewId, instanceId, null, work.signal)) yield* page;
}

/** The steps of a plan about a review, as applying takes them: each is looked for before it is sent. */
export async function* reviewSteps(plan: PlanFile): AsyncGenerator<PlanStep> {
  for await (const record of plan.records()) if ('action' in record) yield { action: record.action, isNeeded: true };
}

export interface ReviewerProgress {
  readonly reviewer: string;
  readonly decided: number;
}

export interface ReviewStatus {
  readonly review: Review;
  readonly instance: ReviewInstance;
  readonly stages: readonly ReviewInstance[];
  readonly isOpen: boolean;
  /** Whole days until the end, 0 on the last; null where it has ended. */
  readonly daysLeft: number | null;
  readonly people: number;
  readonly decided: number;
  readonly byDecision: Readonly<Record<string, number>>;
  readonly byReviewer: readonly ReviewerProgress[];
  /** Reviewers who were written to and have decided nothing yet. */
  readonly notBegun: readonly string[];
}

const DAY_MS = 24 * 3_600_000;

/** How far the newest round is. */
export const reviewStatus = async (work: Work): Promise<ReviewStatus> => {
  const directory = await work.connect();
  const { review, instance } = await newestRound(work);
  const stages =
    review.stageCount > 1 ? await directory.reviewStages(review.id, instance.id, work.signal) : ([] as const);
  const byDecision: Record<string, number> = {};
  const byReviewer = new Map<string, { readonly person: PersonRef; decided: number }>();
  let people = 0;
  let decided = 0;
  for await (const { decision, reviewedBy } of decisionsOf(work, review.id, instance.id)) {
    people += 1;
    byDecision[decision] = (byDecision[decision] ?? 0) + 1;
    if (decision === 'NotReviewed') continue;
    decided += 1;
    if (!reviewedBy) continue;
    const known = byReviewer.get(reviewedBy.id) ?? { person: reviewedBy, decided: 0 };
    known.decided += 1;
    byReviewer.set(reviewedBy.id, known);
  }
  const contacted = await directory.contactedReviewers(review.id, instance.id, work.signal);
  const open = isOpen(instance.status);
  return {
    review,
    instance,
    stages,
    isOpen: open,
    daysLeft: open ? Math.max(0, Math.floor((Date.parse(instance.endsAt) - work.clock.now()) / DAY_MS)) : null,
    people,
    decided,
    byDecision,
    byReviewer: [...byReviewer.values()]
      .map(({ person, decided: count }) => ({ reviewer: nameOf(person), decided: count }))
      .sort((a, b) => b.decided - a.decided),
    notBegun: contacted.filter(({ id }) => !byReviewer.has(id)).map((one) => one.userPrincipalName || one.displayName),
  };
};

export const nameOf = ({ userPrincipalName, displayName, id }: PersonRef): string =>
  userPrincipalName ?? (displayName || id);

export interface ReviewResults extends Pick<ReviewStatus, 'review' | 'instance' | 'isOpen'> {
  readonly decisions: readonly ReviewDecision[];
}

/** Every decision of the newest round. Once it has ended, they are recorded as evidence. */
export const reviewResults = async (work: Work): Promise<ReviewResults> => {
  const { review, instance } = await newestRound(work);
  const decisions: ReviewDecision[] = [];
  for await (const decision of decisionsOf(work, review.id, instance.id)) decisions.push(decision);
  const open = isOpen(instance.status);
  if (!open) record(work, review, instance, decisions);
  return { review, instance, isOpen: open, decisions };
};

/** So many decisions stand in one record. */
const TOGETHER = 200;

const record = (work: Work, review: Review, instance: ReviewInstance, decisions: readonly ReviewDecision[]): void => {
  const about = { review: review.id, name: review.displayName, instance: instance.id, status: instance.status };
  work.evidence.append({ kind: 'reviewEnded', data: { ...about, decisions: decisions.length } });
  for (let from = 0; from < decisions.length; from += TOGETHER)
    work.evidence.append({ kind: 'decisions', data: { ...about, decisions: decisions.slice(from, from + TOGETHER) } });
};

/** Decisions as what follows them up takes them. A default that decided has no reviewer. */
export const asDecisions = ({ review, instance, decisions }: ReviewResults, now: number): readonly Decision[] => {
  // Whatever the directory's clock says: what has been read by now was decided by now.
  const by = (moment: string) => new Date(Math.min(Date.parse(moment), now)).toISOString();
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
