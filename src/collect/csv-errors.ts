// The defects of a CSV file, each with its code, in words, and with what to do about it.
import { SourceError } from '../model/errors.ts';

/** Where in the file a defect is; counted from 1, a column in characters. */
export interface Position {
  readonly line?: number;
  readonly column?: number;
}

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  notFound: 'Correct the path; in rollcall.yaml it stands under source.csv.path.',
  isFolder: 'Name the file itself; in rollcall.yaml it stands under source.csv.path.',
  notAFile: 'Save the data to a file first; it is read more than once.',
  noPermission: 'Give the account that runs Rollcall the right to read it.',
  unreadable: 'Check the disk or the network share, then run the same command again.',
  changedWhileReading: 'Wait until the export has finished, then run the same command again.',
  unknownEncoding: 'Use a name such as utf-8, utf-16le or windows-1252.',
  badDelimiter: 'Give one character, for example ";" or "|".',
  emptyFile: 'Export the accounts again.',
  emptyRoster: 'Export the accounts again; if the application really has none, there is nothing to govern.',
  spreadsheet: 'Open it in the spreadsheet program and save it as "CSV UTF-8".',
  compressed: 'Unpack it and name the CSV file inside.',
  pdf: 'Ask the application for an export as CSV.',
  htmlPage:
    'Often the export link needs a sign-in and answered with its page; download the file again while signed in.',
  xmlFile: 'Ask the application for an export as CSV.',
  jsonFile: 'Ask the application for an export as CSV.',
  otherFormat: 'Ask the application for an export as CSV.',
  utf32: 'Save the file as UTF-8.',
  utf16WithoutBom: 'Save the file as UTF-8, or declare "encoding: utf-16le" (or utf-16be) under source.csv.',
  nulByte: 'Export the accounts again; a text file holds no such character, so the file is damaged or not a text file.',
  invalidEncoding:
    'If it was saved in another encoding, declare it under source.csv, for example "encoding: windows-1252".',
  cutOff: 'The file is not complete; export or copy it again.',
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
export const csvError = (
  code: CsvDefect,
  file: string,
  message: string,
  position: Position = {},
  cause?: unknown,
): SourceError =>
  new SourceError(code, { file, ...position }, message, REMEDIES[code], cause === undefined ? undefined : { cause });
