// A removal: one account, or one role of it, that must go from the application, and how it is followed up until it has.
// Only a complete roster confirms it; whatever a ticket says is a claim.

export const REMOVAL_STATES = [
  'open',
  'ordered',
  'accepted',
  'claimedDone',
  'confirmed',
  'returned',
  'excepted',
] as const;

/**
 * - open: it is to be ordered, or its order came to nothing.
 * - ordered, accepted, claimedDone: what its order is said to be; none of them is a proof.
 * - confirmed: a complete roster that was collected after the decision lacks it.
 * - returned: a newer one has it again, or has it although it was claimed done. Its order is to be reopened.
 * - excepted: a person has let it stay until a day.
 */
export type RemovalState = (typeof REMOVAL_STATES)[number];

/** Why it must go. */
export type RemovalCause =
  /** A reviewer refused the access, or the review's default did; without a review, whoever decided about the account. */
  | { readonly kind: 'denied'; readonly review: string; readonly decidedBy: string; readonly justification: string }
  /** The access had an end, and it has come. */
  | { readonly kind: 'expired'; readonly ended: string }
  /** The assignment was removed in the directory outside a review. */
  | { readonly kind: 'withdrawn'; readonly by: string };

/**
 * A value that tells an account from others, in the columns that a rule compares. Both forms are folded, so that case is
 * ignored: `value` is what the rule makes of the cells, `raw` the cells themselves. Either one tells the account again,
 * so that a rule that was changed since does not make it look as if it were gone.
 */
export interface Identity {
  readonly columns: readonly string[];
  readonly value: string;
  readonly raw: string;
}

/** The account as it stood in the roster that the decision was about. */
export interface RemovalAccount {
  /** Its identifying value, as matching compares it: the same in every roster, whatever its row. */
  readonly key: string;
  /** The identifying value first, then those of the other rules: by them an account that was renamed is told. */
  readonly identities: readonly Identity[];
  /** The cells that tell it apart, by column: what an application's owner looks it up by. */
  readonly cells: Readonly<Record<string, string>>;
  /** The user who stood behind it. Null for an orphan. */
  readonly user: { readonly id: string; readonly userPrincipalName: string; readonly displayName: string } | null;
}

/** The order that was placed for a removal. There is one at a time, ever. */
export interface RemovalOrder {
  /** The channel's name in the configuration. */
  readonly channel: string;
  /** What the channel knows it by: a ticket's number, a file's name, a message's id. */
  readonly reference: string;
  readonly address?: string;
  readonly orderedAt: string;
}

/** What a complete roster said of it. */
export interface RemovalSeen {
  readonly roster: string;
  /** When that roster was collected. */
  readonly at: string;
  readonly isThere: boolean;
  /** The identifying value under which it stands now, where that is another one. */
  readonly as?: string;
}

/** Times are ISO 8601, UTC. */
export interface Removal {
  /** Made of application, account and role, so that it is the same however often it is found. 32 hexadecimal digits. */
  readonly id: string;
  /** Its unique name; and the name that people know it by. */
  readonly application: string;
  readonly applicationName: string;
  readonly account: RemovalAccount;
  /** The role's display name in the application; null where the whole account must go. */
  readonly role: string | null;
  readonly cause: RemovalCause;
  readonly decidedAt: string;
  /**
   * From when on a roster tells of it: when it was decided; where the clock of whoever decided is ahead of this machine's,
   * when it was heard of here.
   */
  readonly since: string;
  /** The roster in which the account was found when it was decided. */
  readonly roster: string;
  /** By when it is to be done. */
  readonly due: string;
  readonly state: RemovalState;
  /** Once placed, it is never placed anew: an order that came to nothing, or is to be done again, is reopened. */
  readonly order: RemovalOrder | null;
  /** Why the order came to nothing, while it is open for that. */
  readonly failure: string | null;
  /** When it was said to be done. */
  readonly claimedAt: string | null;
  /** When somebody was last told again that it is not done, and when whoever stands above was told; since its order. */
  readonly remindedAt: string | null;
  readonly escalatedAt: string | null;
  /** While excepted: who allowed it to stay, why, and until when. */
  readonly exception: { readonly by: string; readonly reason: string; readonly until: string } | null;
  /** What the newest complete roster since the decision says. */
  readonly seen: RemovalSeen | null;
  /** The complete roster that first lacked it, while confirmed. */
  readonly confirmedBy: { readonly roster: string; readonly at: string } | null;
}

/** What can happen to a removal. `at`: ISO 8601, UTC; of a roster: when it was collected. */
export type RemovalEvent =
  /** It was decided, or decided again after it was gone. */
  | {
      readonly kind: 'decided';
      readonly at: string;
      readonly since: string;
      readonly cause: RemovalCause;
      readonly due: string;
    }
  /** An order was placed, or reopened. */
  | { readonly kind: 'ordered'; readonly at: string; readonly order: RemovalOrder }
  | { readonly kind: 'accepted' | 'claimedDone'; readonly at: string }
  /** The order came to nothing: refused, cancelled, deleted. */
  | { readonly kind: 'orderFailed'; readonly at: string; readonly reason: string }
  /** A complete roster lacks it. */
  | { readonly kind: 'absent'; readonly at: string; readonly roster: string }
  /** A complete roster has it, under another identifying value where `as` says so. */
  | { readonly kind: 'present'; readonly at: string; readonly roster: string; readonly as?: string }
  | {
      readonly kind: 'excepted';
      readonly at: string;
      readonly by: string;
      readonly reason: string;
      readonly until: string;
    }
  | { readonly kind: 'exceptionEnded'; readonly at: string }
  /** Somebody was told again that it is not done; `escalated`: whoever stands above. */
  | { readonly kind: 'reminded' | 'escalated'; readonly at: string };
