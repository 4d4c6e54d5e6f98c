// A request to the directory as the rules see it, alone or out of a batch; and the answer to it.
import type { Database } from './database.ts';
import { badRequest, malformed } from './errors.ts';
import type { View } from './replication.ts';
import type { TokenClaims } from './tokens.ts';

/** What all rules work with. */
export interface Tenant {
  readonly db: Database;
  readonly tenantId: string;
  readonly clientId: string;
  readonly domains: readonly string[];
  /** Those of them whose users sign in elsewhere. In lower case. */
  readonly federatedDomains: readonly string[];
  /** So many objects the directory takes; undefined: as many as come. */
  readonly objectQuota: number | undefined;
  /** For so many people there are licences; undefined: for everybody. */
  readonly seats: number | undefined;
  /** The tenant's own time, milliseconds since 1970. */
  now(): number;
  /** How the request at hand sees the directory. */
  readonly replication: View;
  /** An event of the audit log is shown so much later. Milliseconds. */
  readonly auditDelayMs: number;
}

export interface GraphRequest {
  readonly method: string;
  /** Below the version root, decoded no further than the server did: `/users/…`. */
  readonly path: string;
  /** Behind the question mark, still encoded. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly claims: TokenClaims;
  /** The version root as the client addresses it, for links: `http://127.0.0.1:8787/v1.0`. */
  readonly root: string;
  readonly correlationId: string;
  /** Came inside a `$batch`. */
  readonly isBatched?: true;
}

export interface GraphResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A bare text, such as a count. */
  readonly isText?: boolean;
  /** Not Graph's own, but a proxy's on the way. */
  readonly isForeign?: boolean;
}

/** The body as an object, or Graph's refusal. */
export const objectBody = ({ body }: Pick<GraphRequest, 'body'>): Readonly<Record<string, unknown>> => {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  if (typeof body === 'string')
    throw malformed(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  throw badRequest('Empty Payload. JSON content expected.');
};

/** A page's link to the next: the request's own address with another place to begin. */
export const nextLink = (
  { root, path, query }: Pick<GraphRequest, 'root' | 'path' | 'query'>,
  token: string,
): string => {
  const kept = query.split('&').filter((part) => part !== '' && !/^(?:\$|%24)skiptoken=/i.test(part));
  return `${root}${path}?${[...kept, `$skiptoken=${token}`].join('&')}`;
};

/** Opaque to clients: where the next page begins. */
export const encodeToken = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

export const decodeToken = (token: string): unknown => {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw badRequest('The skip token is not valid.');
  }
};

/** A place that is a row's number. */
export const placeOf = (token: string): number => {
  const place = decodeToken(token);
  if (typeof place === 'number' && Number.isSafeInteger(place)) return place;
  throw badRequest('The skip token is not valid.');
};
