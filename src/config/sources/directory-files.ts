// source.ldif and source.csvde: what people write of files that were exported from a directory, and what the code uses.
import { z } from 'zod';
import type { DirectoryFileSettings } from '../../model/source-settings.ts';
import { either, object, type ToPath, text } from '../shapes.ts';
import { textEncoding } from './csv.ts';
import { directoryColumns, directoryColumnsWritten } from './directory-columns.ts';

const PEOPLE = ['person', 'user', 'inetOrgPerson'];

const written = (what: string) =>
  object({
    path: text.describe(`${what}, seen from this one.`),
    encoding: textEncoding.optional(),
    objectClass: either([text, z.array(text).min(1, 'expected at least one class')], 'expected a class, or a list')
      .optional()
      .describe(`Entries of these classes are accounts. Default: ${PEOPLE.join(', ')}, without computers.`),
    columns: directoryColumnsWritten.optional(),
  });

export const ldifWritten = written('The LDIF file');
export const csvdeWritten = written('The file of csvde');

export const directoryFileSettings = (
  kind: 'ldif' | 'csvde',
  { path: name, encoding, objectClass, columns }: z.infer<typeof ldifWritten>,
  path: ToPath,
): DirectoryFileSettings => ({
  kind,
  path: path(name),
  encoding: encoding ?? 'auto',
  classes: objectClass === undefined ? PEOPLE : typeof objectClass === 'string' ? [objectClass] : objectClass,
  columns: directoryColumns(columns),
});
