// How long a server is waited for: from one piece of an answer to the next, and for the whole. A slow reader is not its fault.
import type { WebSettings } from '../../model/web-settings.ts';

export type Limit = 'silence' | 'answer';

export class Patience {
  readonly #limits: WebSettings['timeLimits'];
  readonly #end: (limit: Limit) => void;
  /** What is left for the whole answer, in milliseconds. */
  #left: number;

  /** `end` is called once when a limit is passed; it has to make what is waited for fail. */
  constructor(limits: WebSettings['timeLimits'], end: (limit: Limit) => void) {
    this.#limits = limits;
    this.#end = end;
    this.#left = limits.answer * 1000;
  }

  /** Waits for the server; only this time counts. `more`: milliseconds that are allowed besides, to connect. */
  async within<T>(awaited: Promise<T>, more = 0): Promise<T> {
    const silence = this.#limits.silence * 1000;
    const limit: Limit = silence <= this.#left ? 'silence' : 'answer';
    const begun = performance.now();
    const timer = setTimeout(() => this.#end(limit), Math.max(0, Math.min(silence, this.#left)) + more);
    try {
      return await awaited;
    } finally {
      clearTimeout(timer);
      this.#left -= performance.now() - begun;
    }
  }
}
