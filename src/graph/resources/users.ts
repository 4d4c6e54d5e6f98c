// Users: found by what they are, read all, counted.
import type { DirectoryUser, LookupAnswer, UserLookup } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import { CALLS_PER_BATCH, sendBatch } from '../batch.ts';
import { filterFor, option, selectName, VALUES_PER_FILTER } from '../filters.ts';
import { pages } from '../pages.ts';
import { ADVANCED, failureOf, type GraphCall } from '../requests.ts';
import type { GraphSession } from '../session.ts';

/** Source: https://learn.microsoft.com/graph/api/user-list */
export const USERS_PER_PAGE = 999;

const selection = (attributes: readonly string[]): string =>
  `$select=${[...new Set(['id', ...attributes.map(selectName)])].join(',')}`;

const lookupCall = (lookup: UserLookup, select: string): GraphCall => {
  const { expression, isAdvanced } = filterFor(lookup);
  const path = `/users?${option('$filter', expression)}&${select}`;
  return isAdvanced ? { method: 'GET', path: `${path}&$count=true`, headers: ADVANCED } : { method: 'GET', path };
};

/** Answers lookups in any order, many in one request, several requests at once, as fast as answers are taken. */
export async function* findUsers(
  session: GraphSession,
  lookups: Iterable<UserLookup> | AsyncIterable<UserLookup>,
  attributes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<LookupAnswer> {
  const select = selection(attributes);
  const underWay = new Set<Promise<readonly LookupAnswer[]>>();
  const send = (batch: readonly NumberedCall[]) => {
    const sent = answerBatch(session, batch, signal).finally(() => underWay.delete(sent));
    sent.catch(() => undefined);
    underWay.add(sent);
  };
  let index = 0;
  let batch: NumberedCall[] = [];
  for await (const lookup of lookups) {
    batch.push({ index, call: lookupCall(lookup, select) });
    index += 1;
    if (batch.length < CALLS_PER_BATCH) continue;
    send(batch);
    batch = [];
    while (underWay.size >= session.concurrency) yield* await Promise.race(underWay);
  }
  if (batch.length > 0) send(batch);
  while (underWay.size > 0) yield* await Promise.race(underWay);
}

interface NumberedCall {
  readonly index: number;
  readonly call: GraphCall;
}

interface UserPage {
  readonly value: readonly DirectoryUser[];
  readonly '@odata.nextLink'?: string;
}

const answerBatch = async (
  session: GraphSession,
  batch: readonly NumberedCall[],
  signal?: AbortSignal,
): Promise<readonly LookupAnswer[]> => {
  const outcomes = await sendBatch(
    session,
    batch.map(({ call }) => call),
    signal,
  );
  const answers: LookupAnswer[] = [];
  for (const [i, { index, call }] of batch.entries()) {
    const outcome = outcomes[i]!;
    if ('lost' in outcome) answers.push({ index, failure: outcome.lost });
    else if (outcome.answer.status !== 200) answers.push({ index, failure: failureOf(call, outcome.answer) });
    else answers.push(await wholeAnswer(session, index, call, outcome.answer.body as UserPage, signal));
  }
  return answers;
};

/** Users of the first page and of all that follow. */
const wholeAnswer = async (
  session: GraphSession,
  index: number,
  { headers }: GraphCall,
  page: UserPage,
  signal?: AbortSignal,
): Promise<LookupAnswer> => {
  const next = page['@odata.nextLink'];
  if (next === undefined) return { index, users: page.value };
  const users = [...page.value];
  try {
    for await (const more of pages<DirectoryUser>(session, next, signal, headers)) users.push(...more);
    return { index, users };
  } catch (error) {
    if (error instanceof DirectoryError) return { index, failure: error.failure };
    throw error;
  }
};

export const readUsers = (
  session: GraphSession,
  attributes: readonly string[],
  signal?: AbortSignal,
): AsyncIterable<readonly DirectoryUser[]> =>
  pages<DirectoryUser>(session, `/users?${selection(attributes)}&$top=${USERS_PER_PAGE}`, signal);

export const countUsers = async (session: GraphSession, signal?: AbortSignal): Promise<number> =>
  Number(await session.get<number | string>('/users/$count', signal, ADVANCED));

export const findUsersById = async (
  session: GraphSession,
  ids: readonly string[],
  attributes: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DirectoryUser[]> => {
  const lookups: UserLookup[] = [];
  for (let i = 0; i < ids.length; i += VALUES_PER_FILTER) {
    lookups.push({ attribute: 'id', operator: 'equals', values: ids.slice(i, i + VALUES_PER_FILTER) });
  }
  const users: DirectoryUser[] = [];
  for await (const answer of findUsers(session, lookups, attributes, signal)) {
    if ('failure' in answer) throw new DirectoryError(answer.failure);
    users.push(...answer.users);
  }
  return users;
};
