// A limit as this side keeps it: so many tokens at most, which flow in evenly. What is sent takes tokens out.
import type { Clock } from '../model/clock.ts';

export interface Bucket {
  /** Whole milliseconds until so many tokens are there. More than the bucket holds are there once it is full. */
  waitFor(tokens: number): number;
  /** Takes tokens out, also more than there are. A negative number puts some back. */
  take(tokens: number): void;
  /** No more than so many tokens are left, as the other side says. */
  atMost(tokens: number): void;
  /** The other side refused: nothing is left, and it flows in more slowly for a while. */
  slowDown(): void;
  /** Another limit, as full as this one was. */
  resize(limit: Limit): void;
  /** Tokens that are left; fewer than none where more was taken. */
  left(): number;
  /** The most that it holds. */
  readonly most: number;
}

/** So many tokens in so many milliseconds. */
export interface Limit {
  readonly most: number;
  readonly ms: number;
}

/** What is refused below the limit says that the limit is lower than published: it flows in at this share of before. */
const SLOWED_TO = 0.8;
/** Never more slowly than this share of the limit. */
const SLOWEST = 0.1;
/** Each second without a refusal it flows in faster again by this share of the limit. */
const RECOVERED_PER_SECOND = 0.002;

/** Full at first, as Graph's own are for an application that has been quiet. */
export const createBucket = (clock: Clock, limit: Limit): Bucket => {
  let { most } = limit;
  let full = most / limit.ms;
  let perMs = full;
  let level = most;
  let at = clock.now();

  const fill = (): void => {
    const now = clock.now();
    const ms = Math.max(0, now - at);
    at = now;
    level = Math.min(most, level + ms * perMs);
    perMs = Math.min(full, perMs + full * RECOVERED_PER_SECOND * (ms / 1000));
  };

  return {
    waitFor: (tokens) => {
      fill();
      return Math.ceil(Math.max(0, Math.min(tokens, most) - level) / perMs);
    },
    take: (tokens) => {
      fill();
      level = Math.min(most, level - tokens);
    },
    atMost: (tokens) => {
      fill();
      level = Math.min(level, tokens);
    },
    slowDown: () => {
      fill();
      level = Math.min(level, 0);
      perMs = Math.max(full * SLOWEST, perMs * SLOWED_TO);
    },
    resize: (other) => {
      fill();
      level += other.most - most;
      const share = perMs / full;
      most = other.most;
      full = other.most / other.ms;
      perMs = full * share;
    },
    left: () => {
      fill();
      return level;
    },
    get most() {
      return most;
    },
  };
};
