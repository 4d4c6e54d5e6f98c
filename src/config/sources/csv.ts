// source.csv: what people write of a CSV file, and what the code uses.
import { z } from 'zod';
import type { CsvSettings } from '../../model/source-settings.ts';
import { object, type ToPath, text } from '../shapes.ts';

/** Names for delimiters that are hard to see. */
const DELIMITERS: Readonly<Record<string, string>> = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' };

export const textEncoding = text
  .refine(isEncoding, 'expected an encoding such as utf-8, utf-16le or windows-1252')
  .describe('Default: by the byte order mark, else UTF-8.');

export const csvWritten = object({
  path: text.describe('The file, seen from this one.'),
  encoding: textEncoding.optional(),
  delimiter: z
    .string()
    .refine(
      (written) => written in DELIMITERS || written === 'auto' || /^[^"\r\n\0]$/u.test(written),
      'expected one character, or one of comma, semicolon, tab, pipe',
    )
    .optional()
    .describe('Default: comma, semicolon or tab, found by looking.'),
});

export function isEncoding(label: string): boolean {
  if (label === 'auto') return true;
  try {
    return new TextDecoder(label, { fatal: true }).encoding !== '';
  } catch {
    return false;
  }
}

export const csvSettings = (written: z.infer<typeof csvWritten>, path: ToPath): CsvSettings => ({
  kind: 'csv',
  path: path(written.path),
  encoding: written.encoding ?? 'auto',
  delimiter: DELIMITERS[written.delimiter ?? ''] ?? written.delimiter ?? 'auto',
});
