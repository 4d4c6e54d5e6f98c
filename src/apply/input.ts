// What applying works with, from outside.
import type { Clock } from '../model/clock.ts';
import type { Application, Directory, DirectoryWriter, ServicePrincipal } from '../model/directory.ts';
import type { PlanStep } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';

/** What applying is handed. Everything that can fail before the first write has been done already. */
export interface ApplyInput {
  readonly application: Settings['application'];
  /** In plan order: registration, then users, then assignments. */
  readonly steps: AsyncIterable<PlanStep>;
  /** The application as it was read when the plan was found to fit. */
  readonly found: { readonly application?: Application; readonly servicePrincipal?: ServicePrincipal };
  readonly directory: Directory;
  readonly writer: DirectoryWriter;
  /** Records what is about to be written, and what became of it; throws if it cannot, and nothing is written then. */
  readonly record: (kind: 'intended' | 'written', data: unknown) => void;
  /** Throws when another process has taken over. */
  readonly assertHeld: () => void;
  readonly clock: Clock;
  /** How long the directory may take to show what was written. Milliseconds. */
  readonly lagLimitMs: number;
  readonly signal?: AbortSignal;
}

/** Why an action was not tried after the work was stopped. */
export const STOPPED = 'stopped before it was tried';
