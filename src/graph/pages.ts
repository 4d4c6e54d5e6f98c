// Reads a list to its end.
import { DirectoryError } from '../model/errors.ts';
import { type Answer, type Call, isRecord, isSuccess } from './call.ts';
import type { Client } from './client.ts';
import { failureOf, lostFailure, unexpected } from './failure.ts';

export type Item = Readonly<Record<string, unknown>>;

/** The most users, applications or assignments that a page holds. Source: https://learn.microsoft.com/graph/api/user-list */
export const PAGE_SIZE = 999;

/**
 * All pages of a list. Links are followed as they come, with the headers of the first call, which advanced queries
 * need again; a page may be empty and still have a link.
 *
 * A page whose link leads to what was read already is asked for again; it is handed on with a link that leads on.
 *
 * Errors: {@link DirectoryError} for an answer that is no list, and for a link that comes again and again: it would never end.
 * Source: https://learn.microsoft.com/graph/paging
 */
export async function* pages(client: Client, first: Call, signal?: AbortSignal): AsyncGenerator<readonly Item[]> {
  yield* pagesFrom(client, first, await client.send(first, signal), signal);
}

/** The same where the first answer is there already. */
export async function* pagesFrom(
  client: Client,
  first: Call,
  firstAnswer: Answer,
  signal?: AbortSignal,
): AsyncGenerator<readonly Item[]> {
  const followed = new Set<string>();
  let { path } = first;
  let answer = firstAnswer;
  let asked = 1;
  for (;;) {
    const { items, next } = pageOf(first, answer);
    // The first page was asked for by its path alone; a link to it ends so.
    if (next !== undefined && (followed.has(next) || next.endsWith(first.path))) {
      if (asked === MOST_ASKED) throw goingInCircles(first);
      asked += 1;
    } else {
      if (items.length > 0) yield items;
      if (next === undefined) return;
      followed.add(next);
      path = next;
      asked = 1;
    }
    answer = await client.send({ ...first, path }, signal);
  }
}

/** So often a page is asked for whose link does not lead on. */
const MOST_ASKED = 3;

/** The whole of a list that is short enough to hold. */
export const readList = (client: Client, call: Call, signal?: AbortSignal): Promise<readonly Item[]> =>
  whole(pages(client, call, signal));

export const whole = async (list: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> => {
  const all: Item[] = [];
  for await (const page of list) all.push(...page);
  return all;
};

/** The next page is on its way while the caller works on the present one. */
export async function* oneAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let coming = iterator.next();
  try {
    for (let { done, value } = await coming; !done; { done, value } = await coming) {
      coming = iterator.next();
      // Its failure is met when it is its turn; until then it must not count as unhandled.
      coming.catch(() => undefined);
      yield value;
    }
  } finally {
    // Not awaited: a caller that has seen enough need not wait for a page that nobody will look at.
    void iterator.return?.().catch(() => undefined);
  }
}

const pageOf = (call: Call, answer: Answer): { items: readonly Item[]; next: string | undefined } => {
  if (!isSuccess(answer)) throw new DirectoryError(failureOf(call, answer));
  const { body } = answer;
  if (!isRecord(body) || !Array.isArray(body['value'])) throw unexpected(call, answer, 'no list');
  const next = body['@odata.nextLink'];
  return { items: body['value'], next: typeof next === 'string' ? next : undefined };
};

const goingInCircles = (call: Call): DirectoryError =>
  new DirectoryError({
    ...lostFailure(call, 'RepeatedLink', 'the directory gave the link to a page that was read already'),
    remedy: 'Run the same command again; if this stays so, report it to Microsoft.',
  });
