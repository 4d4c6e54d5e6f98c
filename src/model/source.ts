// The seam to every kind of source: it says which columns it yields and streams the rows. It never writes.
import type { Account } from './account.ts';
import type { SecretRef } from './settings.ts';

/** A source that has been opened: its header is read, its rows are not. */
export interface OpenSource {
  readonly columns: readonly string[];
  /** For people: kind, name, and what was found by looking (encoding, delimiter). Never a secret. */
  readonly description: string;
  /** When the accounts were collected, where that was earlier, on another machine. ISO 8601, UTC. */
  readonly collectedAt?: string;
  /** @throws {SourceError} at the first row that is not as it should be; then there is no roster. */
  rows(): AsyncIterable<Account>;
  /**
   * What a person should know of how the rows came to be, though none is wrong: rows that are hidden in a sheet, referrals
   * that were not followed. Whole sentences. To be asked when the last row has passed.
   */
  notes?(): readonly string[];
  /** For whoever has opened a source and does not read its rows after all. Those who read them need not call it. */
  close?(): Promise<void>;
}

/**
 * Where an application's accounts are read from.
 *
 * Errors: `open` and `rows` throw {@link SourceError}, naming file, line and column, or address and entry. They end soon
 *         after `signal` is aborted, with its reason. Whoever stops reading rows early leaves nothing open.
 */
export interface Source {
  readonly kind: string;
  open(signal: AbortSignal): Promise<OpenSource>;
  /**
   * Of a source whose columns are named in the configuration: those that are worth naming, judged by looking at what is
   * there; each with what is to be written for it. Absent where the columns come of themselves, as in a file with a header.
   */
  proposeColumns?(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

/** What a source is given to work with besides its settings. */
export interface SourceTools {
  /** Reads a secret from where it is kept. To be asked when it is needed, and forgotten after. */
  readSecret(ref: SecretRef): Promise<string>;
  /** For proxies: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
