// Sends changes, and says of each what became of it.
import type { DirectoryWrite, WriteResult } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import type { Call, Outcome } from './call.ts';
import { resultOf } from './classify.ts';
import type { Graph } from './graph.ts';
import { findApplicationByUniqueName } from './resources/applications.ts';
import { callOf } from './writes.ts';

/** Several writes go in envelopes; a single one goes alone, so that its request can be found in logs by itself. */
export const write = async (
  graph: Graph,
  writes: readonly DirectoryWrite[],
  signal?: AbortSignal,
): Promise<readonly WriteResult[]> => {
  const calls = writes.map(callOf);
  const outcomes = calls.length === 1 ? [await sendAlone(graph, calls[0]!, signal)] : await graph.batch(calls, signal);
  return Promise.all(
    writes.map((one, index) => withId(graph, one, resultOf(one, calls[index]!, outcomes[index]!), signal)),
  );
};

const sendAlone = async ({ client }: Graph, call: Call, signal: AbortSignal | undefined): Promise<Outcome> => {
  try {
    return { answer: await client.send(call, signal) };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return { stopped: true };
    if (error instanceof DirectoryError && error.failure.status === 0) return { lost: error.failure };
    throw error;
  }
};

/** An application that was there already is answered without its id, so it is read; reads may not show it yet. */
const withId = async (
  graph: Graph,
  one: DirectoryWrite,
  result: WriteResult,
  signal: AbortSignal | undefined,
): Promise<WriteResult> => {
  if (one.kind !== 'createApplication' || result.status !== 'done' || result.id !== undefined) return result;
  const found = await findApplicationByUniqueName(graph, one.uniqueName, signal).catch((error: unknown) => {
    if (error instanceof DirectoryError) return undefined;
    throw error;
  });
  return found ? { ...result, id: found.id } : result;
};
