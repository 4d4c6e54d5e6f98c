// The pace of one connection: just below what Graph allows. When Graph says wait, everything waits: requests sent
// meanwhile would count as well.
import type { Clock } from '../model/clock.ts';
import { createBucket } from './bucket.ts';
import type { Cost } from './costs.ts';
import { unitsLimit, writesLimit } from './limits.ts';

export interface Pace {
  /**
   * Resolves when a request of this cost may be sent, in the order of asking, and takes the cost from the allowance.
   * To be told when its answer is there. Rejects with the signal's reason when it is aborted first; nothing is taken then.
   */
  ready(cost: Cost, signal?: AbortSignal): Promise<() => void>;
  /** Resolves when Graph's last wish to wait is over. */
  open(signal?: AbortSignal): Promise<void>;
  /** A request of this cost was told to wait. Nothing is sent for this long. Milliseconds. */
  throttled(cost: Cost, ms: number, header: (name: string) => string | undefined): void;
  /** Takes from an answer what it says of cost and limits. */
  learn(cost: Cost, header: (name: string) => string | undefined): void;
  /** How large the directory is; the limit of resource units follows from it. */
  size(users: number): void;
}

export interface PaceOptions {
  readonly clock: Clock;
  /** none: the directory is known to keep to no limits, so that only its wishes to wait are followed. */
  readonly limits?: 'published' | 'none';
  /** How many times faster than the clock the directory's time runs, and with it what it allows; 1 by default. */
  readonly timeScale?: number;
  readonly onNotice?: (text: string) => void;
}

/** Waits that a person would wonder about are told. Milliseconds. */
const WORTH_TELLING_MS = 5000;

/**
 * Two token buckets of the connection's own, for resource units and for writes, corrected by what answers tell.
 * Source: https://learn.microsoft.com/graph/throttling-limits
 */
export const createPace = (options: PaceOptions): Pace => {
  const { clock, limits = 'published', timeScale = 1, onNotice = () => {} } = options;
  let until = 0;
  const underWay = { units: 0, writes: 0 };
  const buckets =
    limits === 'none'
      ? undefined
      : { units: createBucket(clock, unitsLimit(0, timeScale)), writes: createBucket(clock, writesLimit(timeScale)) };

  const open = async (signal?: AbortSignal): Promise<void> => {
    for (let left = until - clock.now(); left > 0; left = until - clock.now()) await clock.sleep(left, signal);
  };

  const mayBeSent = async ({ units, writes }: Cost, signal: AbortSignal | undefined): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      await open(signal);
      if (!buckets) return;
      const waitMs = Math.max(buckets.units.waitFor(units), writes > 0 ? buckets.writes.waitFor(writes) : 0);
      if (waitMs <= 0) break;
      await clock.sleep(waitMs, signal);
    }
    buckets.units.take(units);
    buckets.writes.take(writes);
  };

  // Reads do not stand behind writes, whose limit is much the lower one.
  const lines = { reads: Promise.resolve(), writes: Promise.resolve() };

  /** What is told is of the limit that is used most; which one that is, is not told. */
  const correct = (kinds: readonly ('units' | 'writes')[], usedShare: number): void => {
    if (!buckets) return;
    const told = (kind: 'units' | 'writes') => Math.max(0, 1 - usedShare) * buckets[kind].most - underWay[kind];
    const lessThanTold = (kind: 'units' | 'writes') => (told(kind) - buckets[kind].left()) / buckets[kind].most;
    const [nearest] = kinds.toSorted((a, b) => lessThanTold(b) - lessThanTold(a));
    // Where the own books say the same of one of them, there is nothing to correct.
    if (nearest) buckets[nearest].atMost(told(nearest));
  };

  return {
    open,
    ready: async (cost, signal) => {
      const line = cost.writes > 0 ? 'writes' : 'reads';
      const turn = lines[line].then(() => mayBeSent(cost, signal));
      lines[line] = turn.catch(() => undefined);
      await turn;
      underWay.units += cost.units;
      underWay.writes += cost.writes;
      return () => {
        underWay.units -= cost.units;
        underWay.writes -= cost.writes;
      };
    },
    throttled: (cost, ms, header) => {
      const isNew = clock.now() >= until;
      const isLonger = clock.now() + ms > until;
      until = Math.max(until, clock.now() + ms);
      // What was sent before the first refusal came is refused too; that says nothing new.
      if (buckets && isNew) buckets[limitHit(cost, header)].slowDown();
      if (isLonger && ms >= WORTH_TELLING_MS)
        onNotice(`Microsoft Graph asks to wait ${Math.ceil(ms / 1000)} seconds; going on then.`);
    },
    learn: (cost, header) => {
      const charged = Number(header('x-ms-resource-unit') ?? Number.NaN);
      if (Number.isFinite(charged)) buckets?.units.take(charged - cost.units);
      // Told from 0.8 on.
      const used = Number(header('x-ms-throttle-limit-percentage') ?? Number.NaN);
      if (Number.isFinite(used)) correct(cost.writes > 0 ? ['writes', 'units'] : ['units'], used);
    },
    size: (users) => buckets?.units.resize(unitsLimit(users, timeScale)),
  };
};

const limitHit = (cost: Cost, header: (name: string) => string | undefined): 'units' | 'writes' => {
  const told = `${header('x-ms-throttle-scope')} ${header('x-ms-throttle-information')}`;
  if (/ResourceUnit|\/Read\//.test(told)) return 'units';
  return cost.writes > 0 || /Write/.test(told) ? 'writes' : 'units';
};
