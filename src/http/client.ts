// One request to a web API, and its whole answer. It follows nothing and repeats nothing: whoever asks knows what may be sent twice.
import { type Dispatcher, request as send } from 'undici';
import type { ReachSettings } from '../model/channel-settings.ts';
import { type Connections, openConnections } from './connections.ts';
import { lateFailure, sentFailure, WebFailure } from './failures.ts';
import { addressText } from './words.ts';

export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WebAnswer {
  readonly status: number;
  /** Names in lower case; of one that stands there several times all values, joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface WebClient {
  /**
   * Errors: {@link WebFailure} where no whole answer came, with whether the request may have been carried out; the
   * signal's reason after it was aborted.
   */
  send(request: WebRequest, signal: AbortSignal): Promise<WebAnswer>;
  close(): Promise<void>;
}

/** A larger answer is none that was asked for. */
const ANSWER_BYTES = 64 * 2 ** 20;

/** Certificates that cannot be read: RollcallError. */
export const openWebClient = async (
  { caFile, timeLimits }: Pick<ReachSettings, 'caFile' | 'timeLimits'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<WebClient> => {
  const connections = await openConnections({ caFile, connect: timeLimits.connect }, env);
  return {
    send: (request, signal) => exchange(connections, request, timeLimits, signal),
    close: () => connections.close(),
  };
};

const exchange = async (
  connections: Connections,
  { method, url, headers, body }: WebRequest,
  timeLimits: ReachSettings['timeLimits'],
  signal: AbortSignal,
): Promise<WebAnswer> => {
  signal.throwIfAborted();
  const place = addressText(url);
  const late = new AbortController();
  // Connecting has a limit of its own, inside this one.
  const timer = setTimeout(() => late.abort(), (timeLimits.connect + timeLimits.answer) * 1000);
  try {
    const answer = await send(url, {
      dispatcher: connections.to(url),
      method,
      headers: { 'user-agent': 'rollcall', ...headers },
      ...(body !== undefined && { body }),
      signal: AbortSignal.any([signal, late.signal]),
    });
    return { status: answer.statusCode, headers: plain(answer.headers), text: await whole(answer.body, place) };
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) throw lateFailure(place, timeLimits.answer);
    if (error instanceof WebFailure) throw error;
    throw sentFailure(error, place);
  } finally {
    clearTimeout(timer);
  }
};

const whole = async (body: Dispatcher.ResponseData['body'], place: string): Promise<string> => {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > ANSWER_BYTES) {
      const message = `${place}: the answer is larger than ${ANSWER_BYTES / 2 ** 20} MiB.`;
      throw new WebFailure(message, 'Check the address; nothing that is asked for is so large.', true);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size).toString('utf8');
};

const plain = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
