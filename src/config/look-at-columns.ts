// What the columns of a users file seem to hold, judged by their names and by the first rows.
import { csvSource } from '../collect/csv.ts';
import { SourceError } from '../model/errors.ts';

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
  /** Set where the file could only be read in an encoding that has to be declared. */
  readonly encoding: string | undefined;
  readonly columns: readonly SampledColumn[];
}

/** Looks at the first rows of a users file. Throws {@link SourceError}. */
export const sampleFile = async (path: string): Promise<Sample> => {
  try {
    return await sample(path, undefined);
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'invalidEncoding') throw error;
    // What is not UTF-8 and carries no mark is nearly always what Windows programs of the west write.
    return sample(path, 'windows-1252');
  }
};

const sample = async (path: string, encoding: string | undefined): Promise<Sample> => {
  const source = csvSource({ kind: 'csv', path, encoding: encoding ?? 'auto', delimiter: 'auto' });
  const { columns, description, rows } = await source.open(new AbortController().signal);
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
    encoding,
    columns: columns.map((name, index) => sampledColumn(name, cells[index]!)),
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
