// What the columns of a source seem to hold, judged by their names and by the first rows.
import type { Source } from '../model/source.ts';

/** So many rows are looked at. */
export const SAMPLE_ROWS = 1000;

export interface SampledColumn {
  readonly name: string;
  /** Of the rows looked at, those with a value. */
  readonly filled: number;
  /** Different values, without regard to case, with how many rows have each; in the order of their coming. */
  readonly values: ReadonlyMap<string, number>;
  /** The longest value, in characters. */
  readonly longest: number;
  /** The share of values for which something holds. */
  share(holds: (value: string) => boolean): number;
}

export interface Sample {
  readonly rows: number;
  /** `csv users.csv (UTF-8, comma)`. */
  readonly description: string;
  readonly columns: readonly SampledColumn[];
  /** What the source noted of it. */
  readonly notes: readonly string[];
}

/** Looks at the first rows of a source. Throws {@link SourceError}. */
export const sampleSource = async (source: Source, signal: AbortSignal): Promise<Sample> => {
  const { columns, description, rows, notes } = await source.open(signal);
  const cells: string[][] = columns.map(() => []);
  let count = 0;
  for await (const account of rows()) {
    for (const [index, values] of cells.entries()) {
      const value = (account.cells[index] ?? '').trim();
      if (value !== '') values.push(value);
    }
    count += 1;
    if (count === SAMPLE_ROWS) break;
  }
  return {
    rows: count,
    description,
    columns: columns.map((name, index) => sampledColumn(name, cells[index]!)),
    notes: notes?.() ?? [],
  };
};

const sampledColumn = (name: string, filled: readonly string[]): SampledColumn => {
  const spellings = new Map<string, string>();
  const values = new Map<string, number>();
  for (const value of filled) {
    const spelling = spellings.get(value.toLowerCase()) ?? value;
    spellings.set(value.toLowerCase(), spelling);
    values.set(spelling, (values.get(spelling) ?? 0) + 1);
  }
  return {
    name,
    filled: filled.length,
    values,
    longest: filled.reduce((most, value) => Math.max(most, value.length), 0),
    share: (holds) => (filled.length === 0 ? 0 : filled.filter(holds).length / filled.length),
  };
};
