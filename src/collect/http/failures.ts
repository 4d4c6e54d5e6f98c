// What of all that fails on the network may pass by itself, and what the rest is in words.
import { retryAfter } from '../../http/waiting.ts';
import type { ServerPlace, SourceError } from '../../model/errors.ts';
import { networkFailureOf } from '../network-failure.ts';
import { type WebDefect, webError } from './errors.ts';

/** A failure that another attempt may get over. */
export class Passing extends Error {
  readonly told: SourceError;
  readonly code: WebDefect;
  /** Seconds that the server wants to be left alone. */
  readonly after: number | undefined;

  constructor(code: WebDefect, place: ServerPlace, message: string, after?: number, cause?: unknown) {
    super(message);
    this.code = code;
    this.told = webError(code, place, message, cause);
    this.after = after;
  }
}

/** Of an answer whose status says "not now". `told`: what it says besides. */
export const passingStatus = (
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  place: ServerPlace,
  told: string,
): Passing | undefined => {
  if (![429, 502, 503, 504].includes(status)) return undefined;
  const code = status === 429 ? 'tooManyRequests' : 'unavailable';
  const what = status === 429 ? 'the server asks for fewer requests' : 'the server is not available';
  return new Passing(code, place, `${what}: status ${status}${told}`, retryAfter(headers['retry-after'], Date.now()));
};

const DROPPED = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]);

const PLAIN: Readonly<Record<string, readonly [code: WebDefect, message: string]>> = {
  ENOTFOUND: ['unknownHost', 'there is no such host'],
  EAI_AGAIN: ['unknownHost', 'the host could not be looked up'],
  ECONNREFUSED: ['unreachable', 'the connection was refused'],
  EHOSTUNREACH: ['unreachable', 'the host cannot be reached'],
  ENETUNREACH: ['unreachable', 'the network cannot be reached'],
  ETIMEDOUT: ['timeout', 'no connection could be made in time'],
  UND_ERR_PRX_CONN: ['proxyFailed', 'the proxy ended the connection'],
  UND_ERR_PRX_TLS: ['proxyFailed', "the proxy's certificate is not trusted"],
  UND_ERR_HEADERS_OVERFLOW: ['notHttp', 'its headers are too large'],
};

/** The error for what the library reports; its own words are shown only where they cannot hold anything of a request. */
export const sentError = (
  error: unknown,
  place: ServerPlace,
  connectSeconds: number,
  masked: (text: string) => string,
): SourceError | Passing => {
  const failure = innermost(error);
  const code = failure.code ?? '';
  if (DROPPED.has(code)) return new Passing('connectionLost', place, 'the connection was cut', undefined, failure);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return webError('timeout', place, `no connection within ${connectSeconds} seconds`);
  }
  if (/Proxy (?:response|Authentication)/.test(failure.message)) {
    const status = /\((\d{3})\)/.exec(failure.message)?.[1];
    return webError('proxyFailed', place, `the proxy refused with status ${status ?? 'unknown'}`);
  }
  const known = PLAIN[code];
  if (known) return webError(known[0], place, known[1]);
  const network = networkFailureOf(code, failure.message);
  if (network?.code === 'notTrusted') {
    return webError('untrusted', place, `${network.message} (${code})`, undefined, network.remedy);
  }
  if (/^(?:ERR_SSL_|ERR_TLS_|EPROTO)/.test(code))
    return webError('tlsFailed', place, `no TLS could be agreed on with the server (${code})`);
  if (failure.name === 'HTTPParserError') return webError('notHttp', place, 'the answer is not HTTP', failure);
  return webError('unreachable', place, `it could not be read: ${masked(failure.message)}`, failure);
};

/** Where several addresses of a host were tried, the first failure. */
const innermost = (error: unknown): Error & { readonly code?: string } => {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
};
