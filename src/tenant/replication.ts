// Writes reach the readers late: what an application's session has just written is not there yet for its reads.

/** Remembers what readers must not see yet. Empty, and free, when there is no delay. */
export class Replication {
  readonly #delayMs: number;
  readonly #now: () => number;
  /** Object → until when readers see it as it was: a body, or nothing where it is new. */
  readonly #late = new Map<string, { readonly until: number; readonly before: string | undefined }>();

  constructor(delayMs: number, now: () => number) {
    this.#delayMs = delayMs;
    this.#now = now;
  }

  /** Nothing is on its way: readers see everything as it is. */
  get isIdle(): boolean {
    return this.#late.size === 0;
  }

  /** Notes a write. `before` is the body as it was; undefined for a new object. */
  wrote(id: string, before: string | undefined): void {
    if (this.#delayMs === 0) return;
    const earlier = this.#pending(id);
    this.#late.set(id, { until: this.#now() + this.#delayMs, before: earlier ? earlier.before : before });
  }

  /** The body as readers see it; undefined where they do not see the object yet. */
  seen(id: string, body: string): string | undefined {
    if (this.#late.size === 0) return body;
    const pending = this.#pending(id);
    return pending ? pending.before : body;
  }

  isSeen(id: string): boolean {
    return this.#late.size === 0 || this.seen(id, '') !== undefined;
  }

  #pending(id: string) {
    const late = this.#late.get(id);
    if (late && late.until > this.#now()) return late;
    if (late) this.#late.delete(id);
    return undefined;
  }
}
