// What the resources work with: one connection's parts.
import type { Clock } from '../model/clock.ts';
import type { Batch } from './batch.ts';
import type { Client } from './client.ts';
import type { Tokens } from './tokens.ts';
import type { Window } from './window.ts';

export interface Graph {
  readonly client: Client;
  readonly batch: Batch;
  readonly clock: Clock;
  readonly tokens: Tokens;
  /** How many requests are under way at once. */
  readonly window: Window;
  /** Kinds of filters that turned out to need an advanced query. */
  readonly advancedKinds: Set<string>;
}
