// The pace of one connection. When Graph says wait, everything waits: requests sent meanwhile would count as well.
import type { Clock } from '../model/clock.ts';

export interface Pace {
  /** Resolves when requests may be sent. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Nothing is sent for this long. Milliseconds. */
  hold(ms: number): void;
  /** Slows down by what an answer says of how much of the limit is used. */
  learn(header: (name: string) => string | undefined): void;
}

/** Graph tells the used share of the limit from 0.8 on; at the limit itself a pause lasts so long. Milliseconds. */
const PAUSE_AT_LIMIT_MS = 1000;
const TOLD_FROM = 0.8;
/** Waits that a person would wonder about are told. Milliseconds. */
const WORTH_TELLING_MS = 5000;

/** Source: https://learn.microsoft.com/graph/throttling-limits (`x-ms-throttle-limit-percentage`) */
export const createPace = (clock: Clock, onNotice: (text: string) => void = () => {}): Pace => {
  let until = 0;
  const hold = (ms: number): void => {
    until = Math.max(until, clock.now() + ms);
  };
  return {
    ready: async (signal) => {
      for (let left = until - clock.now(); left > 0; left = until - clock.now()) await clock.sleep(left, signal);
    },
    hold: (ms) => {
      const isLonger = clock.now() + ms > until;
      hold(ms);
      if (isLonger && ms >= WORTH_TELLING_MS)
        onNotice(`Microsoft Graph asks to wait ${Math.ceil(ms / 1000)} seconds; going on then.`);
    },
    learn: (header) => {
      const used = Number(header('x-ms-throttle-limit-percentage'));
      if (used > TOLD_FROM) hold(((used - TOLD_FROM) / (1 - TOLD_FROM)) * PAUSE_AT_LIMIT_MS);
    },
  };
};
