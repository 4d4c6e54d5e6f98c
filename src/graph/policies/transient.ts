// Sends a read again when the service or the way to it failed for a moment. A write is never sent again here: it may
// have been done, and whoever sent it must look.
import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../../model/clock.ts';
import { backoffMs, retryAfterMs } from '../retry-after.ts';

const TRANSIENT = new Set([500, 502, 503, 504]);

export interface TransientOptions {
  /** Default 5. */
  readonly maxTries?: number;
}

/** Says that a request may be repeated although its method is not GET; taken off before it is sent. */
export const REPEATABLE_HEADER = 'x-rollcall-repeatable';

export const transientPolicy = (clock: Clock, { maxTries = 5 }: TransientOptions = {}): PipelinePolicy => ({
  name: 'transient',
  sendRequest: async (request, next) => {
    const isRepeatable = request.method === 'GET' || request.headers.get(REPEATABLE_HEADER) !== undefined;
    request.headers.delete(REPEATABLE_HEADER);
    if (!isRepeatable) return next(request);
    for (let tries = 1; ; tries += 1) {
      const outcome = await next(request).catch((error: unknown) => error);
      const response = outcome instanceof Error ? undefined : (outcome as Awaited<ReturnType<typeof next>>);
      const isTransient = response ? TRANSIENT.has(response.status) : isLost(outcome);
      if (!isTransient || tries === maxTries) {
        if (response) return response;
        throw outcome;
      }
      const asked = response && retryAfterMs(response.headers.get('retry-after'), clock.now());
      await clock.sleep(asked ?? backoffMs(tries - 1), request.abortSignal as AbortSignal | undefined);
    }
  },
});

/** The connection broke or the answer was cut off, as against a mistake of ours or a stop. */
const isLost = (error: unknown): boolean =>
  isRestError(error) ||
  (error instanceof Error &&
    /ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|socket|terminated/i.test(
      `${(error as NodeJS.ErrnoException).code} ${error.message}`,
    ));
