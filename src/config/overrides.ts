// overrides.csv: an administrator's own decisions about accounts, each with its reason.
import { relative } from 'node:path';
import { csvSource } from '../collect/csv.ts';
import { type ConfigProblem, placeText, SourceError } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Override } from '../model/settings.ts';

const DECISION_COLUMNS = ['decision', 'user', 'reason'] as const;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface OverridesRead {
  readonly overrides: readonly Override[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * Reads an overrides file: a CSV file with one or more columns of the roster, then `decision` (match or ignore), `user`
 * (object id or user principal name), `reason`.
 *
 * A row decides about the accounts whose cells equal its own; a column whose cell is empty is not looked at.
 * Errors: none; every problem of the file is returned, with its place.
 */
export const readOverrides = async (file: string, folder: string): Promise<OverridesRead> => {
  const overrides: Override[] = [];
  const problems: ConfigProblem[] = [];
  try {
    const source = csvSource({ kind: 'csv', path: file, encoding: 'auto', delimiter: 'auto' });
    const { columns, rows } = await source.open(new AbortController().signal);
    problems.push(...headerProblems(file, columns));
    if (problems.length > 0) return { overrides, problems };
    const decidedAt = new Map<string, number>();
    for await (const { line, cells } of rows()) {
      const at = (message: string) => problems.push({ place: { file, ...(line && { line }) }, message });
      const cell = new Map(columns.map((column, index) => [column, (cells[index] ?? '').trim()]));
      const where = Object.fromEntries(
        [...cell].filter(([column, value]) => !isDecisionColumn(column) && value !== ''),
      );
      for (const message of rowProblems(where, cell)) at(message);
      const key = JSON.stringify(Object.entries(where).map(([column, value]) => [column, value.toLowerCase()]));
      const before = decidedAt.get(key);
      if (before !== undefined) at(`the same accounts are decided about on line ${before} already`);
      else if (line !== undefined) decidedAt.set(key, line);
      overrides.push({
        where,
        decision:
          cell.get('decision')?.toLowerCase() === 'ignore'
            ? { kind: 'ignore' }
            : { kind: 'match', user: cell.get('user') ?? '' },
        reason: cell.get('reason') ?? '',
        place: `${relative(folder, file).replaceAll('\\', '/')}:${line}`,
      });
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    // A file with a header alone decides nothing, which is allowed.
    if (error.code !== 'emptyRoster') problems.push(problemOf(error));
  }
  return { overrides, problems };
};

const isDecisionColumn = (column: string): boolean => (DECISION_COLUMNS as readonly string[]).includes(column);

const headerProblems = (file: string, columns: readonly string[]): ConfigProblem[] => {
  const place = { file, line: 1 };
  const others = columns.filter((column) => !isDecisionColumn(column));
  const missing = DECISION_COLUMNS.filter((column) => !columns.includes(column));
  const problems = missing.map((column) => ({
    place,
    message: `the column "${column}" is missing; expected columns of the roster, then decision, user, reason${nearMiss(column, others)}`,
  }));
  if (others.length === 0) {
    problems.push({ place, message: 'no column of the roster says which accounts are meant' });
  }
  return problems;
};

const nearMiss = (column: string, others: readonly string[]): string => {
  const other = others.find((name) => didYouMean(name, [column]) !== '');
  return other === undefined ? '' : `; is it "${other}"?`;
};

const rowProblems = (where: Readonly<Record<string, string>>, cell: ReadonlyMap<string, string>): string[] => {
  const problems: string[] = [];
  const decision = cell.get('decision')!.toLowerCase();
  const user = cell.get('user')!;
  if (Object.keys(where).length === 0) problems.push('the row does not say which account it means');
  if (decision !== 'match' && decision !== 'ignore') {
    problems.push(`decision: expected match or ignore${didYouMean(decision, ['match', 'ignore'])}`);
  }
  if (decision === 'match' && user === '') problems.push('user: missing; a match needs the user it is to');
  else if (decision === 'match' && !user.includes('@') && !GUID.test(user)) {
    problems.push('user: expected a user principal name or an object id');
  }
  if (decision === 'ignore' && user !== '') problems.push('user: expected nothing, since the account is ignored');
  if (cell.get('reason') === '') problems.push('reason: missing; it is kept with the decision');
  return problems;
};

const problemOf = ({ place, message, remedy }: SourceError): ConfigProblem => ({
  ...('file' in place && { place }),
  message: `${message.slice(placeText(place).length + 2)}. ${remedy}`,
});
