// Counts what is spent on the directory: requests, resource units, writes, and what was told to wait.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { DirectoryUsage } from '../../model/directory.ts';
import { isWrite } from '../requests.ts';

/** A running account of usage. Batch items are added by whoever unpacks the batch. */
export class UsageMeter {
  #requests = 0;
  #resourceUnits = 0;
  #writes = 0;
  #throttled = 0;

  request(): void {
    this.#requests += 1;
  }

  /** One answer, of a request or of a batch item. */
  answer(method: string, status: number, resourceUnits: string | undefined): void {
    this.#resourceUnits += Number(resourceUnits) || 0;
    if (status === 429) this.#throttled += 1;
    if (isWrite(method)) this.#writes += 1;
  }

  usage(): DirectoryUsage {
    return {
      requests: this.#requests,
      resourceUnits: this.#resourceUnits,
      writes: this.#writes,
      throttled: this.#throttled,
    };
  }
}

export const usagePolicy = (meter: UsageMeter): PipelinePolicy => ({
  name: 'usage',
  sendRequest: async (request, next) => {
    meter.request();
    const response = await next(request);
    // The envelope of a batch costs nothing itself; being told to wait is told all the same.
    const isBatch = request.url.endsWith('/$batch');
    meter.answer(isBatch ? 'GET' : request.method, response.status, response.headers.get('x-ms-resource-unit'));
    return response;
  },
});
