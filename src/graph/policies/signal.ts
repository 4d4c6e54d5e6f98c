// The library types a request's signal more loosely than what we hand it.
import type { PipelineRequest } from '@azure/core-rest-pipeline';

/** The signal that the caller gave. */
export const signalOf = (request: PipelineRequest): AbortSignal | undefined =>
  request.abortSignal as AbortSignal | undefined;
