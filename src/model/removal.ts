// A removal: one account, or one role of it, that must go from the application, and how it is followed up until it has.
// Only a complete roster confirms it; whatever a ticket says is a claim.

export type RemovalState = 'open' | 'ordered' | 'accepted' | 'claimedDone' | 'confirmed' | 'returned' | 'excepted';

/** Why it must go. */
export type RemovalCause =
  /** A reviewer refused the access, or the review's default did. */
  | { readonly kind: 'denied'; readonly review: string; readonly decidedBy: string; readonly justification: string }
  /** The access had an end, and it has come. */
  | { readonly kind: 'expired'; readonly ended: string }
  /** The assignment was removed in the directory outside a review. */
  | { readonly kind: 'withdrawn'; readonly by: string };

/** The account as it stood in the roster that the decision was about. */
export interface RemovalAccount {
  /** Its identifying value, as matching compares it: the same in every roster, whatever its row. */
  readonly key: string;
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

/** Times are ISO 8601, UTC. */
export interface Removal {
  /** Made of application, account and role, so that it is the same however often it is found. 32 hexadecimal digits. */
  readonly id: string;
  readonly application: string;
  readonly account: RemovalAccount;
  /** The role's display name in the application; null where the whole account must go. */
  readonly role: string | null;
  readonly cause: RemovalCause;
  readonly decidedAt: string;
  /** By when it is to be done. */
  readonly due: string;
  readonly state: RemovalState;
  readonly order: RemovalOrder | null;
  /** While excepted: who allowed it to stay, why, and until when. */
  readonly exception: { readonly by: string; readonly reason: string; readonly until: string } | null;
  /** The complete roster that first lacked it, while confirmed. */
  readonly confirmedBy: { readonly roster: string; readonly at: string } | null;
}

/** What can happen to a removal. `at`: ISO 8601, UTC. */
export type RemovalEvent =
  | { readonly kind: 'ordered'; readonly at: string; readonly order: RemovalOrder }
  | { readonly kind: 'accepted' | 'claimedDone'; readonly at: string }
  /** The order came to nothing: refused, cancelled, deleted. */
  | { readonly kind: 'orderFailed'; readonly at: string; readonly reason: string }
  /** A complete roster, collected at `at`, lacks it, or has it. */
  | { readonly kind: 'absent' | 'present'; readonly at: string; readonly roster: string }
  | {
      readonly kind: 'excepted';
      readonly at: string;
      readonly by: string;
      readonly reason: string;
      readonly until: string;
    }
  | { readonly kind: 'exceptionEnded'; readonly at: string };
