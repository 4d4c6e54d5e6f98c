// For the tests of channels: what they are given to work with, and what they tell of each removal.
import type { ChannelTools, OrderReport, Placed } from '../../src/model/channel.ts';
import type { ReachSettings } from '../../src/model/channel-settings.ts';
import type { ChannelError } from '../../src/model/errors.ts';
import type { Removal } from '../../src/model/removal.ts';
import { type HandClock, handClock } from './graph.ts';

export const toolsOf = (secrets: Readonly<Record<string, string>>): ChannelTools & { readonly clock: HandClock } => ({
  readSecret: async (ref) => {
    const secret = 'env' in ref ? secrets[ref.env] : undefined;
    if (secret === undefined) throw new Error('this test has no such secret');
    return secret;
  },
  env: {},
  clock: handClock(),
});

export const REACH: ReachSettings = {
  caFile: null,
  timeLimits: { connect: 10, answer: 30 },
  repeats: 4,
  longestWait: 300,
};

export interface Told extends OrderReport {
  readonly orders: Map<string, Placed>;
  readonly refusals: Map<string, ChannelError>;
}

export const reportOf = (): Told => {
  const orders = new Map<string, Placed>();
  const refusals = new Map<string, ChannelError>();
  return {
    orders,
    refusals,
    placed: async ({ id }: Removal, order) => void orders.set(id, order),
    refused: async ({ id }: Removal, error) => void refusals.set(id, error),
  };
};

/** For what is never aborted. */
export const onAndOn = (): AbortSignal => new AbortController().signal;
