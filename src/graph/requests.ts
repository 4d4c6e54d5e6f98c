// What is common to all requests: their shape, and how an answer that is no success becomes a failure.
import type { DirectoryFailure } from '../model/errors.ts';
import { remedyFor } from './permissions.ts';

/** One call to Graph. `path` is relative to the version root and carries the query. */
export interface GraphCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Header names are in lower case. */
export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const isWrite = (method: string): boolean => method !== 'GET';

/** Advanced queries want this header, on each page. */
export const ADVANCED = { ConsistencyLevel: 'eventual' } as const;

/** The path of a call for messages: no query, no ids, no names of people. */
export const pathTemplate = (path: string): string =>
  path
    .split('?')[0]!
    .replace(/\((?:[^()'"]|'[^']*')*\)/g, '(…)')
    .replace(/\/[0-9a-f]{8}-[0-9a-f-]{27}(?=\/|$)/gi, '/{id}');

interface GraphErrorBody {
  readonly error?: {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly details?: readonly { readonly code?: unknown; readonly target?: unknown }[];
    readonly innerError?: { readonly 'request-id'?: unknown; readonly date?: unknown };
  };
}

/** An answer that is no success, as plain data. Source: https://learn.microsoft.com/graph/errors */
export const failureOf = (call: GraphCall, { status, headers, body }: GraphAnswer): DirectoryFailure => {
  const error = (typeof body === 'object' && body !== null ? (body as GraphErrorBody) : {}).error ?? {};
  const requestId = text(error.innerError?.['request-id']) ?? headers['request-id'];
  const date = text(error.innerError?.date) ?? headers['date'];
  const remedy = remedyFor(status, call);
  return {
    status,
    code: text(error.code) ?? `Http${status}`,
    message: text(error.message) ?? 'the answer was no error object of Microsoft Graph',
    ...(error.details && {
      details: error.details.map(({ code, target }) => ({ code: String(code), target: String(target) })),
    }),
    ...(requestId && { requestId }),
    ...(date && { date }),
    request: `${call.method} ${pathTemplate(call.path)}`,
    ...(remedy && { remedy }),
  };
};

/** No answer came, or one that was cut off. Whether the work was done is not known. */
export const noAnswer = (call: GraphCall, error: unknown): DirectoryFailure => ({
  status: 0,
  code: 'NoAnswer',
  message: `no answer came: ${error instanceof Error ? error.message : String(error)}`,
  request: `${call.method} ${pathTemplate(call.path)}`,
  remedy: 'Check the network and the address of the directory, then run the same command again.',
});

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
