// Users: found by lookups, read whole, counted.
import type { DirectoryUser, LookupAnswer, UserLookup } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import { EVENTUAL } from '../advanced.ts';
import type { Call, Outcome } from '../call.ts';
import { read } from '../client.ts';
import { CALLS_PER_ENVELOPE } from '../envelope.ts';
import { failureOf, outcomeFailure } from '../failure.ts';
import { encodeValue, LookupError, MAX_ALTERNATIVES, selectOf, type UserFilter, userFilter } from '../filters.ts';
import type { Graph } from '../graph.ts';
import { oneAhead, PAGE_SIZE, pages, pagesFrom, whole } from '../pages.ts';
import { inParallel } from '../parallel.ts';

interface Question {
  readonly index: number;
  readonly filter: UserFilter;
  readonly select: string;
}

/**
 * Looks users up, 20 lookups an envelope, several envelopes under way at once. Lookups are taken as they are needed.
 *
 * Selecting attributes makes a lookup cost one resource unit; the page size costs nothing, so it is the largest.
 * Source: https://learn.microsoft.com/graph/throttling-limits
 */
export async function* findUsers(
  graph: Graph,
  lookups: Iterable<UserLookup> | AsyncIterable<UserLookup>,
  attributes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<LookupAnswer> {
  const packed = inPacks(lookups, selectOf(attributes));
  const answered = inParallel(
    packed,
    () => graph.window.size,
    (pack, stop) => answerPack(graph, pack, stop),
    signal,
  );
  for await (const answers of answered) yield* answers;
}

type Packed = Question | Extract<LookupAnswer, { failure: unknown }>;

async function* inPacks(
  lookups: Iterable<UserLookup> | AsyncIterable<UserLookup>,
  select: string,
): AsyncGenerator<readonly Packed[]> {
  let pack: Packed[] = [];
  let index = 0;
  for await (const lookup of lookups) {
    pack.push(question(lookup, index, select));
    index += 1;
    if (pack.length < CALLS_PER_ENVELOPE) continue;
    yield pack;
    pack = [];
  }
  if (pack.length > 0) yield pack;
}

const question = (lookup: UserLookup, index: number, select: string): Packed => {
  try {
    const filter = userFilter(lookup);
    encodeValue(filter.text);
    return { index, filter, select };
  } catch (error) {
    if (error instanceof LookupError) return { index, failure: error.failure };
    throw error;
  }
};

const answerPack = async (
  graph: Graph,
  pack: readonly Packed[],
  signal: AbortSignal,
): Promise<readonly LookupAnswer[]> => {
  const answers: LookupAnswer[] = pack.filter((packed) => 'failure' in packed);
  const questions = pack.filter((packed) => 'filter' in packed);
  const again: Question[] = [];
  const ask = async (asked: readonly Question[], forceAdvanced: boolean): Promise<void> => {
    const calls = asked.map((one) => callOf(one, forceAdvanced || isAdvanced(graph, one)));
    for (const [position, outcome] of (await graph.batch(calls, signal)).entries()) {
      const one = asked[position]!;
      const call = calls[position]!;
      if (call.headers === undefined && mayWantAdvanced(call, outcome)) again.push(one);
      else {
        const answer = await answerOf(graph, one.index, call, outcome, signal);
        if (forceAdvanced && 'users' in answer) graph.advancedKinds.add(one.filter.kind);
        answers.push(answer);
      }
    }
  };
  if (questions.length > 0) await ask(questions, false);
  if (again.length > 0) await ask(again, true);
  return answers;
};

const isAdvanced = (graph: Graph, { filter }: Question): boolean =>
  filter.isAdvanced || graph.advancedKinds.has(filter.kind);

const callOf = ({ filter, select }: Question, advanced: boolean): Call => ({
  method: 'GET',
  path: `/users?$filter=${encodeValue(filter.text)}&$select=${select}&$top=${PAGE_SIZE}${advanced ? '&$count=true' : ''}`,
  template: '/users',
  ...(advanced && { headers: EVENTUAL }),
});

// The published table of what needs an advanced query is incomplete, so what Graph refuses as a default query is tried as one.
const mayWantAdvanced = (call: Call, outcome: Outcome): boolean => {
  if (!('answer' in outcome) || outcome.answer.status !== 400) return false;
  return failureOf(call, outcome.answer).code === 'Request_UnsupportedQuery';
};

const answerOf = async (
  graph: Graph,
  index: number,
  call: Call,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<LookupAnswer> => {
  if (!('answer' in outcome)) return { index, failure: outcomeFailure(call, outcome) };
  try {
    const found = await whole(pagesFrom(graph.client, call, outcome.answer, signal));
    return { index, users: found as readonly DirectoryUser[] };
  } catch (error) {
    if (error instanceof DirectoryError) return { index, failure: error.failure };
    throw error;
  }
};

/** All users, a page at a time; the next page is on its way while the caller works on one. */
export const readUsers = (
  { client }: Graph,
  attributes: readonly string[],
  signal?: AbortSignal,
): AsyncIterable<readonly DirectoryUser[]> => {
  const path = `/users?$select=${selectOf(attributes)}&$top=${PAGE_SIZE}`;
  const found = oneAhead(pages(client, { method: 'GET', path, template: '/users' }, signal));
  return found as AsyncIterable<unknown> as AsyncIterable<readonly DirectoryUser[]>;
};

export const findUsersById = async (
  graph: Graph,
  ids: readonly string[],
  attributes: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DirectoryUser[]> => {
  const lookups: UserLookup[] = [];
  for (let from = 0; from < ids.length; from += MAX_ALTERNATIVES)
    lookups.push({ attribute: 'id', operator: 'equals', values: ids.slice(from, from + MAX_ALTERNATIVES) });
  const users: DirectoryUser[] = [];
  for await (const answer of findUsers(graph, lookups, attributes, signal)) {
    if ('failure' in answer) throw new DirectoryError(answer.failure);
    users.push(...answer.users);
  }
  return users;
};

export const countUsers = async ({ client }: Graph, signal?: AbortSignal): Promise<number> => {
  const call: Call = { method: 'GET', path: '/users/$count', template: '/users/$count', headers: COUNT_HEADERS };
  // A number as text; some services put a byte order mark before it, which Number takes for a blank.
  const count = Number((await read(client, call, signal)) ?? Number.NaN);
  if (Number.isInteger(count)) return count;
  throw new DirectoryError({
    status: 200,
    code: 'UnexpectedAnswer',
    message: 'the number of users did not come as a number',
    request: 'GET /users/$count',
  });
};

const COUNT_HEADERS = { ...EVENTUAL, accept: 'text/plain' };
