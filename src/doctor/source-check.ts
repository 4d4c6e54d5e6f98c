// The source, read to its end once: what it is, and what other checks want to know of its accounts.
import { cellReader } from '../model/account.ts';
import type { Settings } from '../model/settings.ts';
import type { Source } from '../model/source.ts';
import { fill } from '../plan/templates.ts';
import { type Check, checked, count } from './check.ts';

export interface SourceFacts {
  /** Undefined where the source could not be read to its end. */
  readonly accounts: number | undefined;
  /** Domains of the user principal names that new users would get, in lower case, each with its accounts. */
  readonly newUserDomains: ReadonlyMap<string, number>;
}

/** Rows between two reports of progress. */
const PROGRESS_ROWS = 1000;

/** `onProgress` is told the rows so far. */
export const sourceCheck = async (
  source: Source,
  { create, match }: Pick<Settings, 'create' | 'match'>,
  checkColumns: (columns: readonly string[], notes: readonly string[]) => void,
  signal: AbortSignal,
  onProgress: (rows: number) => void = () => undefined,
): Promise<{ check: Check; facts: SourceFacts }> => {
  const newUserDomains = new Map<string, number>();
  let accounts: number | undefined;
  const template = create?.attributes['userPrincipalName'];
  const check = await checked('source', async () => {
    onProgress(0);
    const opened = await source.open(signal);
    try {
      checkColumns(opened.columns, opened.notes?.() ?? []);
    } catch (error) {
      await opened.close?.();
      throw error;
    }
    const read = cellReader(opened.columns);
    const empty = new Set(match.rules.flatMap((rule) => ('filter' in rule ? rule.columns : [rule.column])));
    let rows = 0;
    for await (const account of opened.rows()) {
      rows += 1;
      if (rows % PROGRESS_ROWS === 0) onProgress(rows);
      for (const column of empty) if (read(account, column).trim() !== '') empty.delete(column);
      if (template === undefined) continue;
      const domain = fill(template, (column) => read(account, column))
        .split('@')[1]
        ?.toLowerCase();
      if (domain) newUserDomains.set(domain, (newUserDomains.get(domain) ?? 0) + 1);
    }
    accounts = rows;
    const columns = opened.columns.join(', ');
    const notes = (opened.notes?.() ?? []).map((note) => ` ${note}`).join('');
    const found = `${opened.description}: ${count(rows)} ${rows === 1 ? 'account' : 'accounts'}, columns ${columns}.`;
    if (empty.size === 0) return { status: 'ok', found: `${found}${notes}` };
    const named = [...empty].map((column) => `"${column}"`).join(', ');
    return {
      status: 'warning',
      found: `${found} No account has a value in ${named}, which "match" compares.${notes}`,
      remedy:
        'Correct where the column is read from under source, or ask for the right to read it; or match by another column.',
    };
  });
  return { check, facts: { accounts, newUserDomains } };
};
