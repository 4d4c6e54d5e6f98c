// The rounds of an application's reviews, and the roster that each of them was about.
import type { Roster } from '../model/account.ts';
import type { PlanFooter, PlanHeader } from '../model/plan.ts';
import { hasBegun, isOpen, type Review, type ReviewInstance, type ReviewReader } from '../model/review.ts';
import type { PlanFile } from '../plan/file.ts';
import type { Work } from '../work.ts';

/** Of the work, what reading reviews takes. */
interface Reading extends Pick<Work, 'signal'> {
  connect(): Promise<ReviewReader>;
}

/** The application's reviews that Rollcall started, the newest first. */
export const ownReviews = async (work: Reading, servicePrincipalId: string): Promise<readonly Review[]> => {
  const directory = await work.connect();
  const found: Review[] = [];
  for await (const page of directory.reviews(work.signal))
    found.push(
      ...page.filter((one) => one.key !== null && one.servicePrincipalId === servicePrincipalId.toLowerCase()),
    );
  return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
};

/** One time that the access was, is or will be reviewed. */
export interface Round {
  readonly review: Review;
  readonly instance: ReviewInstance;
  /** Of the rounds of its review. */
  readonly isFirst: boolean;
}

export interface Rounds {
  /** The one that runs, or else the next to come. */
  readonly current: Round | undefined;
  /** Those that have ended, the newest first. */
  readonly earlier: readonly Round[];
}

/** The rounds of a review in the order in which they begin. */
export const roundsInOrder = async (work: Reading, review: Review): Promise<readonly ReviewInstance[]> => {
  const directory = await work.connect();
  return [...(await directory.reviewInstances(review.id, work.signal))].sort(byStart);
};

/** The rounds of an application, of the earlier ones so many at most. */
export const roundsOf = async (work: Reading, servicePrincipalId: string, most: number): Promise<Rounds> => {
  const open: Round[] = [];
  const ended: Round[] = [];
  for (const review of await ownReviews(work, servicePrincipalId)) {
    for (const [index, instance] of (await roundsInOrder(work, review)).entries())
      (isOpen(instance.status) ? open : ended).push({ review, instance, isFirst: index === 0 });
    if (ended.length >= most) break;
  }
  const byTime = (a: Round, b: Round) => byStart(a.instance, b.instance);
  open.sort(byTime);
  return {
    current: open.find(({ instance }) => hasBegun(instance.status)) ?? open[0],
    earlier: ended.sort(byTime).reverse().slice(0, most),
  };
};

/** In the order in which they begin: rounds, or the stages of one. */
export const byStart = (a: ReviewInstance, b: ReviewInstance): number =>
  Date.parse(a.startsAt) - Date.parse(b.startsAt);

/** Under what name the roster is kept that a review was started on. */
const summaryOf = (reviewKey: string): string => `review ${reviewKey}`;

/** Of a saved plan, what it is about. */
interface Saved extends Pick<PlanFile, 'records'> {
  readonly header: Pick<PlanHeader, 'roster'>;
  readonly footer: Pick<PlanFooter, 'counts'>;
}

/** Keeps which roster a plan's reviews are about, for what the next review compares with. */
export const rememberReviewed = async (
  { store, settings }: Pick<Work, 'store' | 'settings'>,
  plan: Saved,
): Promise<void> => {
  if (plan.footer.counts.startReview === 0) return;
  for await (const record of plan.records()) {
    if (!('action' in record) || record.action.kind !== 'startReview') continue;
    const { key } = record.action.order;
    await store.saveSummary(settings.application.uniqueName, summaryOf(key), { roster: plan.header.roster });
  }
};

/**
 * The roster that a round was about: the one that its review was started on; for later rounds, and where that was not kept,
 * the newest that had been collected by its beginning. Undefined where it is not kept any more.
 */
export const rosterOfRound = async (
  { store, settings }: Pick<Work, 'store' | 'settings'>,
  { review, instance, isFirst }: Round,
): Promise<Roster | undefined> => {
  const { uniqueName } = settings.application;
  const kept =
    isFirst && review.key !== null
      ? await store.summary<{ readonly roster: string }>(uniqueName, summaryOf(review.key))
      : undefined;
  const roster = kept && (await store.roster(uniqueName, kept.roster));
  return roster ?? store.rosterBy(uniqueName, instance.startsAt);
};
