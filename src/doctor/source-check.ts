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

export const sourceCheck = async (
  source: Source,
  { create }: Pick<Settings, 'create'>,
  checkColumns: (columns: readonly string[], notes: readonly string[]) => void,
  signal: AbortSignal,
): Promise<{ check: Check; facts: SourceFacts }> => {
  const newUserDomains = new Map<string, number>();
  let accounts: number | undefined;
  const template = create?.attributes['userPrincipalName'];
  const check = await checked('source', async () => {
    const opened = await source.open(signal);
    try {
      checkColumns(opened.columns, opened.notes?.() ?? []);
    } catch (error) {
      await opened.close?.();
      throw error;
    }
    const read = cellReader(opened.columns);
    let rows = 0;
    for await (const account of opened.rows()) {
      rows += 1;
      if (template === undefined) continue;
      const domain = fill(template, (column) => read(account, column))
        .split('@')[1]
        ?.toLowerCase();
      if (domain) newUserDomains.set(domain, (newUserDomains.get(domain) ?? 0) + 1);
    }
    accounts = rows;
    const columns = opened.columns.join(', ');
    const notes = (opened.notes?.() ?? []).map((note) => ` ${note}`).join('');
    return { status: 'ok', found: `${opened.description}: ${count(rows)} accounts, columns ${columns}.${notes}` };
  });
  return { check, facts: { accounts, newUserDomains } };
};
