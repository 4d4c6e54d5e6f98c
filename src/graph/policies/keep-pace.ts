// Waits until a request fits into what Graph allows, and takes from each answer what it says of that.
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import type { Cost } from '../costs.ts';
import type { Pace } from '../pace.ts';
import { signalOf } from './signal.ts';

const costs = new WeakMap<PipelineRequest, Cost>();
const NOTHING: Cost = { units: 0, writes: 0 };

/** Marks a request with what it will be charged. */
export const willCost = (request: PipelineRequest, cost: Cost): void => {
  costs.set(request, cost);
};

export const costOfRequest = (request: PipelineRequest): Cost => costs.get(request) ?? NOTHING;

/** What the items of an envelope say is learnt where it is opened. */
export const keepPace = (pace: Pace): PipelinePolicy => ({
  name: 'keepPace',
  sendRequest: async (request, next) => {
    const cost = costOfRequest(request);
    const answered = await pace.ready(cost, signalOf(request));
    try {
      const response = await next(request);
      const isEnvelope = response.status < 300 && new URL(request.url).pathname.endsWith('/$batch');
      if (!isEnvelope) pace.learn(cost, (name) => response.headers.get(name));
      return response;
    } finally {
      answered();
    }
  },
});
