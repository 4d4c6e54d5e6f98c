// source.excel: what people write of an Excel workbook, and what the code uses.
import { z } from 'zod';
import type { ExcelSettings } from '../../model/source-settings.ts';
import { object, type ToPath, text } from '../shapes.ts';

export const excelWritten = object({
  path: text.describe('The workbook (.xlsx), seen from this file.'),
  sheet: text.optional().describe('Name of the sheet. Default: the only visible one that holds anything.'),
  headerRow: z
    .int('expected a whole number')
    .positive('expected the number of a row')
    .optional()
    .describe('The row that names the columns, as Excel counts. Default: found below titles, or by the table.'),
});

export const excelSettings = (written: z.infer<typeof excelWritten>, path: ToPath): ExcelSettings => ({
  kind: 'excel',
  path: path(written.path),
  sheet: written.sheet ?? null,
  headerRow: written.headerRow ?? null,
});
