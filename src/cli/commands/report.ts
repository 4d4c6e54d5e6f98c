// rollcall report: what a person wants to read. Nothing is sent to a directory.
import { resolve } from 'node:path';
import { readKnown } from '../../reporting/data.ts';
import { checkReportFiles, usualFiles, writeKnown } from '../../reporting/reports.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count, counted } from '../print/progress.ts';
import type { CommonOptions } from '../program.ts';
import { shownPath } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface ReportOptions extends CommonOptions {
  readonly to: readonly string[];
}

export const report = async (options: ReportOptions, io: Io): Promise<number> => {
  const wanted = options.to.map((file) => resolve(file));
  checkReportFiles(wanted);
  return withWork(options, io, 'report', async (work) => {
    const known = await readKnown(work);
    const files = wanted.length > 0 ? wanted : usualFiles(work);
    await writeKnown(work, known, files);
    const { attention, data } = known;
    await print(
      {
        data: {
          application: data.application,
          reports: files,
          ...data.counts,
          needPerson: attention.total,
          notes: data.notes,
        },
        text: [
          `${data.application}: ${counted(data.counts.rows, 'account')}, ${count(attention.total)} needing a person`,
          ...attention.reasons.map((reason) => `  ${count(reason.count).padStart(5)}  ${reason.text}`),
          ...data.notes,
          ...files.map((file) => `Report: ${shownPath(file)}`),
        ].join('\n'),
      },
      options,
      io,
    );
    return attention.total > 0 ? 2 : 0;
  });
};
