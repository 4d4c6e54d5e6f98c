// By what an account is told again in another roster: the values that the rules make of it, and its role.
import { type Account, cellReader } from '../model/account.ts';
import { fold } from '../model/fold.ts';
import type { Identity } from '../model/removal.ts';

type Cell = (column: string) => string;

/** How a configuration reads accounts. */
export interface AccountReading {
  /** The rules in order: the columns of each, and what it makes of an account; undefined where it has no value. */
  readonly rules: readonly {
    readonly columns: readonly string[];
    valueOf(cell: Cell): string | undefined;
  }[];
  /** The role's display name; null where the cell names none. Null as a whole: accounts are not told apart by roles. */
  readonly roleOf: ((cell: Cell) => string | null) | null;
  /** The columns that the application's owner looks an account up by. */
  readonly shown: readonly string[];
}

/** An account of a roster, read. */
export interface ReadAccount {
  readonly n: number;
  /** The identifying value, for people; empty where no rule has one. */
  readonly key: string;
  /** The identifying value first. */
  readonly identities: readonly Identity[];
  readonly role: string | null;
  readonly cells: Account['cells'];
  readonly cell: Cell;
}

/** Reads the accounts of a roster with these columns. */
export const accountIdentifier = (
  columns: readonly string[],
  { rules, roleOf }: Pick<AccountReading, 'rules' | 'roleOf'>,
): ((account: Account) => ReadAccount) => {
  const read = cellReader(columns);
  return (account) => {
    const cell = (column: string) => read(account, column);
    let key = '';
    const identities: Identity[] = [];
    for (const rule of rules) {
      const value = rule.valueOf(cell);
      if (value === undefined) continue;
      if (identities.length === 0) key = value;
      identities.push({ columns: rule.columns, value: fold(value), raw: rawOf(rule.columns, cell) });
    }
    return { n: account.n, key, identities, role: roleOf?.(cell) ?? null, cells: account.cells, cell };
  };
};

/** The cells themselves, as they are compared: one text for several columns, empty where all of them are. */
export const rawOf = (columns: readonly string[], cell: Cell): string => {
  const cells = columns.map((column) => fold(cell(column).trim()));
  return cells.every((text) => text === '') ? '' : cells.join('\u0000');
};

/** Texts by which a map finds an identity: columns with what the rule makes of them, and with the cells themselves. */
export const identityTexts = ({ columns, value, raw }: Identity): readonly string[] => {
  const texts = [value, raw].filter((text, i) => text !== '' && (i === 0 || text !== value));
  return texts.map((text) => identityText(columns, text));
};

export const identityText = (columns: readonly string[], text: string): string =>
  `${columns.join('\u0000')}\u0001${text}`;

export const isSameRole = (one: string | null, other: string | null): boolean =>
  one === other || (one !== null && other !== null && fold(one) === fold(other));
