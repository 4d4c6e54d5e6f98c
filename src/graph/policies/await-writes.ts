// A write that has been sent is waited for, whoever stops the work meanwhile: what became of it has to be recorded.
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import { isRepeatable } from './repeat-reads.ts';
import { signalOf } from './signal.ts';

/** Outside of it a stop keeps a write from being sent. Inside of it a stop does not reach the write. */
export const awaitWrites = (): PipelinePolicy => ({
  name: 'awaitWrites',
  sendRequest: async (request: PipelineRequest, next) => {
    const stop = signalOf(request);
    stop?.throwIfAborted();
    if (!stop || isRepeatable(request)) return next(request);
    delete request.abortSignal;
    try {
      return await next(request);
    } finally {
      request.abortSignal = stop;
    }
  },
});
