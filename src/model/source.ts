// The seam to every kind of source: it says which columns it yields and streams the rows. It never writes.
import type { Account } from './account.ts';

/** A source that has been opened: its header is read, its rows are not. */
export interface OpenSource {
  readonly columns: readonly string[];
  /** For people: kind, name, and what was found by looking (encoding, delimiter). */
  readonly description: string;
  /** When the accounts were collected, where that was earlier, on another machine. ISO 8601, UTC. */
  readonly collectedAt?: string;
  /** @throws {SourceError} at the first row that is not as it should be; then there is no roster. */
  rows(): AsyncIterable<Account>;
}

/**
 * Where an application's accounts are read from.
 *
 * Errors: `open` and `rows` throw {@link SourceError}, naming file, line and column (or entry, or address).
 */
export interface Source {
  readonly kind: string;
  open(signal: AbortSignal): Promise<OpenSource>;
}
