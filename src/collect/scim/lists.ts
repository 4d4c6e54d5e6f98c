// Lists of a SCIM server, page by page (RFC 7644, 3.4.2.4; RFC 9865), held against the number of results that it tells.
import type { ServerPlace } from '../../model/errors.ts';
import type { ScimSettings } from '../../model/web-settings.ts';
import { jsonOf } from '../http/answers.ts';
import { type Ask, placeOf, type WebClient } from '../http/client.ts';
import { parseJson } from '../http/json.ts';
import { Changed, scimError } from './errors.ts';
import { member } from './paths.ts';

export interface ScimPage {
  readonly place: ServerPlace;
  readonly resources: readonly unknown[];
}

export type Query = Readonly<Record<string, string>>;

interface Answered extends ScimPage {
  readonly answer: unknown;
  /** Servers that page by cursor may not know it. */
  readonly total: number | undefined;
}

/**
 * All resources of one list, read once.
 *
 * Errors: {@link Changed} where what came cannot be one state of the list; {@link SourceError} for all else.
 */
export async function* pagesOf(
  settings: ScimSettings,
  client: WebClient,
  list: 'Users' | 'Groups',
  query: Query,
): AsyncGenerator<ScimPage> {
  let read = 0;
  let total: number | undefined;
  let next: Query | undefined = FIRST[settings.paging];
  const asked = new Set<string>();
  for (let n = 1; next !== undefined; n += 1) {
    const page = await ask(settings, client, list, { ...query, ...next }, n);
    asked.add(JSON.stringify(next));
    read += page.resources.length;
    if (n > 1 && page.total !== total) {
      throw new Changed(page.place, `there were ${total} results, and now there are ${page.total}`);
    }
    total = page.total;
    next = nextOf(settings.paging, page, read);
    if (next !== undefined && asked.has(JSON.stringify(next))) {
      throw scimError('repeatedPage', page.place, 'the server leads back to a page that was read');
    }
    if (next === undefined && total !== undefined && read !== total) {
      throw new Changed(page.place, `there are ${total} results, and ${read} came`);
    }
    yield page;
  }
}

const FIRST: Readonly<Record<ScimSettings['paging'], Query>> = {
  index: { startIndex: '1' },
  cursor: { cursor: '' },
  startId: { startId: 'initial' },
};

const nextOf = (paging: ScimSettings['paging'], page: Answered, read: number): Query | undefined => {
  const { answer, total, resources, place } = page;
  if (paging === 'index') {
    if (total === undefined) throw scimError('notScim', place, 'the answer does not tell totalResults');
    // A page can hold fewer than were asked for; only none is an end.
    return read >= total || resources.length === 0 ? undefined : { startIndex: String(read + 1) };
  }
  const [name, parameter] =
    paging === 'cursor' ? (['nextCursor', 'cursor'] as const) : (['nextId', 'startId'] as const);
  const next = member(answer, name);
  if (next === undefined || next === null || next === '') {
    // One that says nothing of a next page, though there are more, does not page this way.
    const more = read < (total ?? 0);
    if (more) throw scimError('repeatedPage', place, `the answer has no ${name}, and ${read} of ${total} results came`);
    return undefined;
  }
  if (typeof next !== 'string') throw scimError('notScim', place, `${name} is no text`);
  return paging === 'startId' && next === 'end' ? undefined : { [parameter]: next };
};

const ask = async (
  { address, pageSize }: ScimSettings,
  client: WebClient,
  list: string,
  query: Query,
  n: number,
): Promise<Answered> => {
  const url = new URL(`${address.replace(/\/+$/, '')}/${list}`);
  // Not every server takes a plus for a blank.
  url.search = new URLSearchParams({ ...query, count: String(pageSize) }).toString().replaceAll('+', '%20');
  const request: Ask = {
    method: 'GET',
    url,
    headers: { accept: 'application/scim+json, application/json' },
    at: `${list}, page ${n}`,
    explain: (text) => explain(text, place),
  };
  const place = placeOf(request);
  const answer = jsonOf(await client.read(request), place, (text) => client.masked(text));
  const total = count(member(answer, 'totalResults'));
  const resources = member(answer, 'Resources') ?? (total === 0 || query['cursor'] !== undefined ? [] : undefined);
  const isList = schemasOf(answer).some((schema) => /:ListResponse$/i.test(schema)) || total !== undefined;
  if (!Array.isArray(resources)) {
    // A page behind the end has none.
    if (isList && n > 1) return { place, resources: [], answer, total };
    const keys = typeof answer === 'object' && answer !== null ? Object.keys(answer).slice(0, 10).join(', ') : '';
    throw scimError('notScim', place, `the answer is no list of SCIM${keys === '' ? '' : `; it has ${keys}`}`);
  }
  return { place, resources, answer, total };
};

const count = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
};

const schemasOf = (value: unknown): string[] => {
  const schemas = member(value, 'schemas');
  return Array.isArray(schemas) ? schemas.filter((each) => typeof each === 'string') : [];
};

/** SCIM's Error message (RFC 7644, 3.12), in words. */
const explain = (text: string, place: ServerPlace): string | Error | undefined => {
  let error: unknown;
  try {
    error = parseJson(text);
  } catch {
    return undefined;
  }
  const [type, detail] = [member(error, 'scimType'), member(error, 'detail')].map((part) =>
    typeof part === 'string' ? part : '',
  );
  if (type === 'expiredCursor')
    return new Changed(place, `the cursor has expired${detail === '' ? '' : `: ${detail}`}`);
  if (type === 'invalidFilter') return scimError('invalidFilter', place, `the server refuses the filter: ${detail}`);
  const told = [type, detail].filter((part) => part !== '').join(', ');
  return told === '' ? undefined : told;
};
