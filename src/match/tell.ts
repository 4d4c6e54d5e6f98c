// The last pass: gives each decision its row, and says where two rows meet in one user.
import type { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../model/outcome.ts';
import type { Decision } from './decide.ts';
import type { Row, Rows } from './sift.ts';

/** A row with what was decided about it. A further role is decided by the row that holds the account's first. */
export type DecidedRow =
  | { readonly row: Row; readonly decision: Decision }
  | { readonly row: Extract<Row, { kind: 'duplicate' | 'furtherRole' }>; readonly decision: undefined };

/** Makes outcomes of decided rows, in their order, which is the order of the roster. */
export const outcomeTeller = (rows: Rows, db: DatabaseSync): ((decided: DecidedRow) => Outcome) => {
  db.exec(`
    create table matched (user text primary key, n integer) without rowid;
    create table kept (n integer primary key, outcome text)`);
  const insertMatched = db.prepare('insert into matched values (?, ?) on conflict do nothing');
  const selectMatched = db.prepare('select n from matched where user = ?');
  const insertKept = db.prepare('insert into kept values (?, ?)');
  const selectKept = db.prepare('select outcome from kept where n = ?');

  const earlierRowOf = (user: string, n: number): number | undefined =>
    insertMatched.run(user, n).changes > 0 ? undefined : (selectMatched.get(user) as { n: number }).n;

  return ({ row, decision }) => {
    const { n } = row;
    if (decision === undefined) {
      const { outcome } = selectKept.get(row.sameAs) as { outcome: string };
      return { ...(JSON.parse(outcome) as Outcome), n, sameAs: row.sameAs };
    }
    const sharesUserWith = decision.kind === 'matched' ? earlierRowOf(decision.user!.id, n) : undefined;
    const outcome = { n, ...decision, ...(sharesUserWith !== undefined && { sharesUserWith }) };
    if (rows.hasFurtherRoles(n)) insertKept.run(n, JSON.stringify(outcome));
    return outcome;
  };
};
