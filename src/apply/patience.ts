// The directory shows writes late. Growing pauses, up to a limit, before that is called an error.
import type { Clock } from '../model/clock.ts';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export interface Patience {
  /** Pauses, each time longer. Answers false, without pausing, once the limit is reached. Rejects when aborted. */
  pause(): Promise<boolean>;
}

/** `limitMs`: how long all pauses together may last. They are added up, so that a clock that is set changes nothing. */
export const patience = (clock: Clock, limitMs: number, signal?: AbortSignal): Patience => {
  let left = limitMs;
  let next = FIRST_MS;
  return {
    pause: async () => {
      if (left <= 0) return false;
      const pause = Math.min(next, left);
      left -= pause;
      next = Math.min(next * 2, LONGEST_MS);
      await clock.sleep(pause, signal);
      return true;
    },
  };
};

/** Looks until something is there. Answers undefined if it is not after `limitMs`. */
export const waitFor = async <T>(
  look: () => Promise<T | undefined>,
  clock: Clock,
  limitMs: number,
  signal?: AbortSignal,
): Promise<T | undefined> => {
  const waiting = patience(clock, limitMs, signal);
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (!(await waiting.pause())) return undefined;
  }
};
