// The defects of files that were exported from a directory, each with its code, in words, and with what to do about it.
import { VALUE_REMEDIES } from '../directory-values.ts';
import { fileErrors } from '../source-file.ts';
import { textRemedies } from '../text-file.ts';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  ...textRemedies('an LDIF file'),
  ...VALUE_REMEDIES,
  noColumns:
    'Name them in rollcall.yaml under source, for example "columns: { EMail: mail }"; "rollcall init FILE" proposes some.',
  emptyRoster: 'Export the accounts again, or correct objectClass under source.',
  badLine: 'Correct the line, or export again; a long value goes on in a line that begins with a blank.',
  badVersion: 'Export again as LDIF version 1.',
  badBase64: 'Export the file again; it was damaged on its way.',
  badHex: 'Export the file again; it was damaged on its way.',
  noName: 'Export again; an entry begins with its "dn:".',
  changeRecord: 'Export the entries themselves, for example with "ldifde -f FILE" or ldapsearch.',
  urlValue: 'Export again with the values in the file; nothing besides it is read.',
  searchFailed:
    'Export again, with the right to read all of it and no limit; less than all of it would not be a roster.',
  cutValues: 'Export again with all values, or name no column of this attribute.',
  noNameColumn: 'Export again with csvde; its first column is DN. For other CSV files write "source: { csv: … }".',
} as const;

export type DirectoryFileDefect = keyof typeof REMEDIES;

/** Makes the error for a defect of `file`; `message` is what happened, in words. */
export const directoryFileError = fileErrors<DirectoryFileDefect>(REMEDIES);
