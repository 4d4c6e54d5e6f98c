// Sends calls through the pipeline and makes answers of what comes back.
import { createPipelineRequest, type HttpClient, isRestError, type Pipeline } from '@azure/core-rest-pipeline';
import { DirectoryError } from '../model/errors.ts';
import { type Answer, type Call, isRead, isRecord, isSuccess } from './call.ts';
import { costOf } from './costs.ts';
import { failureOf, lostFailure, unexpected } from './failure.ts';
import { willCost } from './policies/keep-pace.ts';
import { bodyOf } from './policies/read-body.ts';
import { allowRepeats } from './policies/repeat-reads.ts';

export interface Client {
  /**
   * Sends a call and hands back the answer, whatever its status.
   *
   * Errors: {@link DirectoryError} with status 0 where no answer came, or as the sign-in refused. An aborted call
   * throws the signal's reason; a write throws it only if nothing was done: once it is sent, its end is waited for.
   */
  send(call: Call, signal?: AbortSignal): Promise<Answer>;
}

/** `root` carries the version: `https://graph.microsoft.com/v1.0`. */
export const createClient = (root: string, pipeline: Pipeline, http: HttpClient): Client => ({
  send: async (call, signal) => {
    const url = urlOf(root, call);
    const request = createPipelineRequest({
      url,
      method: call.method,
      allowInsecureConnection: true,
      ...(signal && { abortSignal: signal }),
    });
    request.headers.set('accept', 'application/json');
    for (const [name, value] of Object.entries(call.headers ?? {})) request.headers.set(name, value);
    if (call.body !== undefined) {
      request.headers.set('content-type', 'application/json');
      request.body = JSON.stringify(call.body);
    }
    if (isRead(call)) allowRepeats(request);
    willCost(request, costOf(call));
    try {
      const response = await pipeline.sendRequest(http, request);
      const { status, headers } = response;
      return { status, header: (name) => headers.get(name), body: bodyOf(response) };
    } catch (error) {
      if (signal?.aborted && (isRead(call) || error === signal.reason)) throw signal.reason;
      if (isRestError(error)) {
        // The library's error carries the request, and with it the token and perhaps a password: it is not passed on.
        const code = error.code ?? 'NoAnswer';
        throw new DirectoryError(lostFailure(call, code, `no answer from ${new URL(url).host}: ${error.message}`));
      }
      throw error;
    }
  },
});

/** The body of a successful answer. Errors: {@link DirectoryError} for any other. */
export const read = async (client: Client, call: Call, signal?: AbortSignal): Promise<unknown> => {
  const answer = await client.send(call, signal);
  if (!isSuccess(answer)) throw new DirectoryError(failureOf(call, answer));
  return answer.body;
};

/** One object, or undefined where the directory says that it has none. */
export const readObject = async (
  client: Client,
  call: Call,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const answer = await client.send(call, signal);
  // A 404 that is not Graph's own means that something else answered, not that the object is missing.
  if (answer.status === 404 && failureOf(call, answer).code !== 'NoGraphError') return undefined;
  if (!isSuccess(answer)) throw new DirectoryError(failureOf(call, answer));
  if (!isRecord(answer.body)) throw unexpected(call, answer, 'no object');
  return answer.body;
};

const urlOf = (root: string, call: Call): string => {
  if (call.path.startsWith('/')) return `${root}${call.path}`;
  // A link that leads elsewhere would be handed the token.
  if (URL.parse(call.path)?.origin === new URL(root).origin) return call.path;
  throw new DirectoryError(
    lostFailure(
      call,
      'ForeignLink',
      'the directory answered with a link that leads to another host; it is not followed',
    ),
  );
};
