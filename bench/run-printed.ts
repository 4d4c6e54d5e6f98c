// What `rollcall run --output json` prints, as far as the benchmarks read it.
import type { ProductCounts } from './counts.ts';

export const STAGES = ['collect', 'match', 'plan', 'apply', 'verify'] as const;

export type Stage = (typeof STAGES)[number];

export interface RunPrinted extends ProductCounts {
  readonly assigned: number;
  readonly present: number;
  readonly missing: number;
  /** Of all stages. */
  readonly seconds: number;
  readonly strategy: string | null;
  readonly plan: {
    readonly estimate: { readonly requests: number; readonly writes: number; readonly minutes: number };
  };
  readonly stages: Readonly<
    Record<Stage, { readonly seconds: number; readonly requests: number; readonly writes: number }>
  >;
}

/** Throws unless everybody who was matched has been assigned and seen to be. */
export const checkRun = ({ assigned, present, missing }: RunPrinted, matched: number): void => {
  if (assigned === matched && present === matched && missing === 0) return;
  throw new Error(
    `Rollcall assigned ${assigned}, saw ${present} and missed ${missing}, of ${matched} matched accounts`,
  );
};
