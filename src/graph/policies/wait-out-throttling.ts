// Waits as long as Graph asks, then sends again. A throttled write is sent again too: it was turned away whole.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../../model/clock.ts';
import { backoffMs, retryAfterMs } from '../delays.ts';
import type { Pace } from '../pace.ts';
import { MAX_THROTTLE_MS, MAX_THROTTLE_WAITS } from '../repeats.ts';
import { costOfRequest } from './keep-pace.ts';
import { signalOf } from './signal.ts';

/**
 * All requests of the connection wait together. After {@link MAX_THROTTLE_WAITS} waits, or when the next one would
 * end after {@link MAX_THROTTLE_MS}, the 429 goes to the caller.
 *
 * Source: https://learn.microsoft.com/graph/throttling
 */
export const waitOutThrottling = (clock: Clock, pace: Pace): PipelinePolicy => ({
  name: 'waitOutThrottling',
  sendRequest: async (request, next) => {
    const deadline = clock.now() + MAX_THROTTLE_MS;
    for (let waits = 0; ; waits += 1) {
      await pace.open(signalOf(request));
      const response = await next(request);
      if (response.status !== 429) return response;
      const waitMs = retryAfterMs(response.headers.get('retry-after'), clock.now()) ?? backoffMs(waits);
      if (waits === MAX_THROTTLE_WAITS || clock.now() + waitMs > deadline) return response;
      pace.throttled(costOfRequest(request), waitMs, (name) => response.headers.get(name));
    }
  },
});
