// $batch: up to 20 requests in one, each answered for itself. Source: https://learn.microsoft.com/graph/json-batching
import { errorBody, GraphError, malformed } from './errors.ts';
import { type GraphRequest, type GraphResponse, objectBody } from './request.ts';

const MOST = 20;
const METHODS = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']);

/** An address with a host or a version, and a batch in a batch. */
const REFUSED_URL = /^(?:\w+:|\/?(?:v1\.0|beta)(?:[/?]|$)|\/?\$batch)/i;

interface Item {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly dependsOn: readonly string[];
}

export interface ItemAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Answers all items through `serve`. An item whose predecessor failed is not served: 424. */
export const answerBatch = async (
  request: GraphRequest,
  now: number,
  serve: (item: GraphRequest) => Promise<GraphResponse>,
): Promise<GraphResponse> => {
  const items = readItems(request);
  const statuses = new Map<string, number>();
  const responses: ItemAnswer[] = [];
  for (const item of items) {
    const one = inner(request, item);
    const hasFailed = item.dependsOn.some((id) => (statuses.get(id.toLowerCase()) ?? 0) >= 400);
    const answer = hasFailed ? failedDependency(one, now) : await serve(one);
    statuses.set(item.id.toLowerCase(), answer.status);
    responses.push({
      id: item.id,
      status: answer.status,
      headers: {
        'Cache-Control': 'no-cache',
        'request-id': one.correlationId,
        ...(answer.body !== undefined && { 'Content-Type': answer.isText ? 'text/plain' : 'application/json' }),
        ...answer.headers,
      },
      ...(answer.body !== undefined && { body: answer.isText ? Number(answer.body) : answer.body }),
    });
  }
  // Graph promises no order; a client that counts on one finds out here.
  if (items.every(({ dependsOn }) => dependsOn.length === 0)) responses.reverse();
  return { status: 200, body: { responses } };
};

const inner = (request: GraphRequest, { method, url, headers, body }: Item): GraphRequest => {
  const [path = '', ...query] = `/${url.replace(/^\//, '')}`.split('?');
  return {
    ...request,
    method,
    path,
    query: query.join('?'),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
    body,
    correlationId: crypto.randomUUID(),
    isBatched: true,
  };
};

const failedDependency = ({ correlationId }: GraphRequest, now: number): GraphResponse => {
  const error = new GraphError(424, 'FailedDependency', 'A request that this one depends on has failed.');
  return { status: error.status, body: errorBody(error, correlationId, correlationId, now) };
};

const readItems = (request: GraphRequest): readonly Item[] => {
  const { requests } = objectBody(request);
  if (!Array.isArray(requests) || requests.length === 0) throw malformed('Invalid batch payload format.');
  if (requests.length > MOST) throw malformed(`Number of batch request steps exceeds the maximum value of ${MOST}.`);
  const seen = new Set<string>();
  const items = requests.map((given: unknown): Item => {
    const item = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
    const { id, method, url } = item;
    if (typeof id !== 'string' || id === '') throw malformed('A batch request step has no id.');
    if (seen.has(id.toLowerCase())) throw malformed(`Request id '${id}' is duplicated in the batch.`);
    if (typeof method !== 'string' || !METHODS.has(method.toUpperCase()))
      throw malformed(`The method of request '${id}' is not valid.`);
    if (typeof url !== 'string' || REFUSED_URL.test(url)) throw malformed(`The url of request '${id}' is not valid.`);
    const headers = (item['headers'] ?? {}) as Record<string, string>;
    const hasJson = Object.entries(headers).some(
      ([name, value]) => name.toLowerCase() === 'content-type' && /json/i.test(value),
    );
    if (item['body'] !== undefined && !hasJson)
      throw malformed(`Content-Type of request '${id}' must be application/json.`);
    const dependsOn: unknown = item['dependsOn'] ?? [];
    if (!Array.isArray(dependsOn)) throw malformed(`dependsOn of request '${id}' is not a list.`);
    for (const other of dependsOn) {
      if (!seen.has(String(other).toLowerCase()))
        throw malformed(`Request '${id}' depends on '${other}', which is no earlier request.`);
    }
    seen.add(id.toLowerCase());
    return { id, method: method.toUpperCase(), url, headers, body: item['body'], dependsOn: dependsOn.map(String) };
  });
  if (!hasSupportedOrder(items))
    throw malformed('The requests must all be independent, each depend on the one before it, or all depend on one.');
  return items;
};

/** The orders that the service knows: none, one after the other, or all behind one. */
const hasSupportedOrder = (items: readonly Item[]): boolean => {
  const dependsOnly = ({ dependsOn }: Item, on: Item): boolean =>
    dependsOn.length === 1 && dependsOn[0]!.toLowerCase() === on.id.toLowerCase();
  const isFree = ({ dependsOn }: Item): boolean => dependsOn.length === 0;
  if (items.every(isFree)) return true;
  if (items.every((item, i) => (i === 0 ? isFree(item) : dependsOnly(item, items[i - 1]!)))) return true;
  const free = items.filter(isFree);
  return free.length === 1 && items.every((item) => item === free[0] || dependsOnly(item, free[0]!));
};
