// The defects of a text file of records, each with its code, in words, and with what to do about it.
import { fileErrors } from '../source-file.ts';
import { textRemedies } from '../text-file.ts';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  ...textRemedies('an export as text'),
  noColumns:
    'Name them in rollcall.yaml under source.text.columns, for example "columns: { Login: 1-8, Name: 9-40 }"; "rollcall init FILE" proposes some.',
  emptyRoster: 'Export the accounts again; if the application really has none, there is nothing to govern.',
  wrongLength:
    'Correct source.text.recordLength, or export again; a file that was cut off or sent as text looks like this.',
  wrongFields: 'Correct source.text.columns or the delimiter, or the record; a field cannot hold the delimiter.',
  controlByte:
    'Correct source.text.encoding or the columns; a number that is packed or binary has its picture behind its positions: "41-43 | 9(5) COMP-3".',
  notANumber: 'Correct the positions or the picture under source.text; bytes of another field look like this.',
  wrongHeader: 'Correct source.text.header, or export again.',
  wrongTrailer: 'Export again: without its last record the file is not complete; or correct source.text.trailer.',
  wrongCount: 'Export again; the file does not hold as many accounts as its last record says.',
} as const;

export type TextDefect = keyof typeof REMEDIES;

/** Makes the error for a defect of `file`; `message` is what happened, in words. */
export const textError = fileErrors<TextDefect>(REMEDIES);
