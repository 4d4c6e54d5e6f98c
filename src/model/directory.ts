// What the stages need from a directory. They know these shapes; how they travel is graph/'s business.

import type { DecisionKind } from './decision.ts';
import type { DirectoryFailure } from './errors.ts';
import type { ReviewOrder, ReviewReader } from './review.ts';

/** A user with the attributes that were asked for. An attribute without a value is absent or null. */
export interface DirectoryUser {
  readonly id: string;
  readonly [attribute: string]: unknown;
}

export type Operator = 'equals' | 'startsWith' | 'any';

/**
 * One question about users. Of `values`, at most {@link DirectoryLimits.valuesPerLookup} are answered at once: every
 * user comes back whose attribute equals, starts with, or (any) contains one of them. `filter` is a whole filter
 * expression of the administrator's, its values already escaped.
 */
export type UserLookup =
  | { readonly attribute: string; readonly operator: Operator; readonly values: readonly string[] }
  | { readonly filter: string };

/** The answer to the lookup at `index`: the users, all pages of them, or why there is none. */
export type LookupAnswer =
  | { readonly index: number; readonly users: readonly DirectoryUser[] }
  | { readonly index: number; readonly failure: DirectoryFailure };

/** What requests may carry and cost, for the choice between strategies. The limits themselves are graph/'s to keep. */
export interface DirectoryLimits {
  readonly valuesPerLookup: number;
  readonly lookupsPerRequest: number;
  readonly usersPerPage: number;
  /** Requests that may be under way together. */
  readonly requestsAtOnce: number;
  /** Resource units that the smallest tenant is allowed in a second, over time. */
  readonly resourceUnitsPerSecond: number;
}

/** What has been spent on the directory since the connection was made. */
export interface DirectoryUsage {
  /** HTTP requests sent, retries included. */
  readonly requests: number;
  readonly resourceUnits: number;
  /** Changes sent: each POST, PATCH, PUT or DELETE, inside batches too. */
  readonly writes: number;
  /** Requests or batch items that were told to wait. */
  readonly throttled: number;
}

export interface AppRole {
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  /** Null where the role has no value. */
  readonly value: string | null;
  readonly isEnabled: boolean;
  readonly allowedMemberTypes: readonly string[];
}

/** An application object. `appId` is shared with its service principal; `uniqueName` is the key it was registered by. */
export interface Application {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly uniqueName: string | null;
  readonly appRoles: readonly AppRole[];
  readonly tags: readonly string[];
}

export interface ServicePrincipal {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly appRoles: readonly AppRole[];
  readonly tags: readonly string[];
  readonly appRoleAssignmentRequired: boolean;
}

export interface Assignment {
  readonly id: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly principalDisplayName: string;
  readonly appRoleId: string;
}

export interface TenantInfo {
  readonly tenantId: string;
  readonly displayName: string;
  readonly verifiedDomains: readonly string[];
  /** Those of them that are the organization's own, and not the one that every tenant begins with. */
  readonly ownDomains: readonly string[];
}

/** A licence that the tenant has subscribed to, in force or ended. */
export interface Licence {
  /** Its part number: `Microsoft_Entra_Suite`. */
  readonly name: string;
  /** `Enabled`; `Warning`, ended but in force for a while yet; `Suspended`, `Deleted` or `LockedOut`. */
  readonly status: string;
  /** How many people it may be assigned to now: what is paid for, and what is ending. */
  readonly seats: number;
  /** Ids of its service plans, without those that are switched off or not there yet. */
  readonly servicePlans: readonly string[];
}

/** Who is signed in, and what the token allows. */
export interface Session {
  readonly kind: 'app' | 'user';
  readonly clientId: string;
  readonly tenantId: string;
  /** Application permissions of an app-only session, delegated ones of a user's. */
  readonly permissions: readonly string[];
  /** Template ids of a signed-in user's directory roles; null for an application, and where the token does not tell. */
  readonly roleIds: readonly string[] | null;
  /** For people: `service principal 1234…` or a user principal name. */
  readonly name: string;
}

/** A failed or refused event in the directory's own audit log. */
export interface AuditEvent {
  readonly id: string;
  readonly at: string;
  readonly activity: string;
  readonly result: string;
  readonly reason: string;
  readonly targetIds: readonly string[];
}

export interface DirectoryGroup {
  readonly id: string;
  readonly displayName: string;
}

/** Reading a directory. Every list is read to its end. All methods throw {@link DirectoryError}. */
export interface Directory extends ReviewReader {
  readonly limits: DirectoryLimits;
  /** Where it answers, with the version, and where people and applications sign in to it, if that is known. */
  readonly addresses: { readonly graph: string; readonly authority: string | null };
  usage(): DirectoryUsage;
  session(signal?: AbortSignal): Promise<Session>;
  tenant(signal?: AbortSignal): Promise<TenantInfo>;
  /** Null where they may not be read. */
  licences(signal?: AbortSignal): Promise<readonly Licence[] | null>;
  /** How far the directory's clock is ahead of this machine's, to the second. Milliseconds; null if it does not tell. */
  clockSkew(signal?: AbortSignal): Promise<number | null>;
  countUsers(signal?: AbortSignal): Promise<number>;
  /** Answers in any order, one for each lookup. A lookup that fails is an answer, not a throw. */
  findUsers(
    lookups: Iterable<UserLookup> | AsyncIterable<UserLookup>,
    attributes: readonly string[],
    signal?: AbortSignal,
  ): AsyncIterable<LookupAnswer>;
  /** The whole directory, a page at a time. */
  readUsers(attributes: readonly string[], signal?: AbortSignal): AsyncIterable<readonly DirectoryUser[]>;
  /** Users by id, in any order; ids that no user has are left out. */
  findUsersById(
    ids: readonly string[],
    attributes: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly DirectoryUser[]>;
  /** Groups of a display name, which is not unique, or the one of an id. */
  findGroups(nameOrId: string, signal?: AbortSignal): Promise<readonly DirectoryGroup[]>;
  /** Users in a group, and in groups within it, a page at a time. */
  groupUsers(
    groupId: string,
    attributes: readonly string[],
    signal?: AbortSignal,
  ): AsyncIterable<readonly DirectoryUser[]>;
  /** Users who own a service principal. */
  ownersOf(
    servicePrincipalId: string,
    attributes: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly DirectoryUser[]>;
  /** The managers of some users; who has none is left out. */
  managersOf(
    userIds: Iterable<string>,
    attributes: readonly string[],
    signal?: AbortSignal,
  ): AsyncIterable<readonly { readonly of: string; readonly manager: DirectoryUser }[]>;
  findApplicationByUniqueName(uniqueName: string, signal?: AbortSignal): Promise<Application | undefined>;
  findApplicationByAppId(appId: string, signal?: AbortSignal): Promise<Application | undefined>;
  /** All applications of that display name: it is not unique. */
  findApplicationsByName(displayName: string, signal?: AbortSignal): Promise<readonly Application[]>;
  findServicePrincipal(appId: string, signal?: AbortSignal): Promise<ServicePrincipal | undefined>;
  /** Everyone and everything that is assigned to the application, all roles. */
  assignments(servicePrincipalId: string, signal?: AbortSignal): AsyncIterable<readonly Assignment[]>;
  /** What some users hold of an application, in any order. Users whom the directory does not show hold nothing. */
  assignmentsOfUsers(
    servicePrincipalId: string,
    userIds: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly Assignment[]>;
  /** Audit events about an object, since a moment (ISO 8601), newest first. */
  auditEvents(targetId: string, since: string, signal?: AbortSignal): Promise<readonly AuditEvent[]>;
}

/** One change to a directory, with everything it needs. What it is called there is graph/'s business. */
export type DirectoryWrite =
  | { readonly kind: 'createUser'; readonly properties: Readonly<Record<string, unknown>>; readonly password: string }
  | {
      readonly kind: 'createApplication';
      readonly uniqueName: string;
      readonly properties: { readonly displayName: string; readonly tags: readonly string[] };
    }
  | { readonly kind: 'createServicePrincipal'; readonly appId: string }
  | { readonly kind: 'setAppRoles'; readonly applicationId: string; readonly appRoles: readonly AppRole[] }
  | { readonly kind: 'setTags'; readonly servicePrincipalId: string; readonly tags: readonly string[] }
  | { readonly kind: 'requireAssignment'; readonly servicePrincipalId: string }
  | {
      readonly kind: 'assign';
      readonly servicePrincipalId: string;
      readonly principalId: string;
      readonly appRoleId: string;
    }
  | { readonly kind: 'unassign'; readonly servicePrincipalId: string; readonly assignmentId: string }
  | { readonly kind: 'startReview'; readonly order: ReviewOrder }
  | {
      readonly kind: 'stopReview' | 'remindReviewers' | 'applyDecisions';
      readonly reviewId: string;
      readonly instanceId: string;
    }
  | { readonly kind: 'stopSeries'; readonly reviewId: string }
  | {
      readonly kind: 'decide';
      readonly reviewId: string;
      readonly instanceId: string;
      readonly decisionId: string;
      readonly decision: DecisionKind;
      readonly justification: string;
    };

/**
 * What became of a write.
 * - done: the directory says so; `id` is the new object's, where one was made.
 * - exists: the directory says that something of the same key is there already; look whether it is what was wanted.
 * - notYet: it refers to something that the directory does not show yet; worth another try after a pause.
 * - refused: the directory will not do it.
 * - unknown: no answer came; it may have been done. Look before sending it again.
 * - notSent: the signal came before it was sent; nothing was done.
 */
export type WriteResult =
  | { readonly status: 'done'; readonly id?: string; readonly requestId?: string; readonly httpStatus?: number }
  | { readonly status: 'exists' | 'notYet' | 'refused' | 'unknown' | 'notSent'; readonly failure: DirectoryFailure };

/** Writing to a directory. Only apply is handed one. */
export interface DirectoryWriter {
  /** How many writes go well together in one call of {@link write}. */
  readonly writesPerRequest: number;
  /** How many calls of {@link write} may wait together. More would make nothing quicker. */
  readonly callsAtOnce: number;
  /** Writes that an application that has been quiet may send at once, and then so many a second. Infinity: no limit. */
  readonly writesAtOnce: number;
  readonly writesPerSecond: number;
  /**
   * Sends writes together, in no promised order, and answers in the order of the writes. Waits out throttling itself.
   * The signal keeps writes from being sent; those that have been sent are waited for.
   */
  write(writes: readonly DirectoryWrite[], signal?: AbortSignal): Promise<readonly WriteResult[]>;
}
