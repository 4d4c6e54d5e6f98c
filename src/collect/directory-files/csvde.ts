// CSV files as csvde exports them from Active Directory: an entry a row, an attribute a column.
import type { Account } from '../../model/account.ts';
import type { OpenSource } from '../../model/source.ts';
import { csvSource } from '../csv.ts';
import { plainAttribute } from '../directory-values.ts';
import type { FileEntry } from './entry.ts';
import { directoryFileError } from './errors.ts';

/** The entries of a file, one by one. Errors: {@link SourceError}, with line and column. */
export async function* csvdeEntries(
  file: string,
  encoding: string,
  signal: AbortSignal,
): AsyncGenerator<readonly FileEntry[]> {
  const opened = await csvSource({ kind: 'csv', path: file, encoding, delimiter: ',' }).open(signal);
  const names = namesOf(file, opened);
  for await (const account of opened.rows()) yield [csvdeEntry(file, names, account)];
}

interface Names {
  readonly dn: number;
  readonly attributes: readonly string[];
  /** Of the plain names of attributes. */
  readonly place: ReadonlyMap<string, number>;
}

const namesOf = (file: string, { columns }: OpenSource): Names => {
  const dn = columns.findIndex((name) => name.toLowerCase() === 'dn');
  if (dn === -1) {
    throw directoryFileError('noNameColumn', file, `there is no column DN, but ${columns.slice(0, 10).join(', ')}`, {
      line: 1,
    });
  }
  return { dn, attributes: columns, place: new Map(columns.map((name, index) => [plainAttribute(name), index])) };
};

const csvdeEntry = (file: string, { dn, attributes, place }: Names, { line = 1, cells }: Account): FileEntry => ({
  line,
  dn: cells[dn]!,
  attributes: attributes.filter((_, index) => index !== dn && cells[index] !== ''),
  values: (attribute) => {
    const cell = cells[place.get(attribute) ?? -1] ?? '';
    return cell === '' ? [] : valuesOf(cell).map((value) => bytesOf(file, value, attribute, line));
  },
});

/** Values stand one after the other with semicolons between; one that belongs to a value has a backslash before it. */
const valuesOf = (cell: string): readonly string[] =>
  cell.includes(';') ? cell.split(/(?<!\\);/).map((value) => value.replaceAll('\\;', ';')) : [cell];

const bytesOf = (file: string, value: string, attribute: string, line: number): Buffer => {
  const [, digits] = /^X'(.*)'$/is.exec(value) ?? [];
  if (digits === undefined) return Buffer.from(value);
  if (digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw directoryFileError('badHex', file, `the value of ${attribute} is not X'…' with pairs of hexadecimal digits`, {
    line,
  });
};
