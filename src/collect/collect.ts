// Source to roster: streams every account into the caller's keeping, and believes the roster only when it is whole.
import type { Account, Roster } from '../model/account.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { NeedsPersonError } from '../model/errors.ts';
import type { GuardSettings } from '../model/settings.ts';
import type { Source } from '../model/source.ts';
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
  readonly guards: GuardSettings;
  /** Guards that a person has lifted for this once, by name: `shrink`, `grow`. */
  readonly allow: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Told the rows so far, every thousand and at the end. */
  readonly onProgress?: (rows: number) => void;
  readonly clock?: Clock;
}

/** Rows between two reports of progress. */
const PROGRESS_ROWS = 1000;

/**
 * Collects a roster.
 *
 * Errors: {@link SourceError} where the source is not as it should be; {@link NeedsPersonError} where the roster is much
 *         smaller or larger than the last one and nobody has allowed it. In both cases `save` has been made to throw.
 */
export const collectRoster = async (input: CollectInput): Promise<Roster> => {
  const { source, application, save, lastRows, guards, allow, signal, onProgress, clock = systemClock } = input;
  const opened = await source.open(signal);
  try {
    input.checkColumns?.(opened.columns, opened.notes?.() ?? []);
  } catch (error) {
    await opened.close?.();
    throw error;
  }
  const hash = new RosterHash(opened.columns);
  const roster = await save(opened.columns, counted(opened.rows(), hash, signal, onProgress), () => {
    checkSize(hash.rows, lastRows, guards, allow);
    return Object.freeze({
      hash: hash.digest(),
      application,
      columns: opened.columns,
      rows: hash.rows,
      source: opened.description,
      collectedAt: opened.collectedAt ?? new Date(clock.now()).toISOString(),
      notes: opened.notes?.() ?? [],
    });
  });
  onProgress?.(roster.rows);
  return roster;
};

async function* counted(
  rows: AsyncIterable<Account>,
  hash: RosterHash,
  signal: AbortSignal,
  onProgress: ((rows: number) => void) | undefined,
): AsyncGenerator<Account> {
  for await (const account of rows) {
    hash.add(account);
    if (hash.rows % PROGRESS_ROWS === 0) {
      signal.throwIfAborted();
      onProgress?.(hash.rows);
    }
    yield account;
  }
}

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
