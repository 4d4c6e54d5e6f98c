// Several calls in one request.
import { DirectoryError, type DirectoryFailure } from '../model/errors.ts';
import { failureOf, type GraphAnswer, type GraphCall, isWrite, noAnswer } from './requests.ts';
import { backoffMs, retryAfterMs } from './retry-after.ts';
import type { GraphSession } from './session.ts';

/** Source: https://learn.microsoft.com/graph/json-batching */
export const CALLS_PER_BATCH = 20;

/** What came of one call: its answer, whatever its status, or why there is none. */
export type CallOutcome = { readonly answer: GraphAnswer } | { readonly lost: DirectoryFailure };

const MAX_ROUNDS = 10;
const TRANSIENT = new Set([500, 502, 503, 504]);

/**
 * Sends calls in one `$batch` envelope and answers in the order of the calls.
 *
 * Shape:  n calls → n outcomes, n ≤ 20.
 * Errors: a refused call is an outcome, not a throw. When the envelope gets no answer, all its calls are `lost`.
 *         Items that are throttled are sent again by themselves after the longest wait that is asked for; reads that
 *         failed for a moment, too.
 */
export const sendBatch = async (
  session: GraphSession,
  calls: readonly GraphCall[],
  signal?: AbortSignal,
): Promise<readonly CallOutcome[]> => {
  const outcomes = new Array<CallOutcome>(calls.length);
  let open = calls.map((_, i) => i);
  for (let round = 0; open.length > 0; round += 1) {
    const answers = await sendEnvelope(session, calls, open, signal);
    const again: number[] = [];
    let wait = 0;
    for (const i of open) {
      const call = calls[i]!;
      const outcome = answers.get(i) ?? { lost: noAnswer(call, new Error('the batch was answered without it')) };
      outcomes[i] = outcome;
      if (round === MAX_ROUNDS || 'lost' in outcome || !isWorthAgain(call, outcome.answer)) continue;
      again.push(i);
      wait = Math.max(
        wait,
        retryAfterMs(outcome.answer.headers['retry-after'], session.clock.now()) ?? backoffMs(round),
      );
    }
    open = again;
    if (open.length > 0) await session.clock.sleep(wait, signal);
  }
  return outcomes;
};

const isWorthAgain = ({ method }: GraphCall, { status }: GraphAnswer): boolean =>
  status === 429 || (!isWrite(method) && TRANSIENT.has(status));

interface BatchItem {
  readonly id: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const sendEnvelope = async (
  session: GraphSession,
  calls: readonly GraphCall[],
  open: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, CallOutcome>> => {
  const requests = open.map((i) => {
    const { method, path, headers, body } = calls[i]!;
    const all = { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
    return {
      id: String(i + 1),
      method,
      url: path,
      ...(Object.keys(all).length > 0 && { headers: all }),
      ...(body !== undefined && { body }),
    };
  });
  const isRepeatable = open.every((i) => !isWrite(calls[i]!.method));
  const envelope = { method: 'POST' as const, path: '/$batch', body: { requests }, isRepeatable };
  let answer: GraphAnswer;
  try {
    answer = await session.call(envelope, signal);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    return new Map(open.map((i) => [i, { lost: { ...error.failure, request: `${calls[i]!.method} (in a batch)` } }]));
  }
  const items = (answer.body as { responses?: readonly BatchItem[] } | undefined)?.responses;
  if (answer.status !== 200 || !Array.isArray(items)) {
    const failure = failureOf(envelope, answer);
    // A gateway's error says nothing of what was done; a refused envelope was not looked into.
    const outcome = answer.status === 200 || answer.status >= 500 ? { lost: failure } : { answer };
    return new Map(open.map((i) => [i, outcome]));
  }
  const outcomes = new Map<number, CallOutcome>();
  for (const { id, status, headers, body: item } of items as readonly BatchItem[]) {
    const i = Number(id) - 1;
    const lower = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    session.meter.answer(calls[i]!.method, status, lower['x-ms-resource-unit']);
    outcomes.set(i, { answer: { status, headers: lower, body: item } });
  }
  return outcomes;
};
