// The seam to every way by which removals are ordered: a file for the application's owner, a message, a ticket, a webhook.
import type { Clock } from './clock.ts';
import type { ChannelError } from './errors.ts';
import type { Removal } from './removal.ts';
import type { SecretRef } from './settings.ts';

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
  /** What the channel says of it in the same breath; absent where it says nothing. */
  readonly state?: OrderState;
}

/** Where a channel tells, removal by removal, what became of it. */
export interface OrderReport {
  /** Its order is in place for certain. Awaited before the next is tried, so that it can be kept first. */
  placed(removal: Removal, order: Placed): Promise<void>;
  /** There is no order for this one. The channel goes on with the next. */
  refused(removal: Removal, error: ChannelError): Promise<void>;
}

/**
 * A way to order removals.
 *
 * Each order is idempotent by the removal's id: placing it again finds the one that is there, however the attempt before
 * ended. Errors: {@link ChannelError} for what concerns one removal is reported, or where nothing is reported thrown after
 * all others have been done; {@link ChannelDownError}, thrown: nothing more can be done through it now.
 */
export interface Channel {
  /** Its name in the configuration. */
  readonly name: string;
  readonly kind: 'csv' | 'email' | 'serviceNow' | 'webhook';
  /** Tries the way without ordering anything: signs in, finds the table, greets the server. In words, what was found. */
  check(signal: AbortSignal): Promise<string>;
  /** Orders removals, in any order; tells of each. */
  order(removals: readonly Removal[], report: OrderReport, signal: AbortSignal): Promise<void>;
  /** What became of orders that were placed before, by the removal's id. */
  states(removals: readonly Removal[], signal: AbortSignal): Promise<ReadonlyMap<string, OrderState>>;
  /** Says again that it is not done: a note on the ticket, a message. `escalate`: to whoever stands above. */
  remind(removals: readonly Removal[], escalate: boolean, signal: AbortSignal): Promise<void>;
  /** Opens an order again whose account came back or never went; one that is open stays as it is. */
  reopen(removals: readonly Removal[], report: OrderReport, signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** What a channel is given to work with besides its settings. */
export interface ChannelTools {
  /** Reads a secret from where it is kept. To be asked when it is needed, and forgotten after. */
  readSecret(ref: SecretRef): Promise<string>;
  /** For proxies: HTTPS_PROXY, NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}
