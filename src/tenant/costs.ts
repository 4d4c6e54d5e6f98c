// What a request costs, as Graph counts. Source: https://learn.microsoft.com/graph/throttling-limits
import type { GraphRequest } from './request.ts';

const BASE: readonly { readonly path: RegExp; readonly units: number }[] = [
  { path: /^\/users(?:\/|\?|$|\()/, units: 2 },
  { path: /^\/applications/, units: 2 },
  { path: /^\/servicePrincipals\/[^/]+\/appRoleAssignments/, units: 2 },
  { path: /^\/groups\/[^/]+\/members/, units: 3 },
  { path: /^\/groups\/[^/]+\/transitiveMembers/, units: 5 },
  { path: /^\/subscribedSkus/, units: 3 },
];
const SMALL_PAGE = 20;
const GET_BY_IDS = /^\/directoryObjects\/(?:microsoft\.graph\.)?getByIds$/i;
const MEMBER_CHECK = /\/(?:microsoft\.graph\.)?(?:checkMember|getMember)\w+$/i;
const WRITING = new Set(['POST', 'PATCH', 'PUT', 'DELETE']);

type Asked = Pick<GraphRequest, 'method' | 'path'>;

/** Whether a request counts against the limits of writing: some are posted that only read. */
export const isWrite = ({ method, path }: Asked): boolean =>
  WRITING.has(method) && !(method === 'POST' && (GET_BY_IDS.test(path) || MEMBER_CHECK.test(path)));

/** Resource units of a request: the kind's base, less for a selection and a small page, more for an expansion. */
export const resourceUnits = ({ method, path, query }: Asked & Pick<GraphRequest, 'query'>): number => {
  const isSelected = /(?:^|&)(?:\$|%24)select=/i.test(query);
  if (method === 'POST' && GET_BY_IDS.test(path)) return isSelected ? 2 : 5;
  if (method === 'POST' && MEMBER_CHECK.test(path)) return 4;
  if (method !== 'GET') return 1;
  let units = BASE.find((one) => one.path.test(path))?.units ?? 1;
  if (isSelected) units -= 1;
  const top = /(?:^|&)(?:\$|%24)top=(\d+)/i.exec(query)?.[1];
  if (top !== undefined && Number(top) < SMALL_PAGE) units -= 1;
  if (/(?:^|&)(?:\$|%24)expand=/i.test(query)) units += 1;
  return Math.max(1, units);
};

export interface TenantStats {
  /** HTTP requests to the directory. */
  readonly requests: number;
  readonly batchItems: number;
  /** Each POST, PATCH, PUT and DELETE on the directory, inside batches too. */
  readonly writes: number;
  readonly resourceUnits: number;
  readonly throttled: number;
  readonly byRoute: Readonly<Record<string, number>>;
}

/** Counts what the directory is asked. */
export class Stats {
  #requests = 0;
  #batchItems = 0;
  #writes = 0;
  #resourceUnits = 0;
  #throttled = 0;
  readonly #byRoute: Record<string, number> = {};

  /** HTTP requests so far. */
  get requests(): number {
    return this.#requests;
  }

  request(): void {
    this.#requests += 1;
  }

  item(): void {
    this.#batchItems += 1;
  }

  /** One request or batch item, and what became of it. */
  served(route: string, method: string, units: number, status: number): void {
    if (WRITING.has(method)) this.#writes += 1;
    this.#resourceUnits += units;
    if (status === 429) this.#throttled += 1;
    this.#byRoute[route] = (this.#byRoute[route] ?? 0) + 1;
  }

  summary(): TenantStats {
    return {
      requests: this.#requests,
      batchItems: this.#batchItems,
      writes: this.#writes,
      resourceUnits: this.#resourceUnits,
      throttled: this.#throttled,
      byRoute: { ...this.#byRoute },
    };
  }
}
