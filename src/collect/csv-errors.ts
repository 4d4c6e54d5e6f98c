// The defects of a CSV file, each with its code, in words, and with what to do about it.
import { ENCODING_REMEDIES } from './encodings.ts';
import { foreignRemedies } from './foreign-formats.ts';
import { FILE_REMEDIES, fileErrors } from './source-file.ts';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  ...FILE_REMEDIES,
  ...ENCODING_REMEDIES,
  badDelimiter: 'Give one character, for example ";" or "|".',
  emptyFile: 'Export the accounts again.',
  emptyRoster: 'Export the accounts again; if the application really has none, there is nothing to govern.',
  spreadsheet:
    'Write "source: { excel: … }" for .xlsx; save others as .xlsx or "CSV UTF-8" in the spreadsheet program.',
  ...foreignRemedies('an export as CSV'),
  missingHeader: 'Give the column a name in the first row, or remove the column.',
  repeatedHeader: 'Give each column a name of its own in the first row.',
  tooFewCells:
    'Correct the row, or export again; a cell that holds the delimiter or a line break must stand in quotes.',
  tooManyCells: 'Correct the row, or export again; a cell that holds the delimiter must stand in quotes.',
  unterminatedQuote:
    'Close the quote, or double it where it is part of the text; if the file was cut off, export it again.',
  quoteInUnquotedCell: 'Put the whole cell in quotes and double each quote inside it.',
  textAfterQuote: 'Double each quote that is part of the text.',
  cellTooLong: 'Check the export: most often a quote is opened there and never closed.',
} as const;

export type CsvDefect = keyof typeof REMEDIES;

/** Makes the error for a defect of `file`; `message` is what happened, in words. */
export const csvError = fileErrors<CsvDefect>(REMEDIES);
