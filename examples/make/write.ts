// Puts the groups of rows in an order, and writes an example's files.
import { writeFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { GraphUser } from './directory-users.ts';
import type { Random } from './random.ts';
import { type ComposedRow, expectedOf } from './truth.ts';

export interface Example {
  readonly folder: URL;
  readonly application: string;
  readonly columns: readonly string[];
  /** The column that tells a person which account a row of truth.csv is about. */
  readonly keyColumn: string;
  readonly lineEnd: '\n' | '\r\n';
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

/** Writes users.csv, directory.ndjson, expected.json and truth.csv. */
export const writeExample = ({ folder, application, columns, keyColumn, lineEnd, rows, users }: Example): void => {
  const write = (file: string, text: string) => writeFileSync(new URL(file, folder), text);
  const cells = rows.map((row) => columns.map((column) => row.cells[column] ?? ''));
  write('users.csv', stringify([[...columns], ...cells], { record_delimiter: lineEnd }));
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
