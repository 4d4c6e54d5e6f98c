// What happens to every request on its way, in order.
import {
  createEmptyPipeline,
  logPolicy,
  type Pipeline,
  proxyPolicy,
  setClientRequestIdPolicy,
  userAgentPolicy,
} from '@azure/core-rest-pipeline';
import type { Clock } from '../model/clock.ts';
import { isLoopback } from './loopback.ts';
import type { Pace } from './pace.ts';
import { awaitWrites } from './policies/await-writes.ts';
import { bearerToken } from './policies/bearer-token.ts';
import { countUsage } from './policies/count-usage.ts';
import { keepPace } from './policies/keep-pace.ts';
import { limitTime } from './policies/limit-time.ts';
import { readBody } from './policies/read-body.ts';
import { repeatReads } from './policies/repeat-reads.ts';
import { shareWindow } from './policies/share-window.ts';
import { trust } from './policies/trust.ts';
import { waitOutThrottling } from './policies/wait-out-throttling.ts';
import type { Tokens } from './tokens.ts';
import type { UsageCounter } from './usage.ts';
import type { Window } from './window.ts';

export interface PipelineParts {
  readonly root: string;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly window: Window;
  readonly tokens: Tokens;
  readonly usage: UsageCounter;
  readonly caFile?: string;
  readonly onNotice?: (text: string) => void;
}

/**
 * The order matters:
 * - the request id comes first, so that all attempts of a call carry the same one and can be found together;
 * - reading the body stands inside repeating, so that half an answer is asked for again;
 * - repeating stands outside throttling, so that a repeated read waits like any other request;
 * - the pace stands inside all waiting for a limit, and outside the token, so that an attempt after an hour's wait
 *   carries a token that is still good;
 * - counting stands inside all that sends again, so that it sees each request;
 * - room among the requests under way is taken last, so that nobody holds it who still waits for something else;
 * - from there on a write is on its way and is waited for;
 * - the log comes after everything that sets headers, and writes only what is harmless: no token, no body, no query value;
 * - the time limit is for one attempt, not for the waiting between.
 *
 * The library's decompression is left out: a connection that breaks in the middle of a compressed answer ends the process.
 */
export const createPipeline = (parts: PipelineParts): Pipeline => {
  const { root, clock, pace, window, tokens, usage, caFile, onNotice } = parts;
  const pipeline = createEmptyPipeline();
  for (const policy of [
    setClientRequestIdPolicy('client-request-id'),
    userAgentPolicy({ userAgentPrefix: 'rollcall' }),
    repeatReads(clock, onNotice),
    readBody(),
    waitOutThrottling(clock, pace),
    keepPace(pace),
    bearerToken(tokens),
    countUsage(usage),
    shareWindow(window),
    awaitWrites(),
    logPolicy(),
    limitTime(),
    trust(caFile ?? null),
    // A proxy cannot reach this machine's own addresses.
    ...(isLoopback(new URL(root)) ? [] : [proxyPolicy()]),
  ])
    pipeline.addPolicy(policy);
  return pipeline;
};
