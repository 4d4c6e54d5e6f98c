// The reports of one application: where they go, and how what is known becomes rows.
import { join } from 'node:path';
import { UsageError } from '../model/errors.ts';
import { planRows } from '../pipeline.ts';
import { formatOf, writeReport } from '../report/report.ts';
import type { Work } from '../work.ts';
import { type Known, readKnown } from './data.ts';
import { reportRows } from './rows.ts';

/**
 * Writes the reports of the newest roster and answers their paths. The names tell the formats.
 *
 * Errors: {@link UsageError} for a name that tells none, before anything is written; `RollcallError` where there is no
 * roster, its outcomes are of an older roster or configuration, or a file cannot be written.
 */
export const writeReports = async (work: Work, files: readonly string[]): Promise<readonly string[]> => {
  checkReportFiles(files);
  await writeKnown(work, await readKnown(work), files);
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

/** Writes what has been read already. */
export const writeKnown = async (work: Work, known: Known, files: readonly string[]): Promise<void> => {
  const { roster, matching, plan, verified, data } = known;
  for (const path of files) {
    const rows = reportRows({
      columns: roster.columns,
      roles: work.settings.roles,
      accounts: work.settings.accounts,
      rows: planRows(work.store, roster, matching),
      plan,
      resultsOfRows: (planHash, first, last) => work.store.resultsOfRows(planHash, first, last),
      verified,
    });
    await writeReport({ format: formatOf(path)!, path, data, rows });
  }
};
