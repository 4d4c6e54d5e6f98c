// rollcall report: what a person wants to read. Nothing is sent to a directory.
import { join, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import { planRows } from '../../pipeline.ts';
import { formatOf, writeReport } from '../../report/report.ts';
import type { Work } from '../../work.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count } from '../print/progress.ts';
import type { CommonOptions } from '../program.ts';
import { type Known, readKnown } from '../report-data.ts';
import { reportRows } from '../report-rows.ts';
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
    await writeAll(work, known, files);
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
          `${data.application}: ${count(data.counts.rows)} accounts, ${count(attention.total)} needing a person`,
          ...attention.reasons.map((reason) => `  ${count(reason.count).padStart(5)}  ${reason.text}`),
          ...data.notes,
          ...files.map((file) => `Report: ${file}`),
        ].join('\n'),
      },
      options,
      io,
    );
    return attention.total > 0 ? 2 : 0;
  });
};

/**
 * Writes the reports of the newest roster and answers their paths. The names tell the formats.
 *
 * Errors: {@link UsageError} for a name that tells none, before anything is written; `RollcallError` where there is no
 * roster, its outcomes are of an older roster or configuration, or a file cannot be written.
 */
export const writeReports = async (work: Work, files: readonly string[]): Promise<readonly string[]> => {
  checkReportFiles(files);
  await writeAll(work, await readKnown(work), files);
  return files;
};

/** Refuses names that tell no format. Throws {@link UsageError}. */
export const checkReportFiles = (files: readonly string[]): void => {
  const unknown = files.filter((file) => formatOf(file) === undefined);
  if (unknown.length === 0) return;
  throw new UsageError(
    `${unknown.join(', ')}: a report is a page or a CSV file, and this name says neither.`,
    'Give the report a name that ends in .html or .csv.',
  );
};

/** Where reports go when nobody says where. */
export const usualFiles = ({ settings }: Pick<Work, 'settings'>): readonly string[] => {
  const name = join(settings.stateFolder, 'reports', settings.application.uniqueName);
  return [`${name}.html`, `${name}.csv`];
};

const writeAll = async (work: Work, known: Known, files: readonly string[]): Promise<void> => {
  const { roster, matching, plan, verified, data } = known;
  for (const path of files) {
    const rows = reportRows({
      columns: roster.columns,
      roles: work.settings.roles,
      rows: planRows(work.store, roster, matching),
      plan,
      resultsOfRows: (planHash, first, last) => work.store.resultsOfRows(planHash, first, last),
      verified,
    });
    await writeReport({ format: formatOf(path)!, path, data, rows });
  }
};
