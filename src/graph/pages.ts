// Lists, read to their end. A link to the next page is opaque and is followed as it was given.
import { DirectoryError } from '../model/errors.ts';
import type { GraphSession } from './session.ts';

interface Page<T> {
  readonly value: readonly T[];
  readonly '@odata.nextLink'?: string;
}

/**
 * Reads a list page by page; the next page is asked for while the caller works on the present one. A page may be
 * empty and have a next one all the same. A link that comes a second time would never end, and is an error.
 * Source: https://learn.microsoft.com/graph/paging
 */
export async function* pages<T>(
  session: GraphSession,
  path: string,
  signal?: AbortSignal,
  headers?: Readonly<Record<string, string>>,
): AsyncGenerator<readonly T[]> {
  const followed = new Set<string>();
  let coming: Promise<Page<T>> | undefined = session.get<Page<T>>(path, signal, headers);
  while (coming) {
    const page: Page<T> = await coming;
    const next = page['@odata.nextLink'];
    if (next !== undefined && followed.has(next)) throw repeated(path);
    if (next !== undefined) followed.add(next);
    coming = next === undefined ? undefined : session.get<Page<T>>(next, signal, headers);
    // A failure of the next page is met when it is awaited, after this one has been used.
    coming?.catch(() => undefined);
    if (page.value.length > 0) yield page.value;
  }
}

/** Reads a list whole. For short ones only. */
export const readAll = async <T>(session: GraphSession, path: string, signal?: AbortSignal): Promise<readonly T[]> => {
  const all: T[] = [];
  for await (const page of pages<T>(session, path, signal)) all.push(...page);
  return all;
};

const repeated = (path: string): DirectoryError =>
  new DirectoryError({
    status: 0,
    code: 'RepeatedNextLink',
    message: 'the directory gave the same link to the next page twice, so that the list would never end',
    request: `GET ${path.split('?')[0]}`,
  });
