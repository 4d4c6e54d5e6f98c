// Gives each attempt an id of its own, which Graph echoes and Microsoft's support asks for.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

export const requestIdPolicy = (newId: () => string = () => crypto.randomUUID()): PipelinePolicy => ({
  name: 'requestId',
  sendRequest: (request, next) => {
    request.headers.set('client-request-id', newId());
    return next(request);
  },
});
