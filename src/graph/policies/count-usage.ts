// Counts every request that goes out. The items of an envelope are counted where it is opened.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { UsageCounter } from '../usage.ts';

export const countUsage = (usage: UsageCounter): PipelinePolicy => ({
  name: 'countUsage',
  sendRequest: async (request, next) => {
    const isEnvelope = new URL(request.url).pathname.endsWith('/$batch');
    usage.countRequest();
    if (request.method !== 'GET' && !isEnvelope) usage.countWrite();
    const response = await next(request);
    // An envelope costs nothing itself; only its being throttled counts.
    const header = (name: string) => (isEnvelope ? undefined : response.headers.get(name));
    usage.countAnswer(response.status, header);
    return response;
  },
});
