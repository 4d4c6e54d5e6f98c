// source.text: what people write of a text file with fixed columns or a delimiter, and what the code uses.
import { z } from 'zod';
import { CODE_PAGES, codePageName } from '../../collect/text/code-pages.ts';
import type { TextColumn, TextMark, TextPlaces, TextSettings } from '../../model/source-settings.ts';
import { either, object, type ToPath, text } from '../shapes.ts';
import { isEncoding } from './csv.ts';

const PLACES = /^(\d+)(?:(-)(\d*))?$/;

const places = either(
  [
    z.int().positive(),
    text.refine((written) => isPlaces(written), 'expected positions such as 1-8, or 9- up to the end'),
  ],
  'expected positions such as 1-8, or the number of a field',
);

function isPlaces(written: string): boolean {
  const [, from, , to] = PLACES.exec(written) ?? [];
  return from !== undefined && Number(from) > 0 && (!to || Number(to) >= Number(from));
}

const mark = { at: places.describe('Where in the record.'), is: text.describe('What stands there.') };
const howMany = z.int('expected a whole number').positive('expected a number of records');

export const textWritten = object({
  path: text.describe('The file, seen from this one.'),
  encoding: text
    .refine(
      (label) => codePageName(label) !== undefined || isEncoding(label),
      `expected a code page (${CODE_PAGES.join(', ')}) or an encoding such as utf-8 or windows-1252`,
    )
    .optional()
    .describe('Code page or encoding. Default: by the byte order mark, else UTF-8.'),
  delimiter: text.optional().describe('Between fields. Default: none, columns have fixed positions.'),
  recordLength: z
    .int('expected a whole number')
    .positive('expected a number of characters')
    .optional()
    .describe('Characters of each record, where all are of one length. Then they need no line ends.'),
  comment: text.optional().describe('Lines that begin with this are left out.'),
  header: either([howMany, object(mark)], 'expected a number of records, or { at, is }')
    .optional()
    .describe('Records before the first account: how many, or what the one that must be there is known by.'),
  trailer: object({
    at: mark.at.optional(),
    is: mark.is.optional(),
    count: places.optional().describe('Where it says how many accounts there are.'),
  })
    .refine(({ at, is }) => (at === undefined) === (is === undefined), 'expected both at and is, or neither')
    .optional()
    .describe('The last record, which must be there, is no account, and may count them.'),
  columns: either(
    [z.record(text, places), z.array(text).min(1, 'expected at least one name')],
    'expected names with positions, or, with a delimiter, a list of names',
  )
    .optional()
    .describe('Positions (Login: 1-8), numbers of fields (Login: 1), or the names of all fields in order.'),
}).superRefine((written, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const { columns, delimiter } = written;
  if (Array.isArray(columns) && delimiter === undefined)
    refuse('columns', 'a list of names goes with a delimiter only');
  if (Array.isArray(columns) && new Set(columns).size < columns.length) refuse('columns', 'each name may stand once');
  if (delimiter !== undefined && written.recordLength !== undefined) {
    refuse('recordLength', 'goes with fixed positions only');
  }
});

export const textSettings = (written: z.infer<typeof textWritten>, path: ToPath): TextSettings => {
  const { header, trailer, columns } = written;
  return {
    kind: 'text',
    path: path(written.path),
    encoding: written.encoding ?? 'auto',
    delimiter: written.delimiter ?? null,
    recordLength: written.recordLength ?? null,
    comment: written.comment ?? null,
    header: header === undefined || typeof header === 'number' ? (header ?? null) : markOf(header.at, header.is),
    trailer:
      trailer === undefined
        ? null
        : {
            mark: trailer.at === undefined ? null : markOf(trailer.at, trailer.is!),
            count: trailer.count === undefined ? null : placesOf(trailer.count),
          },
    columns: columns === undefined ? null : columnsOf(columns),
    fields: Array.isArray(columns) ? columns.length : null,
  };
};

const columnsOf = (columns: NonNullable<z.infer<typeof textWritten>['columns']>): readonly TextColumn[] =>
  Array.isArray(columns)
    ? columns.map((name, index) => ({ name, at: { from: index + 1, to: index + 1 } }))
    : Object.entries(columns).map(([name, at]) => ({ name, at: placesOf(at) }));

const markOf = (at: string | number, is: string): TextMark => ({ at: placesOf(at), is });

const placesOf = (written: string | number): TextPlaces => {
  const [, from, dash, to] = PLACES.exec(String(written))!;
  if (dash === undefined) return { from: Number(from), to: Number(from) };
  return { from: Number(from), to: to === '' ? null : Number(to) };
};
