// Puts the groups of rows in an order, and writes an example's files.
import { writeFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { GraphUser } from './directory-users.ts';
import type { Random } from './random.ts';
import { type ComposedRow, expectedOf } from './truth.ts';

export interface Example {
  readonly folder: URL;
  readonly application: string;
  /** The file of accounts as the application exports it: columns of a CSV file and how its lines end, or other files. */
  readonly source:
    | { readonly columns: readonly string[]; readonly lineEnd: '\n' | '\r\n' }
    | Readonly<Record<string, string | Buffer>>;
  /** The column that tells a person which account a row of truth.csv is about. */
  readonly keyColumn: string;
  readonly rows: readonly ComposedRow[];
  readonly users: readonly GraphUser[];
}

/** Mixes groups of rows; within a group the order stays, since the first row of several is the one that counts. */
export const shuffled = (groups: readonly (readonly ComposedRow[])[], random: Random): ComposedRow[] =>
  groups
    .flatMap((group) => {
      const places = group.map(() => random.next()).toSorted((a, b) => a - b);
      return group.map((row, index) => ({ row, place: places[index]! }));
    })
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);

/** Writes users.csv or the other files of the source, directory.ndjson, expected.json and truth.csv. */
export const writeExample = ({ folder, application, source, keyColumn, rows, users }: Example): void => {
  const write = (file: string, text: string | Buffer) => writeFileSync(new URL(file, folder), text);
  for (const [file, text] of Object.entries(filesOf(source, rows))) write(file, text);
  write('directory.ndjson', users.map((user) => `${JSON.stringify(user)}\n`).join(''));
  write('expected.json', `${JSON.stringify(expectedOf(application, rows), undefined, 2)}\n`);
  const truths = rows.map(({ cells, truth }, index) => [
    index + 1,
    cells[keyColumn],
    truth.outcome,
    truth.by,
    truth.user,
    truth.role,
    truth.notEnabled ? 'user cannot sign in' : truth.created ? 'user is created' : '',
    truth.category,
  ]);
  write('truth.csv', stringify([['row', keyColumn, 'outcome', 'by', 'user', 'role', 'note', 'category'], ...truths]));
};

const filesOf = (
  source: Example['source'],
  rows: readonly ComposedRow[],
): Readonly<Record<string, string | Buffer>> => {
  if (!isCsv(source)) return source;
  const cells = rows.map((row) => source.columns.map((column) => row.cells[column] ?? ''));
  return { 'users.csv': stringify([[...source.columns], ...cells], { record_delimiter: source.lineEnd }) };
};

const isCsv = (source: Example['source']): source is Extract<Example['source'], { columns: readonly string[] }> =>
  Array.isArray(source['columns']);
