// The pages of a REST API, one after the other, until it says that there are no more.
import { createHash } from 'node:crypto';
import type { ServerPlace } from '../../model/errors.ts';
import type { RestPaging, RestSettings } from '../../model/web-settings.ts';
import { jsonOf } from '../http/answers.ts';
import { type Answer, type Ask, placeOf, type WebClient } from '../http/client.ts';
import { restError } from './errors.ts';
import { find } from './paths.ts';

export interface Page {
  readonly place: ServerPlace;
  readonly records: readonly unknown[];
}

/** What is asked for: an address, and what is set in its query or in the body. */
interface Asked {
  readonly url: URL;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** So many pages without a record, one after the other, and nobody believes that there will be an end. */
const EMPTY_PAGES = 100;

/**
 * Errors: {@link SourceError} at a page that came before, at an address on another host, and where the total that the API
 *         tells is not what has come.
 */
export async function* pagesOf(
  settings: RestSettings,
  client: WebClient,
  headers: Readonly<Record<string, string>>,
): AsyncGenerator<Page> {
  const address = new URL(settings.address);
  const seen = new Seen();
  let asked: Asked | undefined = { url: address, parameters: firstParameters(settings.paging) };
  let read = 0;
  let empty = 0;
  for (let n = 1; asked !== undefined; n += 1) {
    const at = settings.paging.kind === 'none' ? undefined : `page ${n}`;
    const ask = askFor(settings, headers, asked, at);
    const answer = await client.read(ask);
    const place = placeOf(ask);
    const parsed = jsonOf(answer, place, (text) => client.masked(text));
    const records = recordsOf(parsed, settings.records, place);
    // An answer without records can well be the same twice; it ends what is counted, and other ways keep their own record.
    if (records.length > 0) seen.page(answer.body, place);
    read += records.length;
    empty = records.length === 0 ? empty + 1 : 0;
    if (empty > EMPTY_PAGES) throw restError('endlessPages', place, `${EMPTY_PAGES} pages in a row hold no record`);
    const total = totalOf(settings.total, parsed, place);
    yield { place, records };
    asked = nextOf(settings.paging, {
      answer,
      parsed,
      asked,
      records: records.length,
      read,
      total,
      place,
      address,
      seen,
    });
    if (asked === undefined && total !== undefined && total !== read) {
      throw restError('countMismatch', place, `the API says that there are ${total} records; ${read} came`);
    }
  }
}

/** One answer that is read in pieces: its request, without pages. */
export const singleAsk = (settings: RestSettings, headers: Readonly<Record<string, string>>): Ask =>
  askFor(settings, headers, { url: new URL(settings.address), parameters: {} }, undefined);

const askFor = (
  { method, body, format }: RestSettings,
  headers: Readonly<Record<string, string>>,
  { url: address, parameters }: Asked,
  at: string | undefined,
): Ask => {
  const url = new URL(address.href);
  const inBody = method === 'POST' && isGroup(body);
  if (!inBody) for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
  const sent = inBody
    ? JSON.stringify({ ...body, ...parameters })
    : typeof body === 'string'
      ? body
      : JSON.stringify(body);
  return {
    method,
    url,
    headers: {
      accept:
        format === 'ndjson' ? 'application/x-ndjson, application/jsonl, application/json;q=0.5' : 'application/json',
      ...(body !== null && typeof body !== 'string' && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== null && { body: sent }),
    ...(at !== undefined && { at }),
  };
};

export const isGroup = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const recordsOf = (parsed: unknown, expression: string, place: ServerPlace): readonly unknown[] => {
  const found = find(expression, parsed, 'records', place);
  if (Array.isArray(found)) return found;
  const lists = isGroup(parsed) ? Object.keys(parsed).filter((key) => Array.isArray(parsed[key])) : [];
  const has = isGroup(parsed) ? `a group of ${Object.keys(parsed).slice(0, 10).join(', ') || 'nothing'}` : 'no group';
  const hint = lists.length > 0 ? `; its lists: ${lists.join(', ')}` : '';
  throw restError('noRecords', place, `records ("${expression}") leads to no list; the answer is ${has}${hint}`);
};

const totalOf = (expression: string | null, parsed: unknown, place: ServerPlace): number | undefined => {
  if (expression === null) return undefined;
  const found = find(expression, parsed, 'total', place);
  const total = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  if (typeof total === 'number' && Number.isSafeInteger(total) && total >= 0) return total;
  throw restError('countMismatch', place, `total ("${expression}") leads to no number of records`);
};

const firstParameters = (paging: RestPaging): Asked['parameters'] => {
  if (paging.kind !== 'page' && paging.kind !== 'offset') return {};
  const { parameter, first, size } = paging;
  return { [parameter]: first, ...(size && { [size.parameter]: size.value }) };
};

interface Turn {
  readonly answer: Answer;
  readonly parsed: unknown;
  readonly asked: Asked;
  /** On this page, and on all so far. */
  readonly records: number;
  readonly read: number;
  readonly total: number | undefined;
  readonly place: ServerPlace;
  readonly address: URL;
  readonly seen: Seen;
}

const nextOf = (paging: RestPaging, turn: Turn): Asked | undefined => {
  const { asked, place, seen } = turn;
  switch (paging.kind) {
    case 'none':
      return undefined;
    case 'nextLink':
      return follow(find(paging.path, turn.parsed, 'paging.nextLink', place), turn);
    case 'linkHeader':
      return follow(nextInHeader(turn.answer.headers['link']), turn);
    case 'cursor': {
      const cursor = find(paging.path, turn.parsed, 'paging.cursor', place);
      if (cursor === null || cursor === '' || cursor === false) return undefined;
      if (typeof cursor !== 'string' && typeof cursor !== 'number') {
        throw restError('badPaging', place, `paging.cursor ("${paging.path}") leads to no text`);
      }
      seen.next(String(cursor), place);
      return { url: asked.url, parameters: { [paging.parameter]: cursor } };
    }
    // A page can hold less than was asked for, and is not the last for that: only an empty one, or the total, is an end.
    case 'page':
    case 'offset': {
      if (turn.records === 0 || (turn.total !== undefined && turn.read >= turn.total)) return undefined;
      const now = asked.parameters[paging.parameter] as number;
      const step = paging.kind === 'page' ? 1 : turn.records;
      return { url: asked.url, parameters: { ...asked.parameters, [paging.parameter]: now + step } };
    }
  }
};

const follow = (link: unknown, { asked, answer, place, address, seen }: Turn): Asked | undefined => {
  if (link === null || link === undefined || link === '' || link === false) return undefined;
  if (typeof link !== 'string' || !URL.canParse(link, answer.url.href)) {
    throw restError('badPaging', place, 'the link to the next page is no address');
  }
  const next = new URL(link, answer.url);
  if (next.origin !== address.origin) {
    throw restError('otherHost', place, `the next page is said to be on another host: ${next.protocol}//${next.host}`);
  }
  if (next.href === asked.url.href)
    throw restError('repeatedPage', place, 'the link to the next page leads to this one');
  seen.next(next.href, place);
  return { url: next, parameters: {} };
};

/** The target with rel="next" of a Link header (RFC 8288). */
export const nextInHeader = (header: string | undefined): string | undefined => {
  for (const [, target, parameters] of (header ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[\w*!#$&+.^`|~-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/g,
  )) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(parameters!);
    const relations = (rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return target;
  }
  return undefined;
};

/** What came before: pages by what they hold, and the ways to the next one. */
class Seen {
  readonly #pages = new Map<string, string>();
  readonly #nexts = new Set<string>();

  page(body: Uint8Array, place: ServerPlace): void {
    const hash = createHash('sha256').update(body).digest('base64');
    const before = this.#pages.get(hash);
    if (before !== undefined) throw restError('repeatedPage', place, `it holds to the letter what ${before} holds`);
    this.#pages.set(hash, place.at ?? 'the first page');
  }

  next(way: string, place: ServerPlace): void {
    const hash = createHash('sha256').update(way).digest('base64');
    if (this.#nexts.has(hash)) throw restError('repeatedPage', place, 'the way to the next page was told before');
    this.#nexts.add(hash);
  }
}
