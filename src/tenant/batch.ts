// $batch: up to 20 requests in one, each answered for itself. Source: https://learn.microsoft.com/graph/json-batching
import { badRequest } from './errors.ts';
import { type GraphRequest, type GraphResponse, objectBody } from './request.ts';

const MOST = 20;
const METHODS = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']);

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
  serve: (item: GraphRequest) => Promise<GraphResponse>,
): Promise<GraphResponse> => {
  const items = readItems(request);
  const statuses = new Map<string, number>();
  const responses: ItemAnswer[] = [];
  for (const item of items) {
    const hasFailed = item.dependsOn.some((id) => (statuses.get(id.toLowerCase()) ?? 0) >= 400);
    const answer = hasFailed ? failedDependency() : await serve(inner(request, item));
    statuses.set(item.id.toLowerCase(), answer.status);
    responses.push({
      id: item.id,
      status: answer.status,
      headers: {
        'Cache-Control': 'no-cache',
        ...(answer.body !== undefined && { 'Content-Type': 'application/json' }),
        ...answer.headers,
      },
      ...(answer.body !== undefined && { body: answer.isText ? Number(answer.body) : answer.body }),
    });
  }
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
  };
};

const failedDependency = (): GraphResponse => ({
  status: 424,
  body: { error: { code: 'FailedDependency', message: 'A request that this one depends on has failed.' } },
});

const readItems = (request: GraphRequest): readonly Item[] => {
  const { requests } = objectBody(request);
  if (!Array.isArray(requests) || requests.length === 0) throw badRequest('Invalid batch payload format.');
  if (requests.length > MOST) throw badRequest(`Number of batch request steps exceeds the maximum value of ${MOST}.`);
  const seen = new Set<string>();
  return requests.map((given: unknown): Item => {
    const item = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
    const { id, method, url } = item;
    if (typeof id !== 'string' || id === '') throw badRequest('A batch request step has no id.');
    if (seen.has(id.toLowerCase())) throw badRequest(`Request id '${id}' is duplicated in the batch.`);
    if (typeof method !== 'string' || !METHODS.has(method.toUpperCase()))
      throw badRequest(`The method of request '${id}' is not valid.`);
    if (typeof url !== 'string' || /^\w+:/.test(url) || /^\/?\$batch/i.test(url))
      throw badRequest(`The url of request '${id}' is not valid.`);
    const headers = (item['headers'] ?? {}) as Record<string, string>;
    const hasJson = Object.entries(headers).some(
      ([name, value]) => name.toLowerCase() === 'content-type' && /json/i.test(value),
    );
    if (item['body'] !== undefined && !hasJson)
      throw badRequest(`Content-Type of request '${id}' must be application/json.`);
    const dependsOn = (item['dependsOn'] ?? []) as string[];
    for (const other of dependsOn) {
      if (!seen.has(String(other).toLowerCase()))
        throw badRequest(`Request '${id}' depends on '${other}', which is no earlier request.`);
    }
    seen.add(id.toLowerCase());
    return { id, method: method.toUpperCase(), url, headers, body: item['body'], dependsOn };
  });
};
