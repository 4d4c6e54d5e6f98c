// The shapes that a report is made of: what is told of all accounts together, and of each.
import type { Account } from '../model/account.ts';
import type { AccountFacts } from '../model/account-facts.ts';
import type { Outcome, OutcomeCounts } from '../model/outcome.ts';
import type { ActionStatus, PlanProblem } from '../model/plan.ts';

/** What a plan does for one account, and what became of it; `planned` until it is applied. */
export interface RowChange {
  readonly kind: 'createUser' | 'assign';
  readonly status: 'planned' | ActionStatus;
  /** Why it was refused or not tried. */
  readonly reason?: string;
}

/** What is known of an account besides its outcome. Without a plan and a verification there is little. */
export interface RowFacts {
  /** What the application knows of the account; absent where the configuration names no column for it. */
  readonly known?: AccountFacts;
  /** The role that the configuration gives to the account. */
  readonly role?: string;
  readonly changes?: readonly RowChange[];
  /** The user principal name of the user that the plan makes for the account. */
  readonly newUser?: string;
  /** Why the plan cannot create the user or assign the role. */
  readonly problem?: Omit<PlanProblem, 'row'>;
  /** Whether the directory had the account's assignment when it was verified. */
  readonly assignment?: 'present' | 'missing';
  /** What the directory's audit log says of a missing assignment. */
  readonly missingReason?: string;
}

/** An account as the report tells it. The cells are in the order of the roster's columns. */
export interface ReportRow extends RowFacts {
  readonly account: Account;
  readonly outcome: Outcome;
}

/** What the report tells of all accounts together. Times are ISO 8601, UTC. */
export interface ReportData {
  readonly application: string;
  readonly writtenAt: string;
  readonly roster: { readonly hash: string; readonly source: string; readonly collectedAt: string };
  /** All columns of the roster, in order. */
  readonly columns: readonly string[];
  /** Those that matching compares: they tell accounts apart. */
  readonly keyColumns: readonly string[];
  /** Whether the rows tell what the application knows of its accounts. */
  readonly tellsKnown: boolean;
  readonly counts: OutcomeCounts;
  readonly matching: { readonly at: string; readonly requests: number; readonly seconds: number };
  /** The newest plan, where it is of this roster and configuration. */
  readonly plan?: { readonly at: string; readonly hash: string; readonly createUser: number; readonly assign: number };
  /** What became of that plan, where it was applied. */
  readonly applied?: {
    readonly at: string;
    readonly created: number;
    readonly assigned: number;
    readonly refused: number;
    readonly notTried: number;
    readonly requests: number;
    readonly seconds: number;
  };
  /** The newest comparison with the directory, where it is of these outcomes. */
  readonly verified?: {
    readonly at: string;
    readonly wanted: number;
    readonly present: number;
    readonly missing: number;
    readonly unexpected: number;
  };
  /** What needs a person, in the order in which an administrator would take it. */
  readonly attention: readonly { readonly count: number; readonly text: string }[];
  /** What is to be known of the roster, and what the report could not tell, and why. */
  readonly notes: readonly string[];
  /** The hash of the newest record of evidence. */
  readonly evidenceHead: string;
}
