// What a reviewer can be told of the people under review: all of it saved, or read from the directory. Times are ISO 8601, UTC.
import type { AccountFacts } from './account-facts.ts';
import type { DecisionKind } from './decision.ts';
import type { Removal } from './removal.ts';

/** One account of a person, or one role of it, as the newest roster has it. */
export interface ReviewedAccount {
  /** What the application knows it by. */
  readonly key: string;
  /** Null where the application tells no roles. */
  readonly role: string | null;
  readonly facts: AccountFacts;
  /** Against the roster of the last review; null where there is none to compare with. */
  readonly since: 'unchanged' | 'new' | 'renamed' | 'roleGained' | null;
  /** What it was known by then, of one that was renamed. */
  readonly was: string | null;
  /** What must go of it by an earlier decision, or was let stay. */
  readonly removals: readonly Removal[];
}

/** What an earlier review decided about a person. */
export interface PastDecision {
  readonly review: string;
  readonly decision: DecisionKind;
  /** A user principal name; null where nobody decided, and the default of the review did if anything. */
  readonly by: string | null;
  readonly at: string;
  readonly justification: string;
}

/** Of the people in a department, or with a manager, how many hold a role. */
export interface Peers {
  readonly kind: 'department' | 'manager';
  /** The department's name; the manager's. */
  readonly name: string;
  readonly holders: number;
  /** Of a department all who can sign in or have access; of a manager those under review. */
  readonly people: number;
}

export interface HeldRole {
  readonly name: string;
  /** Null where they are not known. */
  readonly peers: Peers | null;
}

/** A person under review. */
export interface ReviewedPerson {
  readonly id: string;
  readonly displayName: string;
  /** Null where the directory does not tell. */
  readonly userPrincipalName: string | null;
  /** Whether the user can sign in; null where the directory does not tell. */
  readonly isEnabled: boolean | null;
  /** The roles that are under review, by name. */
  readonly roles: readonly HeldRole[];
  readonly accounts: readonly ReviewedAccount[];
  /** Whether the newest roster has an account of the person; null where some accounts could not be told. */
  readonly hasAccount: boolean | null;
  /** Roles that the account had when it was reviewed last, and has no more. */
  readonly rolesLost: readonly string[];
  /** The newest first. */
  readonly decisions: readonly PastDecision[];
}

/** Somebody who reviews a part of the people alone: a manager, or whoever stands in for those that have none. */
export interface ReviewersPart {
  /** Null: whoever stands in. */
  readonly manager: { readonly id: string; readonly name: string } | null;
  readonly personIds: ReadonlySet<string>;
}

/** A round of a review, by name. */
export interface RoundTold {
  readonly id: string;
  readonly name: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** All that a reviewer can be told. */
export interface ReviewContext {
  readonly application: string;
  /** The round that runs or is to come; null where none has been started. */
  readonly round: RoundTold | null;
  readonly roster: { readonly hash: string; readonly collectedAt: string; readonly rows: number };
  /** The review before; null for the first. `changes` is in words; null where its roster is not known any more. */
  readonly last: { readonly name: string; readonly on: string; readonly changes: string | null } | null;
  readonly roles: readonly { readonly name: string; readonly description: string | null; readonly people: number }[];
  /** In no promised order. */
  readonly people: readonly ReviewedPerson[];
  /** Where managers review: who sees whom. Empty where every reviewer sees everybody. */
  readonly parts: readonly ReviewersPart[];
  /** Whether it is known whose manager or department is the same. */
  readonly peersKnown: boolean;
  /** What could not be told, and why; in whole sentences. */
  readonly notes: readonly string[];
}
