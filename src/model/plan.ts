// A plan is plain data: what would change, resting on what. It is saved, read by people, then applied.
import type { DecisionKind } from './decision.ts';
import type { AppRole } from './directory.ts';
import type { ReviewOrder } from './review.ts';

/** Marks an enterprise application, so that it is listed as one and can be reviewed. */
export const INTEGRATED_TAG = 'WindowsAzureActiveDirectoryIntegratedApp';

/** Who an assignment is for: a user who exists, or the one that an earlier action makes. */
export type PrincipalRef = { readonly user: string } | { readonly createdBy: number };

interface ActionBase {
  /** The action's place in the plan, from 1. Actions refer to earlier ones by it. */
  readonly n: number;
}

/** Steps about a review, which a plan of its own holds. Names are for people. */
export type ReviewAction = ActionBase &
  (
    | { readonly kind: 'startReview'; readonly order: ReviewOrder }
    | {
        readonly kind: 'stopReview' | 'remindReviewers';
        readonly reviewId: string;
        readonly instanceId: string;
        readonly name: string;
      }
    | { readonly kind: 'stopSeries'; readonly reviewId: string; readonly name: string }
    | {
        readonly kind: 'applyDecisions';
        readonly reviewId: string;
        readonly instanceId: string;
        readonly name: string;
        /** How many people's access was refused. */
        readonly refused: number;
      }
    | {
        readonly kind: 'decide';
        readonly reviewId: string;
        readonly instanceId: string;
        readonly decisionId: string;
        readonly principalName: string;
        readonly decision: DecisionKind;
        readonly justification: string;
      }
  );

export const REVIEW_ACTION_KINDS = [
  'startReview',
  'stopReview',
  'stopSeries',
  'remindReviewers',
  'applyDecisions',
  'decide',
] as const satisfies readonly ReviewAction['kind'][];

export const isReviewAction = (action: Action): action is ReviewAction =>
  (REVIEW_ACTION_KINDS as readonly string[]).includes(action.kind);

export type Action = AccessAction | ReviewAction;

/** Steps that make the directory say what the roster says. */
export type AccessAction = ActionBase &
  (
    | {
        readonly kind: 'createApplication';
        readonly uniqueName: string;
        readonly displayName: string;
        readonly tags: readonly string[];
      }
    | { readonly kind: 'createServicePrincipal'; readonly displayName: string }
    | { readonly kind: 'addAppRoles'; readonly roles: readonly AppRole[] }
    | { readonly kind: 'addTags'; readonly tags: readonly string[] }
    | { readonly kind: 'requireAssignment' }
    | {
        readonly kind: 'createUser';
        readonly row: number;
        readonly properties: Readonly<Record<string, string | boolean | readonly string[]>>;
      }
    | {
        readonly kind: 'assign';
        readonly row: number;
        readonly principal: PrincipalRef;
        /** For people: the user principal name. */
        readonly principalName: string;
        readonly roleId: string;
        readonly roleName: string;
      }
    | {
        readonly kind: 'unassign';
        readonly assignmentId: string;
        readonly principalId: string;
        /** For people: the display name. */
        readonly principalName: string;
        readonly roleId: string;
        readonly roleName: string;
      }
  );

export type ActionKind = Action['kind'];

export const ACTION_KINDS: readonly ActionKind[] = [
  'createApplication',
  'createServicePrincipal',
  'addAppRoles',
  'addTags',
  'requireAssignment',
  'createUser',
  'assign',
  'unassign',
  ...REVIEW_ACTION_KINDS,
];

/** An account that the plan cannot act on, and why: `missingAttribute`, `invalidAttribute`, `unknownRole`, … */
export interface PlanProblem {
  readonly row: number;
  readonly code: string;
  readonly message: string;
}

/** The application as the directory had it when the plan was made. Ids are null where it is not there yet. */
export interface PlannedApplication {
  readonly displayName: string;
  readonly uniqueName: string;
  readonly applicationId: string | null;
  readonly appId: string | null;
  readonly servicePrincipalId: string | null;
}

/** What a plan rests on in the directory, part by part, so that a difference can be named. */
export interface DirectoryState {
  /** SHA-256 over the three parts below. */
  readonly hash: string;
  /** Digest of the application, its roles, tags and switches; `none` where it is not registered. */
  readonly application: string;
  /** Digest of all assignments, whatever their order, and how many there are. */
  readonly assignments: string;
  readonly assignmentCount: number;
  /** Digest of the outcomes: who was found, and who can sign in. */
  readonly outcomes: string;
}

/** In place of a roster's hash, or of outcomes: what a reviewer decides rests on neither, and a reviewer may have none. */
export const NO_ROSTER = 'none';

/** The first record of a plan file. Hashes are `sha256:` and 64 hexadecimal digits. */
export interface PlanHeader {
  readonly rollcallPlan: 1;
  /** Whether it takes away assignments whose account is gone; absent: it does not. */
  readonly unassign?: true;
  /** What it is about: who has access, or a review of it. */
  readonly about: 'access' | 'review';
  readonly application: PlannedApplication;
  readonly createdAt: string;
  /** What the plan rests on. It is refused when one of them has changed. */
  readonly roster: string;
  readonly configuration: string;
  readonly directory: DirectoryState;
  readonly tenantId: string;
}

/** What stands between a plan's first and last record, in order: what it does, and what it cannot do. */
export type PlanRecord = { readonly action: Action } | { readonly problem: PlanProblem };

export interface PlanEstimate {
  readonly requests: number;
  readonly writes: number;
  /** At the directory's published limit of writes. */
  readonly minutes: number;
}

export type PlanCounts = Readonly<Record<ActionKind, number>>;

/** Counts by kind of action, all of them zero, to be counted up. */
export const noneOfEachKind = (): Record<ActionKind, number> =>
  Object.fromEntries(ACTION_KINDS.map((kind) => [kind, 0])) as Record<ActionKind, number>;

/** A guard that stops the plan until a person allows it by name. */
export interface GuardStop {
  readonly guard: string;
  readonly message: string;
}

/** The last record of a plan file. `hash` covers every byte of the file but its own. */
export interface PlanFooter {
  readonly actions: number;
  readonly counts: PlanCounts;
  /** How many accounts the plan cannot act on, by code. */
  readonly problems: Readonly<Record<string, number>>;
  /** How many accounts without a user get one by this plan: their first rows, and those of their further roles. */
  readonly newUserRows: number;
  readonly guards: readonly GuardStop[];
  readonly estimate: PlanEstimate;
  readonly hash: string;
}

/** An action on its way to be carried out; not needed where the directory has it already. */
export interface PlanStep {
  readonly action: Action;
  readonly isNeeded: boolean;
}

/** What became of one action. `alreadySo`: the directory had it; `notTried`: something it needs was not done. */
export type ActionStatus = 'done' | 'alreadySo' | 'refused' | 'notTried';

export interface ActionResult {
  readonly n: number;
  readonly status: ActionStatus;
  /** The object made or found, where there is one. */
  readonly id?: string;
  readonly reason?: string;
  /** The directory's answer, where there was one: its HTTP status, and what Microsoft's support asks for. */
  readonly httpStatus?: number;
  readonly requestId?: string;
}
