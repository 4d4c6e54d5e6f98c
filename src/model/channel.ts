// The seam to every way by which removals are ordered: a file for the application's owner, a message, a ticket, a webhook.
import type { Removal } from './removal.ts';

/** What became of an order, as its channel tells it. Never a proof that the account is gone. */
export type OrderState =
  | { readonly kind: 'ordered' | 'accepted' | 'claimedDone' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The channel has no memory (a file, a message): nothing can be read back. */
  | { readonly kind: 'unknown' };

/** An order that is in place; `address` is where a person can look at it. */
export interface Placed {
  readonly reference: string;
  readonly address?: string;
  /** Whether it was there already, placed by an earlier attempt whose answer was lost. */
  readonly wasThere: boolean;
}

/**
 * A way to order removals.
 *
 * Each order is idempotent by the removal's id: placing it again finds the one that is there, however the attempt before
 * ended. Errors: {@link ChannelError}, for one removal, after which others may go on; {@link ChannelDownError}, after which none can.
 */
export interface Channel {
  /** Its name in the configuration. */
  readonly name: string;
  readonly kind: 'csv' | 'email' | 'serviceNow' | 'webhook';
  /** Tries the way without ordering anything: signs in, finds the table, greets the server. In words, what was found. */
  check(signal: AbortSignal): Promise<string>;
  /** Orders removals; calls `placed` for each as soon as it is certain, in any order, before the next is tried. */
  order(
    removals: readonly Removal[],
    placed: (removal: Removal, order: Placed) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** What became of orders that were placed before, by the removal's id. */
  states(removals: readonly Removal[], signal: AbortSignal): Promise<ReadonlyMap<string, OrderState>>;
  /** Says again that it is not done: a note on the ticket, a message. `escalate`: to whoever stands above. */
  remind(removals: readonly Removal[], escalate: boolean, signal: AbortSignal): Promise<void>;
  /** Opens an order again whose account came back or never went. */
  reopen(
    removals: readonly Removal[],
    placed: (removal: Removal, order: Placed) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  close?(): Promise<void>;
}
