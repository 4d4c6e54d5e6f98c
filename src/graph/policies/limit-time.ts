// Gives up on an attempt that takes too long. The library's own limit ends at the first byte of the answer, so that a
// connection that falls silent in the middle of a page would hold everything up for ever.
import { type PipelinePolicy, RestError } from '@azure/core-rest-pipeline';
import { signalOf } from './signal.ts';

/** Longer than Graph itself lets a request take. Milliseconds. */
const LIMIT_MS = 150_000;

/** Errors: RestError with the code ETIMEDOUT, which counts as an answer that did not come. */
export const limitTime = (limitMs: number = LIMIT_MS): PipelinePolicy => ({
  name: 'limitTime',
  sendRequest: async (request, next) => {
    const callers = signalOf(request);
    callers?.throwIfAborted();
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    callers?.addEventListener('abort', stop, { once: true });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, limitMs);
    request.abortSignal = attempt.signal;
    try {
      return await next(request);
    } catch (error) {
      if (!isLate) throw error;
      throw new RestError(`nothing came for ${Math.round(limitMs / 1000)} seconds`, { code: 'ETIMEDOUT' });
    } finally {
      clearTimeout(timer);
      callers?.removeEventListener('abort', stop);
      if (callers) request.abortSignal = callers;
      else delete request.abortSignal;
    }
  },
});
