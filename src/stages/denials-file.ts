// Decisions that were made outside Entra, as a CSV file: of an owner who went through a list, or about orphans by name.
import { csvSource } from '../collect/csv.ts';
import { ConfigError, type ConfigProblem } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Denial } from '../reconcile/denials.ts';

/** All other columns are the roster's. */
const OWN = ['decision', 'user', 'role', 'by', 'reason'] as const;

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads denials. Columns: `decision` (Deny; rows that say Approve, DontKnow or NotReviewed are left out), `by`, `reason`, and either
 * `user` (user principal name or object id) or columns of the roster, which say which account is meant; `role` where one
 * role alone is refused. `columns` are those of the roster, `at` is when it was decided.
 *
 * Errors: SourceError for what is no CSV file; {@link ConfigError} with every row that does not say who decided what, and why.
 */
export const readDenials = async (
  file: string,
  columns: readonly string[],
  at: string,
  signal: AbortSignal,
): Promise<readonly Denial[]> => {
  const source = await csvSource({ kind: 'csv', path: file, encoding: 'auto', delimiter: 'auto' }).open(signal);
  const names = source.columns.filter((name) => !isOwn(name));
  const problems: ConfigProblem[] = [
    ...(['decision', 'by', 'reason'] as const)
      .filter((name) => !source.columns.includes(name))
      .map((name) => ({ message: `the column "${name}" is missing${didYouMean(name, source.columns)}` })),
    ...names
      .filter((name) => !columns.includes(name))
      .map((name) => ({ message: `the roster has no column "${name}"${didYouMean(name, columns)}` })),
  ].map(({ message }) => ({ place: { file, line: 1 }, message }));
  if (problems.length > 0) throw new ConfigError(problems);
  const denials: Denial[] = [];
  for await (const { line, cells } of source.rows()) {
    const row = new Map(source.columns.map((name, i) => [name, (cells[i] ?? '').trim()]));
    const account = Object.fromEntries(names.map((name) => [name, row.get(name)!]).filter(([, cell]) => cell !== ''));
    const read = denialOf(row, account, at);
    if (typeof read === 'string') problems.push({ place: { file, ...(line && { line }) }, message: read });
    else if (read) denials.push(read);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return denials;
};

const isOwn = (name: string): boolean => (OWN as readonly string[]).includes(name);

/** The denial of a row; undefined for one that denies nothing, a text for one that says too little. */
const denialOf = (
  row: ReadonlyMap<string, string>,
  account: Readonly<Record<string, string>>,
  at: string,
): Denial | string | undefined => {
  const decision = row.get('decision')!.toLowerCase();
  if (['approve', 'dontknow', 'notreviewed'].includes(decision)) return undefined;
  if (decision !== 'deny')
    return `decision: expected Deny, Approve, DontKnow or NotReviewed, not "${row.get('decision')}"`;
  const [user = '', role = '', by, justification] = ['user', 'role', 'by', 'reason'].map((name) => row.get(name));
  if (!by) return 'by: missing; it is kept with the decision';
  if (!justification) return 'reason: missing; it is kept with the decision';
  const isNamed = Object.keys(account).length > 0;
  if ((user === '') !== isNamed) return 'expected a user, or cells of the roster that name the account: one of the two';
  const who = isNamed ? { account } : GUID.test(user) ? { userId: user } : { userPrincipalName: user };
  return {
    who,
    role: role === '' ? null : role,
    cause: { kind: 'denied', review: '', decidedBy: by, justification },
    at,
  };
};
