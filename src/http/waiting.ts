// How long is waited before a request is sent again: as long as the server asks, else a little longer each time, by chance.

import type { ReachSettings } from '../model/channel-settings.ts';
import type { Clock } from '../model/clock.ts';

/** Seconds; the header holds them, or a date (RFC 9110, 10.2.3). Undefined where there is none that makes sense. */
export const retryAfter = (written: string | undefined, now: number): number | undefined => {
  if (written === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(written)) return Number(written);
  const date = Date.parse(written);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
};

/** The waits for one request; bounded in count and in time. */
export class Waiting {
  readonly #limits: Pick<ReachSettings, 'repeats' | 'longestWait'>;
  readonly #clock: Clock;
  #repeated = 0;
  #waited = 0;

  constructor(limits: Pick<ReachSettings, 'repeats' | 'longestWait'>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Waits before the next attempt; false, at once, where there is to be none. `asked`: seconds that the server wants. */
  async again(asked: number | undefined, signal: AbortSignal): Promise<boolean> {
    const wait = asked ?? backOff(this.#repeated);
    if (this.#repeated >= this.#limits.repeats || this.#waited + wait > this.#limits.longestWait) return false;
    this.#repeated += 1;
    this.#waited += wait;
    await this.#clock.sleep(wait * 1000, signal);
    return true;
  }
}

/** Half a second, then twice as long each time, of which a part is chance, so that many do not come back at once. */
const backOff = (repeated: number): number => Math.min(30, 0.5 * 2 ** repeated) * (0.5 + Math.random() / 2);
