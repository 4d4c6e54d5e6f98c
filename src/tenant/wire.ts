// What goes over the wire: bodies in, answers out, each exchange recorded.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody, GraphError } from './errors.ts';
import type { Recorder } from './record.ts';
import type { GraphRequest, GraphResponse } from './request.ts';
import type { Delivery } from './suffer.ts';

/** Of a request to the directory; the control plane takes users by the thousand. */
export const LONGEST_BODY = 4 * 1024 * 1024;
export const LONGEST_CONTROL_BODY = 256 * 1024 * 1024;

/** The body as text. Throws Graph's 413 where it is longer than `longest` bytes, and an Error where the client hangs up. */
export const readBody = (incoming: IncomingMessage, longest: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= longest) return void chunks.push(chunk);
      incoming.off('data', take);
      // The rest is read and dropped, so that the client gets to read why.
      incoming.resume();
      reject(
        new GraphError(413, 'RequestEntityTooLarge', 'The request is too large.', { headers: { Connection: 'close' } }),
      );
    };
    incoming.on('data', take);
    incoming.once('end', () => resolve(Buffer.concat(chunks).toString()));
    incoming.once('error', reject);
  });

/** A body as JSON; as text where it is none; undefined where there is no body. */
export const parsed = (body: string): unknown => {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
};

/** An error as Graph answers it. What is not Graph's own is a defect of the tenant. */
export const refusal = (
  error: unknown,
  { headers, correlationId }: Pick<GraphRequest, 'headers' | 'correlationId'>,
  now: number,
): GraphResponse => {
  const known =
    error instanceof GraphError
      ? error
      : new GraphError(500, 'InternalServerError', String(error instanceof Error ? error.stack : error));
  return {
    status: known.status,
    body: errorBody(known, correlationId, headers['client-request-id'] ?? correlationId, now),
    headers: known.headers,
  };
};

export interface Exchanged {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** The whole address. */
  readonly url: string;
  readonly requestBody: unknown;
  readonly requestId: string;
  readonly now: number;
  readonly response: GraphResponse;
  readonly delivery: Delivery;
  /** The faults that struck. */
  readonly faults: readonly string[];
}

/** Sends an answer of the directory and records the exchange, as if it had arrived. */
export const send = (exchanged: Exchanged, recorder: Recorder | undefined): void => {
  const { incoming, outgoing, url, requestBody, response, faults, delivery } = exchanged;
  const { body, isText = false, status } = response;
  const hasBody = body !== undefined;
  const text = hasBody ? (isText ? String(body) : JSON.stringify(body)) : '';
  const headers = headersOf(exchanged);
  recorder?.add({
    method: incoming.method ?? 'GET',
    url,
    requestHeaders: incoming.headers,
    requestBody,
    status,
    responseHeaders: headers,
    responseBody: hasBody ? (isText ? text : body) : undefined,
    ...(faults.length > 0 && { faults }),
  });
  if (delivery === 'none' || (delivery !== 'whole' && text === '')) {
    incoming.socket.destroy();
  } else if (delivery === 'whole') {
    outgoing.writeHead(status, headers);
    outgoing.end(text);
  } else {
    const length = { 'Content-Length': String(Buffer.byteLength(text)) };
    outgoing.writeHead(status, { ...headers, ...(delivery === 'half' && length) });
    outgoing.write(text.slice(0, Math.ceil(text.length / 2)), () => incoming.socket.destroy());
  }
};

const headersOf = ({ incoming, requestId, now, response }: Exchanged): Readonly<Record<string, string>> => {
  const { body, headers, isText, isForeign } = response;
  if (isForeign) return headers ?? {};
  return {
    'Cache-Control': 'no-cache',
    'Strict-Transport-Security': 'max-age=31536000',
    Date: new Date(now).toUTCString(),
    'request-id': requestId,
    'client-request-id': String(incoming.headers['client-request-id'] ?? requestId),
    'x-ms-ags-diagnostic':
      '{"ServerInfo":{"DataCenter":"Local","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"LOCAL"}}',
    ...(body !== undefined && {
      'Content-Type': isText
        ? 'text/plain'
        : 'application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8',
    }),
    ...headers,
  };
};

/** Sends an answer that is not the directory's. */
export const sendJson = (outgoing: ServerResponse, status: number, body: unknown, headers: object = {}): void => {
  outgoing.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  outgoing.end(JSON.stringify(body));
};
