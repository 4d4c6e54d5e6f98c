// The first pass over a roster: what each row is before the directory is asked, and which values it will ask for.
import type { DatabaseSync } from 'node:sqlite';
import { type Account, cellReader, type Roster } from '../model/account.ts';
import { ConfigError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { MatchSettings } from '../model/settings.ts';
import { TookTooLongError, within } from './bounded.ts';
import { compileOverrides } from './overrides.ts';
import type { Rule, RuleValue } from './rules.ts';
import { breather } from './scratch.ts';

/** A row that asks the rules has a value, or none, for each rule. */
export type Row =
  | { readonly n: number; readonly kind: 'asks'; readonly values: readonly (RuleValue | undefined)[] }
  | { readonly n: number; readonly kind: 'overridden'; readonly override: number }
  | { readonly n: number; readonly kind: 'duplicate' | 'furtherRole'; readonly sameAs: number }
  | { readonly n: number; readonly kind: 'notQueried' };

/** The rows of a roster, sifted. They lie in the scratch database. */
export interface Rows {
  /** How many values each rule has to ask for, at most. */
  readonly values: readonly number[];
  /** The overrides that decide about a row, by index. */
  readonly overridesUsed: ReadonlySet<number>;
  /** Up to `limit` rows after row `n`, in order. */
  after(n: number, limit: number): readonly Row[];
  /** Whether later rows are further roles of this row's account. */
  hasFurtherRoles(n: number): boolean;
}

/**
 * Sifts all accounts.
 *
 * Overrides come first: an ignored row is nobody's duplicate, and its value stays free; a row that is matched by an
 * override is a duplicate only of one that the same override matched. The value of the first rule that
 * has one stands for the account; a row whose value was seen before is a duplicate, or, with a role column and a role
 * not yet seen for that account, a further role.
 *
 * Errors: {@link ConfigError} when a regular expression does not come to an end.
 */
export const siftAccounts = async (
  roster: Roster,
  accounts: AsyncIterable<Account>,
  rules: readonly Rule[],
  settings: MatchSettings,
  db: DatabaseSync,
  signal: AbortSignal,
  onRow: (done: number) => void,
): Promise<Rows> => {
  db.exec(`
    create table rows (n integer primary key, kind text, ref integer, vals text);
    create table seen (rule integer, value text, n integer, primary key (rule, value)) without rowid;
    create table roles (n integer, role text, primary key (n, role)) without rowid;
    create table holders (n integer primary key)`);
  const insertRow = db.prepare('insert into rows values (?, ?, ?, ?)');
  const insertSeen = db.prepare('insert into seen values (?, ?, ?) on conflict do nothing');
  const selectSeen = db.prepare('select n from seen where rule = ? and value = ?');
  const insertRole = db.prepare('insert into roles values (?, ?) on conflict do nothing');
  const insertHolder = db.prepare('insert into holders values (?) on conflict do nothing');
  const selectRows = db.prepare('select n, kind, ref, vals from rows where n > ? order by n limit ?');
  const selectHolder = db.prepare('select 1 from holders where n = ?');

  const { overrides, roleColumn } = settings;
  const overrideOf = compileOverrides(overrides);
  const cellOf = cellReader(roster.columns);
  const counts = rules.map(() => 0);
  const overridesUsed = new Set<number>();

  /** An account that an override decides about is its own, whatever value it shares with accounts that it leaves alone. */
  const firstOfSameValue = (
    n: number,
    values: readonly (RuleValue | undefined)[],
    override: number | undefined,
  ): number | undefined => {
    const rule = values.findIndex((value) => value !== undefined);
    const value = values[rule];
    if (value === undefined) return undefined;
    const key = seenKey(
      override === undefined ? rule : rules.length * (override + 1) + rule,
      value.whole ?? value.value,
    );
    if (insertSeen.run(...key, n).changes > 0) return undefined;
    return (selectSeen.get(...key) as { n: number }).n;
  };

  const valued = (account: Account): ValuedAccount => {
    const cell = (column: string) => cellOf(account, column);
    const override = overrideOf(cell);
    const isIgnored = override !== undefined && overrides[override]!.decision.kind === 'ignore';
    return { account, override, isIgnored, values: isIgnored ? [] : rules.map((rule) => rule.valueOf(cell)) };
  };

  const sift = ({ account, override, isIgnored, values }: ValuedAccount): Row => {
    const { n } = account;
    if (override !== undefined && isIgnored) return { n, kind: 'overridden', override };
    const first = firstOfSameValue(n, values, override);
    if (roleColumn !== null) {
      const isNewRole = insertRole.run(first ?? n, fold(cellOf(account, roleColumn).trim())).changes > 0;
      if (first !== undefined && isNewRole) return { n, kind: 'furtherRole', sameAs: first };
    }
    if (first !== undefined) return { n, kind: 'duplicate', sameAs: first };
    if (override !== undefined) return { n, kind: 'overridden', override };
    return values.every((value) => value === undefined) ? { n, kind: 'notQueried' } : { n, kind: 'asks', values };
  };

  const keep = (row: Row): void => {
    switch (row.kind) {
      case 'asks':
        for (const [index, value] of row.values.entries()) if (value && !value.unasked) counts[index]! += 1;
        insertRow.run(row.n, row.kind, null, packValues(row.values));
        return;
      case 'overridden':
        overridesUsed.add(row.override);
        insertRow.run(row.n, row.kind, row.override, null);
        return;
      case 'notQueried':
        insertRow.run(row.n, row.kind, null, null);
        return;
      default:
        if (row.kind === 'furtherRole') insertHolder.run(row.sameAs);
        insertRow.run(row.n, row.kind, row.sameAs, null);
    }
  };

  const breathe = breather(signal);
  let done = 0;
  const inTime = rules.some(({ mayNotEnd }) => mayNotEnd)
    ? valuedInTime(accounts, valued)
    : valuedOneByOne(accounts, valued);
  for await (const account of inTime) {
    keep(sift(account));
    done += 1;
    const breath = breathe();
    if (breath) {
      onRow(done);
      await breath;
    }
  }
  onRow(done);

  return {
    values: counts,
    overridesUsed,
    after: (n, limit) => (selectRows.all(n, limit) as unknown as StoredRow[]).map(unpackRow),
    hasFurtherRoles: (n) => selectHolder.get(n) !== undefined,
  };
};

/** An account with what the rules make of its cells, and the override that decides about it. */
interface ValuedAccount {
  readonly account: Account;
  readonly override: number | undefined;
  readonly isIgnored: boolean;
  readonly values: readonly (RuleValue | undefined)[];
}

async function* valuedOneByOne(
  accounts: AsyncIterable<Account>,
  valued: (account: Account) => ValuedAccount,
): AsyncGenerator<ValuedAccount> {
  for await (const account of accounts) yield valued(account);
}

/** So many accounts are given their values together, and so long that may take: usually it takes a thousandth of it. */
const TOGETHER = 256;
const LIMIT_MS = 5000;

/** Errors: {@link ConfigError} that names the row on which a regular expression does not come to an end. */
async function* valuedInTime(
  accounts: AsyncIterable<Account>,
  valued: (account: Account) => ValuedAccount,
): AsyncGenerator<ValuedAccount> {
  let together: Account[] = [];
  const values = (): readonly ValuedAccount[] => {
    const done: ValuedAccount[] = [];
    try {
      within(LIMIT_MS, () => {
        for (const account of together) done.push(valued(account));
      });
    } catch (error) {
      if (!(error instanceof TookTooLongError)) throw error;
      const message = `a regular expression does not come to an end on row ${together[done.length]!.n}: it was stopped after ${LIMIT_MS / 1000} seconds. Write it without a repetition inside a repetition, such as (a+)+`;
      throw new ConfigError([{ path: 'match', message }]);
    }
    together = [];
    return done;
  };
  for await (const account of accounts) {
    together.push(account);
    if (together.length === TOGETHER) yield* values();
  }
  yield* values();
}

interface StoredRow {
  readonly n: number;
  readonly kind: Row['kind'];
  readonly ref: number | null;
  readonly vals: string | null;
}

const unpackRow = ({ n, kind, ref, vals }: StoredRow): Row => {
  switch (kind) {
    case 'asks':
      return { n, kind, values: unpackValues(vals!) };
    case 'overridden':
      return { n, kind, override: ref! };
    case 'notQueried':
      return { n, kind };
    default:
      return { n, kind, sameAs: ref! };
  }
};

// A value alone is a text, one that is not asked for a pair. JSON escapes what is not valid Unicode and so keeps it apart.
const packValues = (values: readonly (RuleValue | undefined)[]): string =>
  JSON.stringify(values.map((value) => value && (value.unasked ? [value.value, value.unasked] : value.value)));

const unpackValues = (text: string): readonly (RuleValue | undefined)[] =>
  (JSON.parse(text) as (string | [string, string] | null)[]).map((packed) => {
    if (packed === null) return undefined;
    return typeof packed === 'string' ? { value: packed } : { value: packed[0], unasked: packed[1] };
  });

// SQLite would make one letter of all that is not valid Unicode. Such values are kept apart, under rules below zero.
const seenKey = (rule: number, value: string): [number, string] => {
  const folded = fold(value);
  return folded.isWellFormed() ? [rule, folded] : [-1 - rule, JSON.stringify(folded)];
};
