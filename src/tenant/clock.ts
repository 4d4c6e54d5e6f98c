// The tenant's clock: it can run faster than the clock on the wall, and be put forward; it never goes back.
import type { Database } from './database.ts';

export interface Clock {
  /** The tenant's own time, milliseconds since 1970. */
  now(): number;
  /** How many times faster than the wall's clock it runs. */
  readonly scale: number;
  /** What a span of the tenant's time takes on the wall. Milliseconds both. */
  onWall(ms: number): number;
  /** Puts it forward by milliseconds of its own time. */
  advance(ms: number): void;
  /** Notes where it stands, for the next start of this directory. */
  keep(): void;
}

/** The clock of a directory, from where it last stood, and not before the newest event that the directory has. */
export const startClock = (db: Database, scale = 1): Clock => {
  const kept = Number(db.one<{ value: string }>("select value from facts where name = 'clockOffsetMs'")?.value ?? 0);
  const newest = db.one<{ at: string | null }>('select max(at) as at from audits')?.at;
  let start = Math.max(Date.now() + kept, newest ? Date.parse(newest) : 0);
  const from = performance.now();
  const now = (): number => Math.floor(start + (performance.now() - from) * scale);
  const keep = (): void => {
    const offset = String(now() - Date.now());
    db.run("insert or replace into facts (name, value) values ('clockOffsetMs', ?)", offset);
  };
  return {
    now,
    scale,
    onWall: (ms) => ms / scale,
    advance: (ms) => {
      start += ms;
      keep();
    },
    keep,
  };
};
