// The defects of a workbook, each with its code, in words, and with what to do about it.
import { SourceError } from '../../model/errors.ts';
import { foreignRemedies } from '../foreign-formats.ts';
import { FILE_REMEDIES } from '../source-file.ts';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  ...FILE_REMEDIES,
  ...foreignRemedies('an export as an Excel workbook (.xlsx)'),
  emptyFile: 'Export the accounts again.',
  textFile: 'If it is a CSV file, write "source: { csv: … }"; the name of a file does not make it a workbook.',
  oldWorkbook: 'Open it in Excel and save it as an Excel workbook (.xlsx).',
  otherWorkbook: 'Open it in the spreadsheet program and save it as an Excel workbook (.xlsx).',
  encrypted: 'Open it in Excel with its password and save a copy without one, where only you can read it.',
  cutOff: 'The file is not complete; export or copy it again.',
  damaged: 'Open it in Excel, let Excel repair it, and save it; or export it again.',
  tooLarge: 'Check where the file comes from: no list of accounts looks like this. Export it again.',
  noSheet: 'Correct source.excel.sheet.',
  severalSheets: 'Name the sheet of accounts as source.excel.sheet.',
  emptyWorkbook: 'Export the accounts again, or name the sheet as source.excel.sheet.',
  noHeader: 'Say which row names the columns: source.excel.headerRow, counted as Excel does.',
  missingHeader:
    'Give the column a name in the header, or empty it; if another row names the columns, say so with source.excel.headerRow.',
  repeatedHeader: 'Give each column a name of its own in the header.',
  emptyRoster: 'Export the accounts again; if the application really has none, there is nothing to govern.',
  errorValue: 'Correct the cell or its formula in Excel and save the file.',
  formulaWithoutValue: 'Open the file in Excel and save it: Excel calculates the formulas then.',
  notADate: 'Correct the cell in Excel, or give it another number format.',
  nulCharacter: 'Correct the cell: no text holds such a character.',
  cellTooLong: 'Check the export: no cell of Excel holds that much.',
} as const;

export type ExcelDefect = keyof typeof REMEDIES;

/** Makes the error for a defect of `file`; `message` is what happened, in words. */
export const excelError = (
  code: ExcelDefect,
  file: string,
  message: string,
  _position?: unknown,
  cause?: unknown,
): SourceError => new SourceError(code, { file }, message, REMEDIES[code], cause === undefined ? undefined : { cause });

/** A cell that cannot be read; who knows file and sheet makes an error of it. `at` is `B7`. */
export class UnreadableCell extends Error {
  readonly code: ExcelDefect;
  readonly at: string;

  constructor(code: ExcelDefect, at: string, message: string) {
    super(message);
    this.code = code;
    this.at = at;
  }
}

/** As Excel names a column, counted from 0: A, …, Z, AA. */
export const columnLetters = (column: number): string => {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : columnLetters(Math.floor(column / 26) - 1) + last;
};

/** `B7`; the column is counted from 0, the row from 1. */
export const cellName = (column: number, row: number): string => `${columnLetters(column)}${row}`;
