// Keeps no more requests under way than the directory answers quickly.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Ending, Window } from '../window.ts';
import { isRepeatable } from './repeat-reads.ts';
import { signalOf } from './signal.ts';

const TROUBLE: ReadonlySet<number> = new Set([408, 429, 503, 504]);

const COLLECTION = /^\/[^/]+\/([$\w]+)/;

/** Requests are compared with those to the same collection; envelopes of reads with one another, and those of writes. */
export const shareWindow = (window: Window): PipelinePolicy => ({
  name: 'shareWindow',
  sendRequest: async (request, next) => {
    const { pathname } = new URL(request.url);
    const kind = `${isRepeatable(request) ? 'read' : 'write'} ${COLLECTION.exec(pathname)?.[1]}`;
    const leave = await window.enter(kind, signalOf(request));
    let ending: Ending = 'troubled';
    try {
      const response = await next(request);
      if (!TROUBLE.has(response.status)) ending = 'answered';
      return response;
    } finally {
      leave(ending);
    }
  },
});
