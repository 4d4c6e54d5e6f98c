// What a fault does to a request: before its work, to its answer, and to the connection that carries the answer.
import { setTimeout as sleep } from 'node:timers/promises';
import { claimsChallenge, GraphError, invalidToken } from './errors.ts';
import type { Fault, Strike } from './faults.ts';
import { type GraphRequest, type GraphResponse, nextLink } from './request.ts';

/** The connection breaks before the work is done. */
export class ConnectionReset extends Error {}

/** Does the work as the fault lets it. Throws the refusal that the fault stands for, or {@link ConnectionReset}. */
export const suffer = async (
  strike: Strike | undefined,
  request: GraphRequest,
  work: () => GraphResponse | Promise<GraphResponse>,
  now: number,
): Promise<GraphResponse> => {
  if (!strike) return work();
  const { fault } = strike;
  if (fault.workDone) {
    const response = await work();
    return (await refusalOf(strike, now)) ?? response;
  }
  return (await refusalOf(strike, now)) ?? changed(strike, request, await work());
};

/** What stands in for the work or for its answer; undefined where the fault only waits, or does something else. */
const refusalOf = async (strike: Strike, now: number): Promise<GraphResponse | undefined> => {
  const { fault } = strike;
  switch (fault.do) {
    case 'delay':
      strike.fire();
      await sleep(fault.ms ?? 0);
      return undefined;
    case 'reset':
      strike.fire();
      throw new ConnectionReset('The connection was to be reset.');
    case 'status':
      strike.fire();
      throw faultError(fault);
    case 'unauthorized':
      strike.fire();
      throw fault.claims
        ? claimsChallenge(Math.floor(now / 1000))
        : invalidToken('Lifetime validation failed, the token is expired.');
    case 'html':
      strike.fire();
      return proxyPage(fault);
    default:
      return undefined;
  }
};

type Page = Readonly<Record<string, unknown>> & { readonly value: readonly unknown[] };

/** What a fault makes of a list's page or a batch's answer. It does nothing to what is neither. */
const changed = (strike: Strike, request: GraphRequest, response: GraphResponse): GraphResponse => {
  const page = listIn<Page>(response, 'value');
  const batch = listIn<{ readonly responses: readonly unknown[] }>(response, 'responses');
  const fired = (body: object): GraphResponse => {
    strike.fire();
    return { ...response, body };
  };
  switch (strike.fault.do) {
    case 'emptyPage':
      if (!page) return response;
      return fired({ ...withoutLinks(page), value: [], '@odata.nextLink': linkBehindEmpty(request) });
    case 'repeatLink':
      if (page?.['@odata.nextLink'] === undefined) return response;
      return fired({
        ...page,
        '@odata.nextLink': `${request.root}${request.path}${request.query && `?${request.query}`}`,
      });
    case 'missingItem':
      return batch ? fired({ ...batch, responses: batch.responses.slice(0, -1) }) : response;
    case 'otherOrder': {
      if (!batch) return response;
      const middle = Math.ceil(batch.responses.length / 2);
      return fired({ ...batch, responses: [...batch.responses.slice(middle), ...batch.responses.slice(0, middle)] });
    }
    default:
      return response;
  }
};

/** A body, if it holds a list under a name. */
const listIn = <Body>({ body }: GraphResponse, name: string): Body | undefined =>
  typeof body === 'object' && body !== null && Array.isArray((body as Record<string, unknown>)[name])
    ? (body as Body)
    : undefined;

const withoutLinks = ({ '@odata.nextLink': _next, '@odata.deltaLink': _delta, ...page }: Page) => page;

/** Marks the link behind an empty page, which begins where the page that was asked for begins. */
const BEHIND_EMPTY = /(?:^|&)(?:\$|%24)skiptoken=behind-\w+\.([^&]*)/i;

const linkBehindEmpty = (request: GraphRequest): string => {
  const token = /(?:^|&)(?:\$|%24)skiptoken=([^&]*)/i.exec(behindEmpty(request).query)?.[1] ?? '';
  return nextLink(request, `behind-${request.correlationId.slice(0, 8)}.${token}`);
};

/** The request that a link behind an empty page stands for; any other as it is. */
export const behindEmpty = (request: GraphRequest): GraphRequest => {
  const token = BEHIND_EMPTY.exec(request.query)?.[1];
  if (token === undefined) return request;
  const rest = request.query.replace(BEHIND_EMPTY, '').replace(/^&/, '');
  return { ...request, query: token === '' ? rest : `${rest}${rest && '&'}$skiptoken=${token}` };
};

/** How an answer reaches the client. */
export type Delivery = 'whole' | 'none' | 'half' | 'halfInChunks';

/** A fault of the way back: an item of a batch has none of its own, so its envelope suffers it. */
export const isOfDelivery = ({ fault }: Strike): boolean =>
  fault.do === 'dropReply' || fault.do === 'halfBody' || fault.do === 'html';

/** The answer of a batch, an item of which meets a fault of the way back. */
export const inEnvelope = (strike: Strike, response: GraphResponse): GraphResponse => {
  if (strike.fault.do !== 'html') return response;
  strike.fire();
  return proxyPage(strike.fault);
};

export const deliveryOf = (strike: Strike | undefined): Delivery => {
  if (strike?.fault.do !== 'dropReply' && strike?.fault.do !== 'halfBody') return 'whole';
  strike.fire();
  if (strike.fault.do === 'dropReply') return 'none';
  return strike.fault.chunked ? 'halfInChunks' : 'half';
};

const CODES: Readonly<Record<number, string>> = {
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  504: 'GatewayTimeout',
};

const faultError = ({ status = 503, code, message, retryAfter }: Fault): GraphError => {
  const seconds = retryAfter === undefined && status === 429 ? 1 : (retryAfter ?? undefined);
  return new GraphError(
    status,
    code ?? CODES[status] ?? (status < 500 ? 'Request_BadRequest' : 'ServiceUnavailable'),
    message ?? 'The service is not available.',
    { headers: seconds === undefined ? {} : { 'Retry-After': String(seconds) } },
  );
};

const proxyPage = ({ status = 502 }: Fault): GraphResponse => ({
  status,
  body: '<!DOCTYPE html>\n<html><head><title>Proxy</title></head><body><h1>Bad gateway</h1></body></html>\n',
  headers: { 'Content-Type': 'text/html' },
  isText: true,
  isForeign: true,
});
