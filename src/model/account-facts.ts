// What an application knows of its own accounts besides who they are: last login, owner, kind; where a column holds it.
import { type Account, cellReader } from './account.ts';
import type { AccountSettings } from './settings.ts';

export const ACCOUNT_TYPES = ['person', 'service', 'shared'] as const;

export type AccountType = (typeof ACCOUNT_TYPES)[number];

/** Null where no column is named for it, where the cell is empty, or where it cannot be understood. */
export interface AccountFacts {
  /** Whether the account can be used in the application. */
  readonly enabled: boolean | null;
  /** The last login in the application. ISO 8601: a day, or a time with its zone where the source has them. */
  readonly lastLogin: string | null;
  readonly created: string | null;
  /** The last day on which it is meant to be there. */
  readonly ends: string | null;
  readonly owner: string | null;
  readonly type: AccountType | null;
}

/** A cell that a fact should be in, and is not. */
export interface Misunderstood {
  readonly column: string;
  readonly fact: keyof AccountFacts;
  readonly cell: string;
}

/** Whether a column is named for any of the facts. */
export const tellsKnown = (settings: AccountSettings): boolean =>
  Object.values(settings).some((where) => where !== null);

const YES = new Set(['true', 'yes', 'y', '1', 'enabled', 'active', 'ja', 'oui', 'si', 'aktiv', 'actif', 'activo']);
const NO = new Set(['false', 'no', 'n', '0', 'disabled', 'inactive', 'locked', 'nein', 'non', 'inaktiv', 'gesperrt']);

/** Reads the facts of an account. `onMisunderstood` is told of each cell that cannot be understood. */
export const factReader = (
  settings: AccountSettings,
  columns: readonly string[],
  onMisunderstood: (cell: Misunderstood) => void = () => undefined,
): ((account: Account) => AccountFacts) => {
  const read = cellReader(columns);
  const fact = <T>(name: keyof AccountFacts, column: string | undefined, parse: (cell: string) => T | undefined) => {
    if (column === undefined) return () => null;
    return (account: Account): T | null => {
      const cell = read(account, column).trim();
      if (cell === '') return null;
      const value = parse(cell);
      if (value === undefined) onMisunderstood({ column, fact: name, cell });
      return value ?? null;
    };
  };
  const { enabled, lastLogin, created, ends, owner, type } = settings;
  const isEnabled = fact('enabled', enabled?.column, (cell) => enabledIn(cell, enabled!));
  const login = fact('lastLogin', lastLogin?.column, (cell) => dateIn(cell, lastLogin!.format));
  const made = fact('created', created?.column, (cell) => dateIn(cell, created!.format));
  const ending = fact('ends', ends?.column, (cell) => dateIn(cell, ends!.format));
  const owned = fact('owner', owner ?? undefined, (cell) => cell);
  const kind = fact('type', type?.column, (cell) => typeIn(cell, type!.map));
  return (account) => ({
    enabled: isEnabled(account),
    lastLogin: login(account),
    created: made(account),
    ends: ending(account),
    owner: owned(account),
    type: kind(account),
  });
};

const enabledIn = (cell: string, { yes }: { readonly yes: readonly string[] | null }): boolean | undefined => {
  const word = cell.toLowerCase();
  if (yes) return yes.some((one) => one.toLowerCase() === word);
  return YES.has(word) ? true : NO.has(word) ? false : undefined;
};

const typeIn = (cell: string, map: Readonly<Record<string, AccountType>> | null): AccountType | undefined => {
  if (map) return Object.hasOwn(map, cell) ? map[cell] : undefined;
  return ACCOUNT_TYPES.find((type) => type === cell.toLowerCase());
};

/** The parts of a date as a format's letters name them. */
const PARTS = { yyyy: '(?<y>\\d{4})', MM: '(?<m>\\d{1,2})', dd: '(?<d>\\d{1,2})' } as const;

/**
 * A date as ISO 8601. Without a format it must be that already: `2026-01-31`, or with a time, `2026-01-31T08:00:00Z`. A
 * format is made of yyyy, MM and dd, such as `dd.MM.yyyy`; what follows the date in the cell, a time, is left out.
 */
const dateIn = (cell: string, format: string | null): string | undefined => {
  if (format === null) {
    const [, day, time] =
      /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?))?$/.exec(cell) ?? [];
    if (day === undefined || !isDay(day)) return undefined;
    return time === undefined ? day : `${day}T${time.replace(' ', '')}`;
  }
  const pattern = format.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/yyyy|MM|dd/g, (part) => PARTS[part as 'dd']);
  const groups = new RegExp(`^${pattern}(?:\\D|$)`).exec(cell)?.groups;
  if (!groups) return undefined;
  const day = `${groups['y']}-${groups['m']!.padStart(2, '0')}-${groups['d']!.padStart(2, '0')}`;
  return isDay(day) ? day : undefined;
};

/** Not the 31st of February. */
const isDay = (day: string): boolean => {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
};
