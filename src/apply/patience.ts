// The directory shows writes late. Growing pauses, up to a limit, before that is called an error.
import type { Clock } from '../model/clock.ts';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export interface Patience {
  /** Pauses, each time longer. Answers false, without pausing, once the limit is reached. Rejects when aborted. */
  pause(): Promise<boolean>;
}

/** `limitMs`: how long all pauses together may last. */
export const patience = (clock: Clock, limitMs: number, signal?: AbortSignal): Patience => {
  const end = clock.now() + limitMs;
  let next = FIRST_MS;
  return {
    pause: async () => {
      const left = end - clock.now();
      if (left <= 0) return false;
      await clock.sleep(Math.min(next, left), signal);
      next = Math.min(next * 2, LONGEST_MS);
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
