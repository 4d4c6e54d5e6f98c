// For the tests of graph/: a clock that never waits, a policy's scripted next, and a client that answers from a script.
import {
  createHttpHeaders,
  createPipelineRequest,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { createBatch } from '../../src/graph/batch.ts';
import type { Answer, Call } from '../../src/graph/call.ts';
import type { Client } from '../../src/graph/client.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { createPace } from '../../src/graph/pace.ts';
import type { Tokens } from '../../src/graph/tokens.ts';
import { createUsage } from '../../src/graph/usage.ts';
import { createWindow } from '../../src/graph/window.ts';
import type { Clock } from '../../src/model/clock.ts';

export interface HandClock extends Clock {
  /** All pauses so far, in milliseconds. */
  readonly slept: readonly number[];
}

/** A clock that moves only by being slept on. */
export const handClock = (): HandClock => {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
};

export type Step = { readonly status: number; readonly headers?: Record<string, string> } | { readonly lost: string };

export interface Sent {
  readonly attempts: { readonly authorization: string | undefined }[];
  send(url?: string, method?: 'GET' | 'POST', prepare?: (request: PipelineRequest) => void): Promise<PipelineResponse>;
}

/** A policy whose next answers by the script, one step an attempt; the last step answers whatever comes after. */
export const scriptedPolicy = (policy: PipelinePolicy, steps: readonly Step[]): Sent => {
  const attempts: { readonly authorization: string | undefined }[] = [];
  const next = async (request: PipelineRequest): Promise<PipelineResponse> => {
    const step = steps[Math.min(attempts.length, steps.length - 1)]!;
    attempts.push({ authorization: request.headers.get('authorization') });
    if ('lost' in step) throw new RestError('the connection was lost', { code: step.lost });
    return { request, status: step.status, headers: createHttpHeaders(step.headers ?? {}) };
  };
  return {
    attempts,
    send: (url = 'https://graph.example.com/v1.0/users', method = 'GET', prepare) => {
      const request = createPipelineRequest({ url, method });
      prepare?.(request);
      return policy.sendRequest(request, next);
    },
  };
};

export const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  header: (name) => headers[name.toLowerCase()],
});

export interface ScriptedGraph extends Graph {
  readonly sent: readonly Call[];
  readonly clock: HandClock;
  readonly usage: ReturnType<typeof createUsage>;
}

/** A connection whose client answers by a function; what it throws is thrown. */
export const scriptedGraph = (
  reply: (call: Call, signal?: AbortSignal) => Answer | Promise<Answer>,
  concurrency = 4,
  tokens: Tokens = { get: async () => 'token', renew: async () => 'token' },
): ScriptedGraph => {
  const clock = handClock();
  const usage = createUsage();
  const window = createWindow(clock, { least: concurrency, first: concurrency, most: concurrency });
  const sent: Call[] = [];
  const client: Client = {
    send: async (call, signal) => {
      signal?.throwIfAborted();
      sent.push(call);
      return reply(call, signal);
    },
  };
  return {
    sent,
    client,
    clock,
    usage,
    window,
    batch: createBatch({ client, clock, pace: createPace({ clock }), window, tokens, usage }),
    tokens,
    advancedKinds: new Set(),
  };
};

export interface EnvelopeItem {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const itemsOf = (call: Call): readonly EnvelopeItem[] =>
  (call.body as { requests: readonly EnvelopeItem[] }).requests;

/** Answers an envelope item by item, in reverse, since Graph promises no order. */
export const answerItems = (
  call: Call,
  reply: (item: EnvelopeItem) => { status: number; body?: unknown; headers?: Record<string, string> },
): Answer =>
  answer(200, {
    responses: itemsOf(call)
      .map((item) => ({ id: item.id, headers: {}, ...reply(item) }))
      .reverse(),
  });
