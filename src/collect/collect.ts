// Source to roster: streams every account into the caller's keeping, and believes the roster only when it is whole.
import type { Account, Roster } from '../model/account.ts';
import { type AccountFacts, factReader, tellsKnown } from '../model/account-facts.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { NeedsPersonError, SourceError } from '../model/errors.ts';
import type { AccountSettings, CompleteSettings, GuardSettings } from '../model/settings.ts';
import type { OpenSource, Source } from '../model/source.ts';
import { controlTotals } from './completeness.ts';
import { RosterHash } from './roster-hash.ts';

export interface CollectInput {
  readonly source: Source;
  readonly application: string;
  /**
   * Keeps the rows as they come. When the last has passed, `finish` tells what roster they are, or throws because it is
   * not believed: then nothing may be kept of them.
   */
  readonly save: (columns: readonly string[], rows: AsyncIterable<Account>, finish: () => Roster) => Promise<Roster>;
  /** Looks at the columns before any row is read; throws if one is missing that is needed. */
  readonly checkColumns?: (columns: readonly string[], notes: readonly string[]) => void;
  /** How many accounts the last roster had; undefined where this is the first. */
  readonly lastRows: number | undefined;
  /** When the last roster was collected; undefined where this is the first. ISO 8601, UTC. */
  readonly lastCollectedAt?: string | undefined;
  readonly guards: GuardSettings;
  readonly complete: CompleteSettings;
  readonly accounts: AccountSettings;
  /** Guards and controls that a person has lifted for this once, by name: `shrink`, `grow`, `rows`, `sum`, `trailer`. */
  readonly allow: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Told the rows so far: none, when a server is asked that may take its time, then every thousand, and at the end. */
  readonly onProgress?: (rows: number) => void;
  readonly clock?: Clock;
}

/** Rows between two reports of progress. */
const PROGRESS_ROWS = 1000;

/**
 * Collects a roster.
 *
 * Errors: {@link SourceError} where the source is not as it should be; {@link NeedsPersonError} where a control
 *         total does not fit, or the roster is much smaller or larger than the last one, and nobody has allowed it. Then `save` has been made to throw.
 */
export const collectRoster = async (input: CollectInput): Promise<Roster> => {
  const { source, application, save, lastRows, guards, allow, signal, onProgress, clock = systemClock } = input;
  onProgress?.(0);
  const opened = await source.open(signal);
  const { columns } = opened;
  const control = await prepared(opened, async () => {
    input.checkColumns?.(columns, opened.notes?.() ?? []);
    return controlTotals(input.complete, columns, signal);
  });
  const hash = new RosterHash(columns);
  const facts = new FactCheck(input.accounts, columns);
  const rows = counted(control.accounts(opened.rows()), hash, facts, signal, onProgress);
  const roster = await save(columns, rows, () => {
    if (hash.rows === 0) throw emptyRoster(opened.description);
    control.check(allow);
    checkSize(hash.rows, lastRows, guards, allow);
    checkAge(opened.collectedAt, input.lastCollectedAt, allow);
    return Object.freeze({
      hash: hash.digest(),
      application,
      columns,
      rows: hash.rows,
      source: opened.description,
      collectedAt: opened.collectedAt ?? new Date(clock.now()).toISOString(),
      notes: [...(opened.notes?.() ?? []), ...facts.notes()],
    });
  });
  onProgress?.(roster.rows);
  return roster;
};

/** What has to be right before the first row is read; the source is closed if it is not. */
const prepared = async <T>(opened: OpenSource, prepare: () => Promise<T>): Promise<T> => {
  try {
    return await prepare();
  } catch (error) {
    await opened.close?.();
    throw error;
  }
};

/** A trailer record alone is no account, either. */
const emptyRoster = (description: string): SourceError =>
  new SourceError(
    'emptyRoster',
    { address: description },
    'there is no account',
    'Export the accounts again; if the application really has none, there is nothing to govern.',
  );

/** Counts the cells in which a fact is expected and none can be read: a roster is right without them, but poorer. */
class FactCheck {
  readonly #read: (account: Account) => AccountFacts;
  readonly #isNeeded: boolean;
  readonly #misunderstood = new Map<string, { readonly first: string; count: number }>();
  #row = 0;

  constructor(settings: AccountSettings, columns: readonly string[]) {
    this.#isNeeded = tellsKnown(settings);
    this.#read = factReader(settings, columns, ({ column, fact, cell }) => {
      const key = `in "${column}" that says nothing of ${FACT_WORDS[fact]}`;
      const seen = this.#misunderstood.get(key);
      if (seen) seen.count += 1;
      else this.#misunderstood.set(key, { first: `row ${this.#row}: "${cell.slice(0, 40)}"`, count: 1 });
    });
  }

  add(account: Account): void {
    if (!this.#isNeeded) return;
    this.#row = account.n;
    this.#read(account);
  }

  notes(): string[] {
    return [...this.#misunderstood].map(
      ([what, { first, count }]) =>
        `${count === 1 ? '1 account has a cell' : `${count} accounts have a cell`} ${what} (${first}).`,
    );
  }
}

const FACT_WORDS: Readonly<Record<keyof AccountFacts, string>> = {
  enabled: 'whether the account can be used',
  lastLogin: 'a last login',
  created: 'a day of creation',
  ends: 'a last day',
  owner: 'an owner',
  type: 'the kind of account',
};

async function* counted(
  rows: AsyncIterable<Account>,
  hash: RosterHash,
  facts: FactCheck,
  signal: AbortSignal,
  onProgress: ((rows: number) => void) | undefined,
): AsyncGenerator<Account> {
  for await (const account of rows) {
    hash.add(account);
    facts.add(account);
    if (hash.rows % PROGRESS_ROWS === 0) {
      signal.throwIfAborted();
      onProgress?.(hash.rows);
    }
    yield account;
  }
}

/** Throws where a carried roster is older than the last one: it would bring back what has changed since. */
const checkAge = (collectedAt: string | undefined, last: string | undefined, allow: ReadonlySet<string>): void => {
  if (collectedAt === undefined || last === undefined || allow.has('older')) return;
  if (Date.parse(collectedAt) >= Date.parse(last)) return;
  throw new NeedsPersonError(
    `The guard "older" stops here: this roster was collected at ${collectedAt}, before the last one, of ${last}.`,
    'Take the newest roster file; if this one is meant all the same, allow it this once with "--allow older".',
  );
};

/** Throws unless a roster of `rows` accounts can follow one of `lastRows`. */
export const checkSize = (
  rows: number,
  lastRows: number | undefined,
  guards: GuardSettings,
  allow: ReadonlySet<string>,
): void => {
  if (lastRows === undefined) return;
  const change = rows - lastRows;
  // Few accounts come and go without a word, but not most of a small application's.
  if (Math.abs(change) < guards.floor && rows * 2 >= lastRows) return;
  const [guard, share, word] =
    change < 0
      ? (['shrink', guards.maxShrinkShare, 'fewer'] as const)
      : (['grow', guards.maxGrowShare, 'more'] as const);
  if (Math.abs(change) <= share * lastRows || allow.has(guard)) return;
  throw new NeedsPersonError(
    `The guard "${guard}" stops here: ${rows} accounts are ${Math.abs(change)} ${word} than the ${lastRows} of the last roster; at most ${Math.floor(share * lastRows)} are believed.`,
    `If the application really changed so much, allow it this once with "--allow ${guard}"; otherwise export the accounts again.`,
  );
};
