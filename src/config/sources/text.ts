// source.text: what people write of a text file with fixed columns or a delimiter, and what the code uses.
import { z } from 'zod';
import { CODE_PAGES, codePageName, isEbcdic } from '../../collect/text/code-pages.ts';
import { pictureOf, pictureProblem } from '../../collect/text/pictures.ts';
import type { TextColumn, TextField, TextMark, TextPlaces, TextSettings } from '../../model/source-settings.ts';
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

/** `41-43`, or with the picture of a number: `41-43 | 9(5) COMP-3`. */
const FIELD = /^([^|]*?)\s*(?:\|\s*(.*))?$/s;

const field = either(
  [
    z.int().positive(),
    text.superRefine((written, context) => {
      const problem = fieldProblem(written);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }),
  ],
  'expected positions such as 1-8, or the number of a field',
);

function fieldProblem(written: string): string | undefined {
  const [, at = '', picture] = FIELD.exec(written)!;
  if (!isPlaces(at)) return 'expected positions such as 1-8, or 9- up to the end';
  if (picture === undefined) return undefined;
  const { from, to } = placesOf(at);
  return pictureProblem(picture, to === null ? null : to - from + 1);
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
    count: field.optional().describe('Where it says how many accounts there are.'),
  })
    .refine(({ at, is }) => (at === undefined) === (is === undefined), 'expected both at and is, or neither')
    .optional()
    .describe('The last record, which must be there, is no account, and may count them.'),
  columns: either(
    [z.record(text, field), z.array(text).min(1, 'expected at least one name')],
    'expected names with positions, or, with a delimiter, a list of names',
  )
    .optional()
    .describe(
      'Positions (Login: 1-8; Id: 9-11 | 9(5) COMP-3), numbers of fields (Login: 1), or the names of all fields in order.',
    ),
}).superRefine((written, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const { columns, delimiter } = written;
  if (Array.isArray(columns) && delimiter === undefined)
    refuse('columns', 'a list of names goes with a delimiter only');
  if (Array.isArray(columns) && new Set(columns).size < columns.length) refuse('columns', 'each name may stand once');
  if (delimiter !== undefined && written.recordLength !== undefined) {
    refuse('recordLength', 'goes with fixed positions only');
  }
  const fields: readonly (readonly [path: readonly string[], written: string | number])[] = [
    ...(columns === undefined || Array.isArray(columns)
      ? []
      : Object.entries(columns).map(([name, at]) => [['columns', name], at] as const)),
    ...(written.trailer?.count === undefined ? [] : [[['trailer', 'count'], written.trailer.count] as const]),
  ];
  for (const [path, at] of fields) {
    const picture = fieldProblem(String(at)) === undefined ? fieldOf(at).picture : null;
    const problem = picture && pictureMisfit(picture, written);
    if (problem) context.addIssue({ code: 'custom', path: [...path], message: problem });
  }
});

/** Packed and binary numbers are bytes: they come unharmed only in records that nothing has made lines of. */
const pictureMisfit = (
  { usage }: NonNullable<TextField['picture']>,
  { delimiter, encoding, recordLength }: { delimiter?: string; encoding?: string; recordLength?: number },
): string | undefined => {
  if (delimiter !== undefined) return 'a picture goes with fixed positions only';
  if (usage === 'display') return undefined;
  const page = codePageName(encoding ?? '');
  if (page === undefined || !isEbcdic(page))
    return 'packed and binary numbers need an encoding of EBCDIC, such as ibm037';
  return recordLength === undefined ? 'packed and binary numbers need recordLength' : undefined;
};

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
            count: trailer.count === undefined ? null : fieldOf(trailer.count),
          },
    columns: columns === undefined ? null : columnsOf(columns),
    fields: Array.isArray(columns) ? columns.length : null,
  };
};

const columnsOf = (columns: NonNullable<z.infer<typeof textWritten>['columns']>): readonly TextColumn[] =>
  Array.isArray(columns)
    ? columns.map((name, index) => ({ name, at: { from: index + 1, to: index + 1 }, picture: null }))
    : Object.entries(columns).map(([name, at]) => ({ name, ...fieldOf(at) }));

const fieldOf = (written: string | number): TextField => {
  const [, at = '', picture] = FIELD.exec(String(written))!;
  return { at: placesOf(at), picture: picture === undefined ? null : (pictureOf(picture) ?? null) };
};

const markOf = (at: string | number, is: string): TextMark => ({ at: placesOf(at), is });

const placesOf = (written: string | number): TextPlaces => {
  const [, from, dash, to] = PLACES.exec(String(written))!;
  if (dash === undefined) return { from: Number(from), to: Number(from) };
  return { from: Number(from), to: to === '' ? null : Number(to) };
};
