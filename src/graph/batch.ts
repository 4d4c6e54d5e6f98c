// Sends calls together. Whoever asks, their calls stand in one line, so that envelopes go out as full as they can be.
import type { Clock } from '../model/clock.ts';
import { type Answer, type Call, isRead, type Outcome } from './call.ts';
import { claimsIn } from './claims.ts';
import type { Client } from './client.ts';
import { costOf } from './costs.ts';
import { backoffMs, retryAfterMs } from './delays.ts';
import { CALLS_PER_ENVELOPE, ENVELOPE_CHARACTERS, type Sent, sendEnvelope, sizeOf } from './envelope.ts';
import type { Pace } from './pace.ts';
import { MAX_THROTTLE_MS, MAX_THROTTLE_WAITS, repeatsOfRead } from './repeats.ts';
import type { Tokens } from './tokens.ts';
import type { UsageCounter } from './usage.ts';
import type { Window } from './window.ts';

/**
 * Sends calls in `$batch` envelopes and answers in the order of the calls.
 *
 * Shape:  n calls → n outcomes; up to 20 calls an envelope, reads and writes apart. The calls of an envelope run in no
 *         promised order.
 * Errors: a refused call is an outcome, not a throw, and so is one without an answer. Calls that were throttled go
 *         into the next envelope, together with whatever waits, after the wait that they were told; reads that failed on
 *         the directory's side, or whose answer was left out, as well. Throws what the sign-in throws. Aborted reads
 *         throw the signal's reason; writes that had not been sent by then are outcomes, those that had are waited for.
 * Source: https://learn.microsoft.com/graph/json-batching
 */
export type Batch = (calls: readonly Call[], signal?: AbortSignal) => Promise<readonly Outcome[]>;

export interface BatchParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly window: Window;
  readonly tokens: Tokens;
  readonly usage: UsageCounter;
}

export const createBatch = (parts: BatchParts): Batch => {
  const reads = createLine(parts);
  const writes = createLine(parts);
  return async (calls, signal) => {
    const outcomes = await Promise.all(calls.map((call) => (isRead(call) ? reads : writes)(call, signal)));
    const isUnfinished = calls.some((call, index) => isRead(call) && 'stopped' in outcomes[index]!);
    if (isUnfinished) throw signal?.reason;
    return outcomes;
  };
};

/** A call that waits for its end. */
interface Waiting {
  readonly call: Call;
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  /** No wait for throttling may end after this. */
  readonly deadline: number;
  throttled: number;
  failed: number;
  /** Its token was refused, and replaced: that helps once. */
  hasNewToken: boolean;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: unknown) => void;
}

type Line = (call: Call, signal: AbortSignal | undefined) => Promise<Outcome>;

const createLine = (parts: BatchParts): Line => {
  const { client, clock, pace, window, tokens, usage } = parts;
  const line: Waiting[] = [];
  let underWay = 0;
  let isPacking = false;

  /** Sends while there is room. What comes while everything waits for Graph finds its place in the next envelope. */
  const pack = async (): Promise<void> => {
    if (isPacking) return;
    isPacking = true;
    // Calls that are asked for together are all in line before the first envelope is closed.
    await Promise.resolve();
    while (line.length > 0 && underWay < window.size) {
      await pace.open();
      const calls = takeEnvelope(line);
      if (calls.length === 0) break;
      underWay += 1;
      void sendTogether(calls).finally(() => {
        underWay -= 1;
        void pack();
      });
    }
    isPacking = false;
  };

  const sendTogether = async (waiting: readonly Waiting[]): Promise<void> => {
    const stop = stopOf(waiting);
    for (const { call } of waiting) if (!isRead(call)) usage.countWrite();
    try {
      const token = await tokens.get(stop.signal);
      const sent = await sendEnvelope(
        client,
        waiting.map(({ call }) => call),
        stop.signal,
      );
      for (const [index, one] of waiting.entries()) ended(one, sent[index]!, token);
    } catch (error) {
      const isStopped = stop.signal?.aborted && error === stop.signal.reason;
      for (const one of waiting) {
        if (isStopped) one.settle({ stopped: true });
        else one.fail(error);
      }
    } finally {
      stop.release();
    }
  };

  const ended = (one: Waiting, sent: Sent, token: string): void => {
    if ('answer' in sent && !sent.ofAll) {
      usage.countAnswer(sent.answer.status, sent.answer.header);
      pace.learn(costOf(one.call), sent.answer.header);
    }
    const waitMs = waitBeforeNext(one, sent);
    const refusal = refusedToken(one, sent);
    if (refusal) void renewed(one, sent, refusal, token);
    else if (waitMs === undefined) one.settle(sent);
    else if ('answer' in sent && sent.answer.status === 429) {
      // Throttling concerns every request of the connection, a read that failed only itself.
      one.throttled += 1;
      pace.throttled(costOf(one.call), waitMs, sent.answer.header);
      again(one);
    } else {
      one.failed += 1;
      clock.sleep(waitMs, one.signal).then(
        () => again(one),
        () => one.settle({ stopped: true }),
      );
    }
  };

  /** The envelope's token was good, but not for this one: something has changed in between. Nothing of it was done. */
  const renewed = async (one: Waiting, sent: Sent, refusal: Answer, token: string): Promise<void> => {
    one.hasNewToken = true;
    try {
      const fresh = await tokens.renew(token, claimsIn(refusal.header('www-authenticate')), one.signal);
      if (fresh === token) one.settle(sent);
      else again(one);
    } catch (error) {
      if (one.signal?.aborted) one.settle({ stopped: true });
      else one.fail(error);
    }
  };

  /** Undefined where sending again would do no good, or has been tried often enough. */
  const waitBeforeNext = (one: Waiting, sent: Sent): number | undefined => {
    if ('lost' in sent)
      return sent.alone && isRead(one.call) && one.failed < repeatsOfRead(0) ? backoffMs(one.failed) : undefined;
    const { status, header } = sent.answer;
    if (sent.ofAll) return undefined;
    const told = retryAfterMs(header('retry-after'), clock.now());
    if (status === 429) {
      const waitMs = told ?? backoffMs(one.throttled);
      const isBounded = one.throttled < MAX_THROTTLE_WAITS && clock.now() + waitMs <= one.deadline;
      return isBounded ? waitMs : undefined;
    }
    return isRead(one.call) && one.failed < repeatsOfRead(status) ? (told ?? backoffMs(one.failed)) : undefined;
  };

  /** Back in line, before those that have not been sent yet. */
  const again = (one: Waiting): void => {
    if (one.signal?.aborted) {
      one.settle({ stopped: true });
      return;
    }
    const firstNew = line.findIndex(({ throttled, failed, hasNewToken }) => throttled + failed === 0 && !hasNewToken);
    line.splice(firstNew < 0 ? line.length : firstNew, 0, one);
    void pack();
  };

  return (call, signal) =>
    new Promise<Outcome>((resolve, reject) => {
      if (signal?.aborted) return resolve({ stopped: true });
      const stopped = () => {
        const place = line.indexOf(one);
        if (place >= 0) line.splice(place, 1);
        // A write that is on its way is waited for.
        if (place >= 0 || isRead(call)) one.settle({ stopped: true });
      };
      const done = () => signal?.removeEventListener('abort', stopped);
      const one: Waiting = {
        call,
        size: sizeOf(call),
        signal,
        deadline: clock.now() + MAX_THROTTLE_MS,
        throttled: 0,
        failed: 0,
        hasNewToken: false,
        settle: (outcome) => {
          done();
          resolve(outcome);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
      signal?.addEventListener('abort', stopped, { once: true });
      line.push(one);
      void pack();
    });
};

/** The answer that refused its token, if another one may help. */
const refusedToken = (one: Waiting, sent: Sent): Answer | undefined =>
  'answer' in sent && sent.answer.status === 401 && !sent.ofAll && !one.hasNewToken ? sent.answer : undefined;

/** The first calls in line, as many as go into an envelope. */
const takeEnvelope = (line: Waiting[]): readonly Waiting[] => {
  let count = 0;
  let characters = 0;
  for (const { size } of line) {
    if (count === CALLS_PER_ENVELOPE || (count > 0 && characters + size > ENVELOPE_CHARACTERS)) break;
    count += 1;
    characters += size;
  }
  return line.splice(0, count);
};

/** An envelope is stopped when nobody wants an answer of it any more. */
const stopOf = (waiting: readonly Waiting[]): { signal: AbortSignal | undefined; release: () => void } => {
  const signals = new Set(waiting.map(({ signal }) => signal));
  const all = [...signals].filter((signal) => signal !== undefined);
  if (all.length < signals.size) return { signal: undefined, release: () => undefined };
  const stop = new AbortController();
  const check = () => {
    const last = all.find(({ aborted }) => !aborted);
    if (!last) stop.abort(all[0]?.reason);
  };
  for (const signal of all) signal.addEventListener('abort', check, { once: true });
  check();
  const release = () => {
    for (const signal of all) signal.removeEventListener('abort', check);
  };
  return { signal: stop.signal, release };
};
