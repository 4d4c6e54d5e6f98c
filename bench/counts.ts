// A quick run that found something else is worth nothing: both are held against what the users file was made of.
import type { SeedResult } from './seed.ts';
import type { UsersFileCounts } from './users-file.ts';

/** The product's totals, as its JSON output names them. */
export interface ProductCounts {
  readonly rows: number;
  readonly matched: number;
  readonly notQueried: number;
  readonly duplicate: number;
  readonly notMatched: number;
  readonly ambiguous: number;
  readonly queryFailed: number;
  readonly notEnabled: number;
}

/** Throws, naming every difference, unless the run found what is in the file. */
export const checkCounts = (who: string, truth: UsersFileCounts, found: UsersFileCounts): void => {
  const wrong = Object.entries(truth)
    .filter(([kind, count]) => found[kind as keyof UsersFileCounts] !== count)
    .map(([kind, count]) => `${kind} is ${found[kind as keyof UsersFileCounts]}, not ${count}`);
  if (wrong.length > 0) throw new Error(`${who} is wrong about the users file: ${wrong.join('; ')}`);
};

export const seedCounts = ({ rows, counts }: SeedResult): UsersFileCounts => ({ rows, ...counts });

/** Both must also agree about who cannot sign in. */
export const checkAgreement = (seed: SeedResult, product: ProductCounts): void => {
  if (seed.counts.notEnabled !== product.notEnabled) {
    throw new Error(`not enabled: the procedure says ${seed.counts.notEnabled}, Rollcall ${product.notEnabled}`);
  }
};
