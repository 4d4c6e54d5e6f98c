// Reads the JSON of an answer. A success that holds something else counts as no answer: it is half of one, or a proxy's.
import { type PipelinePolicy, type PipelineRequest, type PipelineResponse, RestError } from '@azure/core-rest-pipeline';

const bodies = new WeakMap<PipelineResponse, unknown>();

/** The body of an answer: parsed where it is JSON, text otherwise; undefined where there is none. */
export const bodyOf = (response: PipelineResponse): unknown => bodies.get(response);

/** Errors: RestError with the code HalfAnswer or ForeignAnswer, so that a read is sent again. */
export const readBody = (): PipelinePolicy => ({
  name: 'readBody',
  sendRequest: async (request, next) => {
    const response = await next(request);
    bodies.set(response, bodyIn(request, response));
    return response;
  },
});

const bodyIn = (request: PipelineRequest, { status, headers, bodyAsText }: PipelineResponse): unknown => {
  const text = bodyAsText ?? '';
  const isSuccess = status >= 200 && status < 300;
  const isJson = /\bjson\b/i.test(headers.get('content-type') ?? '');
  if (text === '') return undefined;
  if (!isJson && isSuccess && /\bjson\b/.test(request.headers.get('accept') ?? ''))
    throw noAnswer('ForeignAnswer', 'a page came in place of an answer; a proxy or another server may have sent it');
  if (!isJson) return text;
  try {
    return JSON.parse(text);
  } catch {
    // An error that cannot be read is an error nevertheless: its status says enough.
    if (!isSuccess) return text;
    throw noAnswer('HalfAnswer', 'the answer broke off in the middle');
  }
};

const noAnswer = (code: string, message: string): RestError => new RestError(message, { code });
