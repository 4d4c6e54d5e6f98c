// A database for the length of one matching: it holds what must not be held in memory, and is gone afterwards.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';

export interface Scratch {
  readonly db: DatabaseSync;
  /** Closes the database and removes its file. */
  close(): void;
}

const NAME = /^matching-[0-9a-f-]{36}\.db$/;

/** What SQLite may keep in memory, in KiB. What exceeds it goes to the file. */
const CACHE_KIB = 32 * 1024;

/** Opens a new database in a folder, making the folder if need be, and clears away what a killed process left there. */
export const openScratch = (folder: string): Scratch => {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (NAME.test(name)) removeIfUnused(join(folder, name));
  const file = join(folder, `matching-${crypto.randomUUID()}.db`);
  // SQLite does without a journal only where it is not told to defend itself; the texts here never become SQL.
  const db = new DatabaseSync(file, { defensive: false });
  // Nothing here outlives the process, so nothing is made safe: one transaction from beginning to end, never committed,
  // and no journal to undo it. A small matching never touches the disk.
  db.exec(
    `pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive;
     pragma cache_size = -${CACHE_KIB}; begin exclusive`,
  );
  return {
    db,
    close: () => {
      db.close();
      rmSync(file, { force: true });
    },
  };
};

// A database in use survives this: Windows refuses to remove it, elsewhere its process keeps it.
const removeIfUnused = (file: string): void => {
  try {
    rmSync(file, { force: true });
  } catch {
    return;
  }
};

const STEPS_BETWEEN_BREATHS = 2000;

/**
 * Lets timers, sockets and signals have their turn every so many steps of work that never waits by itself.
 * Throws the signal's reason once it is aborted.
 */
export const breather = (signal: AbortSignal): (() => Promise<void> | undefined) => {
  let steps = 0;
  return () => {
    steps += 1;
    if (steps % STEPS_BETWEEN_BREATHS !== 0) return undefined;
    return setImmediate().then(() => signal.throwIfAborted());
  };
};
