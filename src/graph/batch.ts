// Sends calls together.
import type { Clock } from '../model/clock.ts';
import { DirectoryError } from '../model/errors.ts';
import { type Answer, type Call, headerReader, isRead, isRecord, isSuccess, type Outcome } from './call.ts';
import type { Client } from './client.ts';
import { backoffMs, retryAfterMs } from './delays.ts';
import { lostFailure } from './failure.ts';
import type { Pace } from './pace.ts';
import { MAX_THROTTLE_MS, MAX_THROTTLE_WAITS, repeatsOfRead } from './repeats.ts';
import type { UsageCounter } from './usage.ts';

/** Source: https://learn.microsoft.com/graph/json-batching */
export const CALLS_PER_ENVELOPE = 20;

/**
 * Sends calls in `$batch` envelopes and answers in the order of the calls.
 *
 * Shape:  n calls → n outcomes; up to 20 calls per envelope, envelopes one after the other. The calls of an envelope
 *         run in no promised order.
 * Errors: a refused call is an outcome, not a throw, and so is one without an answer. Calls that were throttled are
 *         sent again, they alone, after the longest wait that one of them was told; reads that failed on the
 *         directory's side as well. Throws what the sign-in throws, and the signal's reason when aborted.
 * Source: https://learn.microsoft.com/graph/json-batching
 */
export type Batch = (calls: readonly Call[], signal?: AbortSignal) => Promise<readonly Outcome[]>;

export interface BatchParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly usage: UsageCounter;
}

export const createBatch =
  (parts: BatchParts): Batch =>
  async (calls, signal) => {
    const outcomes: Outcome[] = [];
    for (let from = 0; from < calls.length; from += CALLS_PER_ENVELOPE)
      outcomes.push(...(await sendUntilFinal(parts, calls.slice(from, from + CALLS_PER_ENVELOPE), signal)));
    return outcomes;
  };

/** An outcome that sending again has been tried for already, as far as that does good. */
type Sent = Outcome & { readonly isFinal?: boolean };

const sendUntilFinal = async (
  parts: BatchParts,
  calls: readonly Call[],
  signal: AbortSignal | undefined,
): Promise<readonly Outcome[]> => {
  const { clock, pace } = parts;
  const outcomes: Sent[] = [];
  const deadline = clock.now() + MAX_THROTTLE_MS;
  let open = calls.map((_, index) => index);
  for (let tries = 0; open.length > 0; tries += 1) {
    const sent = await sendEnvelope(
      parts,
      open.map((index) => calls[index]!),
      signal,
    );
    for (const [position, index] of open.entries()) outcomes[index] = sent[position]!;
    open = open.filter((index) => isWorthRepeating(calls[index]!, outcomes[index]!, tries));
    const waitMs = Math.max(0, ...open.map((index) => waitAfter(outcomes[index]!, tries, clock)));
    if (open.length === 0 || clock.now() + waitMs > deadline) break;
    // Throttling concerns every request of the connection, a read that failed only itself.
    if (open.some((index) => isThrottled(outcomes[index]!))) pace.hold(waitMs);
    await clock.sleep(waitMs, signal);
  }
  return outcomes;
};

const isWorthRepeating = (call: Call, outcome: Sent, tries: number): boolean => {
  if ('lost' in outcome || outcome.isFinal) return false;
  const { status } = outcome.answer;
  return status === 429 ? tries < MAX_THROTTLE_WAITS : isRead(call) && tries < repeatsOfRead(status);
};

const isThrottled = (outcome: Sent): boolean => 'answer' in outcome && outcome.answer.status === 429;

const waitAfter = (outcome: Sent, tries: number, clock: Clock): number =>
  ('answer' in outcome ? retryAfterMs(outcome.answer.header('retry-after'), clock.now()) : undefined) ??
  backoffMs(tries);

const sendEnvelope = async (
  parts: BatchParts,
  calls: readonly Call[],
  signal: AbortSignal | undefined,
): Promise<readonly Sent[]> => {
  const { client, usage, pace } = parts;
  const envelope: Call = {
    method: 'POST',
    path: '/$batch',
    template: '/$batch',
    body: { requests: calls.map(itemOf) },
    readsOnly: calls.every(isRead),
  };
  for (const call of calls) if (!isRead(call)) usage.countWrite();
  let answer: Answer;
  try {
    answer = await client.send(envelope, signal);
  } catch (error) {
    const lost = lossIn(error);
    return calls.map((call) => ({ lost: { ...lost, request: lostFailure(call, '', '').request! } }));
  }
  if (!isSuccess(answer)) return turnedAway(parts, calls, answer, signal);
  const items = new Map<string, Answer>();
  for await (const body of bodies(client, envelope, answer, signal))
    for (const item of Array.isArray(body['responses']) ? body['responses'].filter(isRecord) : [])
      items.set(String(item['id']), answerOf(item));
  return calls.map((call, index) => {
    const item = items.get(idOf(index));
    if (item === undefined) return { lost: lostFailure(call, 'NoAnswer', 'the envelope came back without an answer') };
    usage.countAnswer(item.status, item.header);
    pace.learn(item.header);
    return { answer: item };
  });
};

/**
 * An envelope that Graph could not take as a whole: nothing in it was carried out. One of the calls may be at fault, or
 * all together be too large, so that halves may fare better.
 */
const turnedAway = async (
  parts: BatchParts,
  calls: readonly Call[],
  answer: Answer,
  signal: AbortSignal | undefined,
): Promise<readonly Sent[]> => {
  if (calls.length === 1 || (answer.status !== 400 && answer.status !== 413)) {
    return calls.map(() => ({ answer, isFinal: true }));
  }
  const middle = Math.ceil(calls.length / 2);
  return [
    ...(await sendEnvelope(parts, calls.slice(0, middle), signal)),
    ...(await sendEnvelope(parts, calls.slice(middle), signal)),
  ];
};

/** A split answer goes on behind a link. A part that is lost leaves its calls without an answer. */
async function* bodies(
  client: Client,
  envelope: Call,
  first: Answer,
  signal: AbortSignal | undefined,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const followed = new Set<unknown>();
  for (let answer = first; isSuccess(answer) && isRecord(answer.body); ) {
    yield answer.body;
    const next = answer.body['@odata.nextLink'];
    if (typeof next !== 'string' || followed.has(next)) return;
    followed.add(next);
    try {
      answer = await client.send({ method: 'GET', path: next, template: envelope.template }, signal);
    } catch (error) {
      lossIn(error);
      return;
    }
  }
}

/** The failure of a call that got no answer; anything else is thrown on. */
const lossIn = (error: unknown) => {
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
