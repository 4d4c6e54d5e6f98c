// Writes a report to its file: whole or not at all, a row at a time.
import { createHash } from 'node:crypto';
import { RollcallError } from '../model/errors.ts';
import { writeWhole } from '../whole-file.ts';
import { csvReport } from './csv.ts';
import { htmlReport } from './html.ts';
import type { ReportData, ReportRow } from './row.ts';

export type ReportFormat = 'html' | 'csv';

export interface ReportInput {
  readonly format: ReportFormat;
  readonly path: string;
  readonly data: ReportData;
  /** Every account, in row order. */
  readonly rows: AsyncIterable<ReportRow>;
}

/** The format that a file's name asks for; undefined where there is none. */
export const formatOf = (path: string): ReportFormat | undefined =>
  /\.html?$/i.test(path) ? 'html' : /\.csv$/i.test(path) ? 'csv' : undefined;

/**
 * Writes a report, making its folder if need be. A report that was there is replaced once the new one is complete.
 *
 * Errors: {@link RollcallError} when the file cannot be written; what `rows` throws is passed on.
 */
export const writeReport = async ({ format, path, data, rows }: ReportInput): Promise<void> => {
  await writeText(path, format === 'html' ? htmlReport(data, rows) : csvReport(data, rows));
};

/** Writes a text that comes in pieces, whole or not at all, and answers its hash: `sha256:` and 64 hexadecimal digits. */
export const writeText = async (path: string, text: AsyncIterable<string>): Promise<string> => {
  try {
    return await writeWhole(path, async (put) => {
      const hash = createHash('sha256');
      for await (const piece of text) {
        hash.update(piece);
        await put(piece);
      }
      return `sha256:${hash.digest('hex')}`;
    });
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new RollcallError(
      `The report ${path} cannot be written: ${error.message}.`,
      'Close the report if a program has it open, check that its folder can be written to, or name another file with --to.',
      { cause: error },
    );
  }
};

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;
