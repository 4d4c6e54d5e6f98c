// Waits as long as Graph asks, then sends again; bounded in count and time.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../../model/clock.ts';
import { backoffMs, retryAfterMs } from '../retry-after.ts';

export interface ThrottleOptions {
  /** Default 10. */
  readonly maxWaits?: number;
  /** All waits of one request together, in milliseconds. Default 15 minutes. */
  readonly maxTotalMs?: number;
}

export const throttlePolicy = (
  clock: Clock,
  { maxWaits = 10, maxTotalMs = 900_000 }: ThrottleOptions = {},
): PipelinePolicy => ({
  name: 'throttle',
  sendRequest: async (request, next) => {
    let waited = 0;
    for (let waits = 0; ; waits += 1) {
      const response = await next(request);
      if (response.status !== 429) return response;
      const delay = retryAfterMs(response.headers.get('retry-after'), clock.now()) ?? backoffMs(waits);
      if (waits === maxWaits || waited + delay > maxTotalMs) return response;
      waited += delay;
      await clock.sleep(delay, request.abortSignal as AbortSignal | undefined);
    }
  },
});
