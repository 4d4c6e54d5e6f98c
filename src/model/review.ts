// A review: who looks at the access that an application's users have, for how long, and what they decide.
import type { ApplyResult, DecisionKind } from './decision.ts';

/** Somebody who reviews. Managers are looked up by the directory for each person under review. */
export type Reviewer =
  | { readonly kind: 'user'; readonly id: string; readonly name: string }
  | { readonly kind: 'group'; readonly id: string; readonly name: string }
  | { readonly kind: 'manager' };

export const RECURRENCES = ['once', 'weekly', 'monthly', 'quarterly', 'halfYearly', 'yearly'] as const;

export type Recurrence = (typeof RECURRENCES)[number];

/** What becomes of an access that nobody has decided about. */
export type DefaultDecision = 'none' | 'approve' | 'deny' | 'recommendation';

export interface ReviewStage {
  readonly reviewers: readonly Reviewer[];
  readonly fallback: readonly Reviewer[];
  readonly durationInDays: number;
  /** The decisions of this stage that the next one looks at again. */
  readonly movesOn: readonly (Exclude<DecisionKind, 'DontKnow'> | 'Recommendation')[];
}

/** A review as it is to be started: what an administrator reads in the plan, and all that the directory is told. */
export interface ReviewOrder {
  /** Made of application, day and settings: the same order is placed once. 32 hexadecimal digits. */
  readonly key: string;
  readonly displayName: string;
  readonly forAdministrators: string;
  readonly forReviewers: string;
  readonly servicePrincipalId: string;
  /** One to three, one after another. */
  readonly stages: readonly ReviewStage[];
  readonly recurrence: Recurrence;
  /** `2026-12-01`. */
  readonly startsOn: string;
  readonly ends: { readonly on: string } | { readonly after: number } | null;
  readonly justificationRequired: boolean;
  readonly notifies: boolean;
  readonly reminds: boolean;
  readonly recommends: boolean;
  readonly default: DefaultDecision;
  readonly autoApply: boolean;
}

/** A review as the directory has it. Status words are in lower case: the directory's own vary. */
export interface Review {
  readonly id: string;
  readonly displayName: string;
  readonly status: string;
  readonly createdAt: string;
  /** The service principal whose assignments it reviews; null for reviews of something else. */
  readonly servicePrincipalId: string | null;
  /** Of a review that Rollcall started. */
  readonly key: string | null;
  readonly autoApply: boolean;
  readonly stageCount: number;
  /** Whether it comes again: it has more than one round. */
  readonly recurs: boolean;
  /** Whether an approval needs a reason. */
  readonly justificationRequired: boolean;
}

/** One round of a review, or a stage of one. Times are ISO 8601, UTC. */
export interface ReviewInstance {
  readonly id: string;
  readonly status: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface PersonRef {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string | null;
}

/** What was decided about one person's access. */
export interface ReviewDecision {
  readonly id: string;
  readonly instanceId: string;
  readonly decision: DecisionKind;
  readonly recommendation: string;
  readonly justification: string;
  readonly principal: PersonRef;
  /** Null while nobody has decided. */
  readonly reviewedBy: PersonRef | null;
  readonly reviewedAt: string | null;
  readonly appliedAt: string | null;
  readonly applyResult: ApplyResult;
}

export interface ContactedReviewer {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
}

/** Statuses of an instance whose reviewers can still decide. */
const OPEN = new Set(['notstarted', 'initializing', 'starting', 'inprogress']);

/** Whether decisions can still come: compared without case, as the directory's documents advise. */
export const isOpen = (status: string): boolean => OPEN.has(status.toLowerCase());

/** Whether a round has begun. */
export const hasBegun = (status: string): boolean => status.toLowerCase() !== 'notstarted';

/** Whether reviewers can decide now. */
export const isRunning = (status: string): boolean => status.toLowerCase() === 'inprogress';

/** Whether the directory still looks up who is reviewed, and by whom: nobody can decide yet. */
export const isBeingPrepared = (status: string): boolean => ['initializing', 'starting'].includes(status.toLowerCase());

/** Statuses in which the directory fills in what nobody has decided. */
const CLOSING = new Set(['completing', 'autoreviewing']);

/** Whether a round has ended, and what comes of it is not all there yet. */
export const isClosing = (status: string): boolean => CLOSING.has(status.toLowerCase());

/** Whether what was refused is being removed, or has been. */
export const isApplied = (status: string): boolean => ['applying', 'applied'].includes(status.toLowerCase());

/** Reading reviews. All methods throw {@link DirectoryError}. */
export interface ReviewReader {
  /** All reviews of the tenant, a page at a time. */
  reviews(signal?: AbortSignal): AsyncIterable<readonly Review[]>;
  reviewInstances(reviewId: string, signal?: AbortSignal): Promise<readonly ReviewInstance[]>;
  reviewStages(reviewId: string, instanceId: string, signal?: AbortSignal): Promise<readonly ReviewInstance[]>;
  /** The decisions of an instance, or of one of its stages, a page at a time. */
  reviewDecisions(
    reviewId: string,
    instanceId: string,
    stageId: string | null,
    signal?: AbortSignal,
  ): AsyncIterable<readonly ReviewDecision[]>;
  contactedReviewers(reviewId: string, instanceId: string, signal?: AbortSignal): Promise<readonly ContactedReviewer[]>;
  /** What the signed-in person is to decide: reviews, their instances and stages, decisions. Takes no role; an application is refused. */
  reviewsToDecide(signal?: AbortSignal): AsyncIterable<readonly Review[]>;
  instancesToDecide(reviewId: string, signal?: AbortSignal): Promise<readonly ReviewInstance[]>;
  stagesToDecide(reviewId: string, instanceId: string, signal?: AbortSignal): Promise<readonly ReviewInstance[]>;
  decisionsToDecide(
    reviewId: string,
    instanceId: string,
    stageId: string | null,
    signal?: AbortSignal,
  ): AsyncIterable<readonly ReviewDecision[]>;
}
