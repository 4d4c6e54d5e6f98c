// How many requests are under way at once: more while answers come quickly, half as many when they come slowly or not.
import type { Clock } from '../model/clock.ts';

/** How a request ended: with an answer of the usual kind, or with throttling, an overload, or no answer. */
export type Ending = 'answered' | 'troubled';

export interface Window {
  /** How many may be under way now. */
  readonly size: number;
  /**
   * Resolves when there is room, in the order of asking. To be told how it ended. `kind` is what requests are compared
   * by: the time of an envelope says nothing of a page's. Rejects with the signal's reason when aborted first.
   */
  enter(kind: string, signal?: AbortSignal): Promise<(ending: Ending) => void>;
}

export interface WindowBounds {
  readonly least: number;
  readonly first: number;
  readonly most: number;
}

/** What a connection begins with, and stays within. */
export const USUAL_BOUNDS: WindowBounds = { least: 1, first: 4, most: 16 };

/** Answers are slow when they take, on average, so many times the quickest of their kind, and so much more. */
const SLOW_TIMES = 2;
const SLOW_MS = 250;
/** How much the newest answer counts in the average. */
const NEWEST_SHARE = 0.3;
/** The quickest time is forgotten little by little: the directory's own pace changes. */
const FORGOTTEN_SHARE = 0.01;
const SHRINK_TO = 0.5;

/** Additive increase, multiplicative decrease, once for all requests that were under way together. */
export const createWindow = (clock: Clock, { least, first, most }: WindowBounds = USUAL_BOUNDS): Window => {
  let size = first;
  let underWay = 0;
  let shrunkAt = Number.NEGATIVE_INFINITY;
  const waiting: (() => void)[] = [];
  const kinds = new Map<string, { average: number; quickest: number }>();

  const admit = (): void => {
    while (waiting.length > 0 && underWay < Math.floor(size)) {
      underWay += 1;
      waiting.shift()!();
    }
  };

  const isSlow = (kind: string, ms: number): boolean => {
    const known = kinds.get(kind) ?? { average: ms, quickest: ms };
    const average = known.average + (ms - known.average) * NEWEST_SHARE;
    const quickest = Math.min(ms, known.quickest + (average - known.quickest) * FORGOTTEN_SHARE);
    kinds.set(kind, { average, quickest });
    return average > SLOW_TIMES * quickest + SLOW_MS;
  };

  const left = (kind: string, beganAt: number, ending: Ending): void => {
    underWay -= 1;
    const isTrouble = ending === 'troubled' || isSlow(kind, clock.now() - beganAt);
    if (!isTrouble) size = Math.min(most, size + 1 / size);
    else if (beganAt >= shrunkAt) {
      size = Math.max(least, size * SHRINK_TO);
      shrunkAt = clock.now();
    }
    admit();
  };

  return {
    get size() {
      return Math.floor(size);
    },
    enter: (kind, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const giveUp = () => {
          waiting.splice(waiting.indexOf(start), 1);
          reject(signal?.reason);
        };
        const start = () => {
          signal?.removeEventListener('abort', giveUp);
          const beganAt = clock.now();
          resolve((ending) => left(kind, beganAt, ending));
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        waiting.push(start);
        admit();
      }),
  };
};
