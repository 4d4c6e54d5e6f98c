// One `$batch` envelope: calls go in, what became of each comes out.
import { DirectoryError, type DirectoryFailure } from '../model/errors.ts';
import { type Answer, type Call, headerReader, isRecord, isSuccess } from './call.ts';
import type { Client } from './client.ts';
import { lostFailure } from './failure.ts';

/** Source: https://learn.microsoft.com/graph/json-batching */
export const CALLS_PER_ENVELOPE = 20;

/** Graph takes envelopes of about 4 MB; long values make one full before it has 20 calls. Characters. */
export const ENVELOPE_CHARACTERS = 1_000_000;

/** How much of an envelope a call takes, near enough. Characters. */
export const sizeOf = ({ path, body }: Call): number =>
  path.length + (body === undefined ? 0 : JSON.stringify(body).length);

/**
 * What became of a call in an envelope.
 * - answer: its own answer; `ofAll` where the envelope was turned away as a whole, which has been tried again already.
 * - lost: no answer came; `alone` where the others got theirs.
 */
export type Sent =
  | { readonly answer: Answer; readonly ofAll?: boolean }
  | { readonly lost: DirectoryFailure; readonly alone?: boolean };

/**
 * Sends up to 20 calls together and answers in their order.
 *
 * Errors: throws what the sign-in throws, and the signal's reason when aborted; nothing that changes something was
 * done then.
 */
export const sendEnvelope = async (
  client: Client,
  calls: readonly Call[],
  signal?: AbortSignal,
): Promise<readonly Sent[]> => {
  const envelope: Call = {
    method: 'POST',
    path: '/$batch',
    template: '/$batch',
    body: { requests: calls.map(itemOf) },
    holds: calls,
  };
  let answer: Answer;
  try {
    answer = await client.send(envelope, signal);
  } catch (error) {
    const lost = lossIn(error);
    return calls.map((call) => ({ lost: { ...lost, request: lostFailure(call, '', '').request! } }));
  }
  if (!isSuccess(answer)) return turnedAway(client, calls, answer, signal);
  const items = new Map<string, Answer>();
  for await (const body of bodies(client, envelope, answer))
    for (const item of Array.isArray(body['responses']) ? body['responses'].filter(isRecord) : [])
      items.set(String(item['id']), answerOf(item));
  return calls.map((call, index) => {
    const item = items.get(idOf(index));
    if (item) return { answer: item };
    return { lost: lostFailure(call, 'NoAnswer', 'the envelope came back without an answer'), alone: true };
  });
};

/**
 * An envelope that Graph could not take as a whole: nothing in it was carried out. One of the calls may be at fault, or
 * all together be too large, so that halves may fare better.
 */
const turnedAway = async (
  client: Client,
  calls: readonly Call[],
  answer: Answer,
  signal: AbortSignal | undefined,
): Promise<readonly Sent[]> => {
  if (calls.length === 1 || (answer.status !== 400 && answer.status !== 413)) {
    return calls.map(() => ({ answer, ofAll: true }));
  }
  const middle = Math.ceil(calls.length / 2);
  return [
    ...(await sendEnvelope(client, calls.slice(0, middle), signal)),
    ...(await sendEnvelope(client, calls.slice(middle), signal)),
  ];
};

/** A split answer goes on behind a link. A part that is lost leaves its calls without an answer. */
async function* bodies(
  client: Client,
  envelope: Call,
  first: Answer,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const followed = new Set<unknown>();
  for (let answer = first; isSuccess(answer) && isRecord(answer.body); ) {
    yield answer.body;
    const next = answer.body['@odata.nextLink'];
    if (typeof next !== 'string' || followed.has(next)) return;
    followed.add(next);
    try {
      // Not to be stopped: it tells what became of calls that have been sent.
      answer = await client.send({ method: 'GET', path: next, template: envelope.template });
    } catch (error) {
      lossIn(error);
      return;
    }
  }
}

/** The failure of a call that got no answer; anything else is thrown on. */
const lossIn = (error: unknown): DirectoryFailure => {
  if (error instanceof DirectoryError && error.failure.status === 0) return error.failure;
  throw error;
};

const idOf = (index: number): string => String(index + 1);

const itemOf = ({ method, path, headers, body }: Call, index: number) => {
  const all = { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
  return {
    id: idOf(index),
    method,
    url: path,
    ...(Object.keys(all).length > 0 && { headers: all }),
    ...(body !== undefined && { body }),
  };
};

const answerOf = (item: Readonly<Record<string, unknown>>): Answer => ({
  status: Number(item['status']),
  body: item['body'],
  header: headerReader(item['headers']),
});
