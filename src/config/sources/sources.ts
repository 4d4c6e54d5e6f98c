// source: which kind of source is written, one key a kind. A new kind is a file beside this one, and a line in each of two places.
import { z } from 'zod';
import type { SourceSettings } from '../../model/source-settings.ts';
import { object, type ToPath, text } from '../shapes.ts';
import { csvSettings, csvWritten } from './csv.ts';
import { csvdeWritten, directoryFileSettings, ldifWritten } from './directory-files.ts';
import { excelSettings, excelWritten } from './excel.ts';
import { ldapSettings, ldapWritten } from './ldap.ts';
import { restSettings, restWritten } from './rest.ts';
import { scimSettings, scimWritten } from './scim.ts';
import { soapSettings, soapWritten } from './soap.ts';
import { sqlSettings, sqlWritten } from './sql.ts';
import { textSettings, textWritten } from './text.ts';

const kinds = {
  csv: csvWritten.optional(),
  excel: excelWritten.optional(),
  ldif: ldifWritten.optional(),
  csvde: csvdeWritten.optional(),
  text: textWritten.optional(),
  rest: restWritten.optional(),
  ldap: ldapWritten.optional(),
  scim: scimWritten.optional(),
  soap: soapWritten.optional(),
  sql: sqlWritten.optional(),
};

/** The kind of source for a file that "init" is given and whose look says nothing, by the end of its name; else it is CSV. */
export const KIND_OF_FILE: Readonly<Record<string, keyof typeof kinds>> = {
  '.csv': 'csv',
  '.xlsx': 'excel',
  '.xlsm': 'excel',
  '.ldf': 'ldif',
  '.ldif': 'ldif',
};

export const sourceWritten = object({
  ...kinds,
  drop: z.array(text).optional().describe('Columns that are left out.'),
  keep: z.array(text).optional().describe('Columns that stay, although they look as if they held secrets.'),
})
  .superRefine((written, context) => {
    const named = Object.keys(written).filter((key) => key in kinds);
    if (named.length === 1 || context.issues.some(({ code }) => code === 'unrecognized_keys')) return;
    const message =
      named.length === 0
        ? `missing; expected one kind of source: ${Object.keys(kinds).join(', ')}`
        : `expected one kind of source, not ${named.length}: ${named.join(', ')}`;
    context.addIssue({ code: 'custom', message });
  })
  .describe("Where the application's accounts are read from: one kind of source.");

export const sourceSettings = (written: z.infer<typeof sourceWritten>, path: ToPath): SourceSettings => {
  if (written.csv) return csvSettings(written.csv, path);
  if (written.excel) return excelSettings(written.excel, path);
  if (written.ldif) return directoryFileSettings('ldif', written.ldif, path);
  if (written.csvde) return directoryFileSettings('csvde', written.csvde, path);
  if (written.text) return textSettings(written.text, path);
  if (written.rest) return restSettings(written.rest, path);
  if (written.ldap) return ldapSettings(written.ldap, path);
  if (written.scim) return scimSettings(written.scim, path);
  if (written.soap) return soapSettings(written.soap, path);
  if (written.sql) return sqlSettings(written.sql, path);
  throw new RangeError('the schema lets no file pass that names no source');
};
