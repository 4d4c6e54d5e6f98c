// Sends a read again that failed on the way. A write whose answer was lost may have been done: it is never repeated here.
import {
  isRestError,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { Clock } from '../../model/clock.ts';
import { backoffMs, retryAfterMs } from '../delays.ts';
import { isDistrust, repeatsOfRead, wasNeverSent } from '../repeats.ts';
import { signalOf } from './signal.ts';

const repeatable = new WeakSet<PipelineRequest>();

/** Marks a request that only reads. */
export const allowRepeats = (request: PipelineRequest): void => {
  repeatable.add(request);
};

export const isRepeatable = (request: PipelineRequest): boolean => repeatable.has(request);

/** A service that wants to be left alone for longer gets its wish: its answer goes to the caller. Milliseconds. */
const LONGEST_WAIT_MS = 120_000;
/** No repeat is begun later than this after the first attempt. Milliseconds. */
const LONGEST_MS = 15 * 60_000;

/** Source: https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/graph/best-practices-concept */
export const repeatReads = (clock: Clock, onNotice: (text: string) => void = () => {}): PipelinePolicy => ({
  name: 'repeatReads',
  sendRequest: async (request, next) => {
    const deadline = clock.now() + LONGEST_MS;
    for (let repeats = 0; ; repeats += 1) {
      const came = await attempt(() => next(request));
      if (request.abortSignal?.aborted || repeats >= allowed(request, came)) return unwrapped(came);
      const waitMs = askedWaitMs(came, clock) ?? backoffMs(repeats);
      if (waitMs > LONGEST_WAIT_MS || clock.now() + waitMs > deadline) return unwrapped(came);
      // The first repeat is ordinary weather; from the second on a person may wonder what takes so long.
      if (repeats > 0) onNotice(`${whatCame(came)}; trying again in ${Math.ceil(waitMs / 1000)} seconds.`);
      await clock.sleep(waitMs, signalOf(request));
    }
  },
});

type Came = { readonly response: PipelineResponse } | { readonly error: unknown };

const attempt = async (send: () => Promise<PipelineResponse>): Promise<Came> => {
  try {
    return { response: await send() };
  } catch (error) {
    return { error };
  }
};

const unwrapped = (came: Came): PipelineResponse => {
  if ('error' in came) throw came.error;
  return came.response;
};

const allowed = (request: PipelineRequest, came: Came): number => {
  if ('response' in came) return repeatable.has(request) ? repeatsOfRead(came.response.status) : 0;
  if (!isRestError(came.error) || isDistrust(came.error.code)) return 0;
  return repeatable.has(request) || wasNeverSent(came.error.code) ? repeatsOfRead(0) : 0;
};

const askedWaitMs = (came: Came, clock: Clock): number | undefined =>
  'response' in came ? retryAfterMs(came.response.headers.get('retry-after'), clock.now()) : undefined;

const whatCame = (came: Came): string =>
  'response' in came ? `Microsoft Graph answered ${came.response.status}` : 'Microsoft Graph did not answer';
