// One exchange with the directory: its token checked, its limits charged, its faults suffered, answered, recorded.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorise } from './authorise.ts';
import { checkBasicProfile, toBasicProfile } from './basic-profile.ts';
import { answerBatch } from './batch.ts';
import { resourceUnits, type Stats } from './costs.ts';
import { claimsChallenge, invalidToken, methodNotAllowed } from './errors.ts';
import type { Faults, Strike } from './faults.ts';
import { underOwnId } from './me.ts';
import type { Recorder } from './record.ts';
import type { Look, Replication } from './replication.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';
import { settleReviews } from './reviews/progress.ts';
import { routeOf } from './routes.ts';
import { purge } from './soft-delete.ts';
import { behindEmpty, ConnectionReset, deliveryOf, inEnvelope, isOfDelivery, suffer } from './suffer.ts';
import type { Throttle } from './throttle.ts';
import type { AccessTokens } from './tokens.ts';
import { parsed, refusal, send } from './wire.ts';

/** One HTTP exchange, for tests that strike at a certain moment. */
export interface ExchangeEvent {
  readonly method: string;
  readonly url: string;
  /** Of the exchange among those with the directory, from 1. */
  readonly requestNumber: number;
  /** Undefined until it has been answered. */
  readonly status?: number;
}

/** What exchanges need besides the rules' own. */
export interface Directory {
  readonly tenant: Omit<Tenant, 'replication'>;
  readonly replication: Replication;
  readonly tokens: AccessTokens;
  readonly stats: Stats;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly recorder: Recorder | undefined;
  readonly latencyMs: number;
  readonly onExchange?: (exchange: ExchangeEvent, phase: 'received' | 'answered') => void | Promise<void>;
}

/** A request as it came. */
export interface Came {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Of the server: `http://127.0.0.1:8787`. */
  readonly origin: string;
  /** Of the version: `/v1.0`. */
  readonly version: string;
  /** Below the version. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

const HOST = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?$/i;

/** The server as the client calls it, which may be by another name than its own. Links lead back there. */
const addressedAs = ({ headers }: IncomingMessage, origin: string): string => {
  const { host = '' } = headers;
  return HOST.test(host) ? `${new URL(origin).protocol}//${host}` : origin;
};

/** So many tokens that were refused once are remembered. */
const MOST_REVOKED = 1000;

/** Answers requests of the directory. */
export const createExchange = (directory: Directory): ((came: Came) => Promise<void>) => {
  const { tenant, replication, tokens, stats, faults, throttle, recorder, latencyMs, onExchange } = directory;
  const { now } = tenant;
  const revoked = new Set<string>();
  /** Whoever was challenged, by object id, and the second before which no token of theirs will do any more. */
  const challenged = new Map<string, number>();

  /** Serves one request of the directory, alone or out of a batch. */
  const serve = async (
    request: GraphRequest,
    strike: Strike | undefined,
    place: readonly number[],
  ): Promise<GraphResponse> => {
    const units = resourceUnits(request);
    let name = `${request.method} (unknown)`;
    let told: Readonly<Record<string, string>> | undefined;
    let response: GraphResponse;
    try {
      told = throttle.charge(request, request.claims.appid, units);
      const meant = underOwnId(request);
      const route = routeOf(meant);
      name = route.name;
      response = await suffer(
        strike,
        request,
        () => {
          const seeing: Tenant = { ...tenant, replication: replication.view(lookOf(meant, place)) };
          authorise(seeing, meant, route);
          checkBasicProfile(meant, route);
          return toBasicProfile(meant, route, route.answer(seeing, behindEmpty(meant)));
        },
        now(),
      );
    } catch (error) {
      if (error instanceof ConnectionReset) throw error;
      response = refusal(error, request, now());
    }
    stats.served(name, request.method, units, response.status);
    if (response.isForeign) return response;
    return { ...response, headers: { ...told, ...response.headers, 'x-ms-resource-unit': String(units) } };
  };

  const check = (authorization: string | undefined) => {
    if (authorization !== undefined && revoked.has(authorization))
      throw invalidToken('Lifetime validation failed, the token is expired.');
    const claims = tokens.check(authorization);
    const notBefore = challenged.get(claims.oid);
    // As in Graph, a token from a cache will not do: it must be one that was asked for with the claims of the challenge.
    if (notBefore !== undefined && claims.nbf < notBefore) throw claimsChallenge(notBefore);
    return claims;
  };

  const revoke = (authorization: string | undefined): void => {
    if (revoked.size >= MOST_REVOKED) revoked.clear();
    if (authorization !== undefined) revoked.add(authorization);
  };

  return async ({ incoming, outgoing, origin, version, path, query, body }) => {
    stats.request();
    const method = incoming.method ?? 'GET';
    const { authorization } = incoming.headers;
    const requestNumber = stats.requests;
    const event = { method, url: incoming.url ?? '/', requestNumber };
    await onExchange?.(event, 'received');
    if (latencyMs > 0) await sleep(latencyMs);
    const request: GraphRequest = {
      method,
      path,
      query,
      headers: incoming.headers as Record<string, string | undefined>,
      body: isJson(incoming) ? parsed(body) : body || undefined,
      claims: { aud: '', tid: '', appid: '', oid: '', exp: 0, nbf: 0 },
      root: `${addressedAs(incoming, origin)}${version}`,
      correlationId: crypto.randomUUID(),
    };

    const strikes: Strike[] = [];
    const struck = (one: Pick<GraphRequest, 'method' | 'path' | 'query'>, item?: number): Strike | undefined => {
      const address = one.query ? `${one.path}?${one.query}` : one.path;
      const strike = faults.strike({
        method: one.method,
        address,
        number: requestNumber,
        ...(item !== undefined && { item }),
      });
      if (strike) strikes.push(strike);
      return strike;
    };
    const whole = struck(request);
    let ofEnvelope = whole;

    const serveBatch = (batch: GraphRequest): Promise<GraphResponse> => {
      if (method !== 'POST') throw methodNotAllowed();
      let items = 0;
      return answerBatch(batch, now(), (item) => {
        stats.item();
        items += 1;
        const strike = struck(item, items);
        if (!strike || !isOfDelivery(strike)) return serve(item, strike, [requestNumber, items]);
        // A connection that breaks breaks for all items of the envelope.
        ofEnvelope = strike;
        return serve(item, undefined, [requestNumber, items]);
      });
    };

    let response: GraphResponse;
    try {
      // Time passes by itself and by the control plane; what is due by now is done, whatever is asked for.
      settleReviews(tenant, replication);
      purge({ ...tenant, replication: replication.view(lookOf(request, [requestNumber])) });
      const known = { ...request, claims: check(authorization) };
      response = await (path === '/$batch'
        ? suffer(whole, known, () => serveBatch(known), now())
        : serve(known, whole, [requestNumber]));
    } catch (error) {
      if (error instanceof ConnectionReset) return void incoming.socket.destroy();
      response = refusal(error, request, now());
    }
    if (ofEnvelope && ofEnvelope !== whole) response = inEnvelope(ofEnvelope, response);
    const refused = strikes.filter(({ hasFired, fault }) => hasFired && fault.do === 'unauthorized');
    if (refused.some(({ fault }) => fault.claims))
      challenged.set(tokens.check(authorization).oid, Math.floor(now() / 1000));
    if (refused.length > 0) revoke(authorization);
    await onExchange?.({ ...event, status: response.status }, 'answered');
    const delivery = deliveryOf(ofEnvelope);
    send(
      {
        incoming,
        outgoing,
        url: `${origin}${incoming.url}`,
        requestBody: request.body,
        requestId: request.correlationId,
        now: now(),
        response,
        delivery,
        faults: strikes.filter(({ hasFired }) => hasFired).map(({ name }) => name),
      },
      recorder,
    );
  };
};

/** What is not said to be JSON is not read as JSON. */
const isJson = ({ headers }: IncomingMessage): boolean => /\bjson\b/i.test(headers['content-type'] ?? '');

/** Who looks: a user's session sees what it wrote; an application has none. Advanced queries are answered from the index. */
const lookOf = ({ claims, headers }: GraphRequest, place: readonly number[]): Look => ({
  place,
  isIndexed: headers['consistencylevel']?.toLowerCase() === 'eventual',
  ...(claims.scp !== undefined && { session: `${claims.appid}/${claims.oid}` }),
});
