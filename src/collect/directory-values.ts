// From the bytes of a directory's values to a cell, as the column's expression says: for ldap, ldif and csvde alike.
import type { Cell } from '../model/account.ts';
import type { DirectoryColumn, DirectoryPick } from '../model/source-settings.ts';
import { shortTime } from './times.ts';

/** What can be wrong with a value, each with what to do about it. */
export const VALUE_REMEDIES = {
  notText: 'If the attribute holds no text, say so in its column: "… | base64", "… | guid" or "… | sid".',
  notAGuid: 'Read it another way, for example "… | base64".',
  notASid: 'Read it another way, for example "… | base64".',
  notADate: 'Read it as it is: "… | text".',
  notANumber: 'Read it as it is: "… | text".',
  severalValues: 'Pick one with "like" or "after", or let "join" or "each" replace "only".',
} as const;

export type ValueDefect = keyof typeof VALUE_REMEDIES;

/** A value that cannot be read as its column says; who knows the entry makes an error of it. */
export class UnreadableValue extends Error {
  readonly code: ValueDefect;

  constructor(code: ValueDefect, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The texts that a column takes from an attribute's values, sorted: servers keep them in no order. None where the
 * attribute is absent.
 *
 * Errors: {@link UnreadableValue}.
 */
export const readValues = (column: DirectoryColumn, values: readonly Buffer[]): readonly string[] => {
  if (column.read === 'enabled') return enabled(column.attribute, values);
  return values
    .map((value) => readValue(column, value))
    .flatMap((text) => (text === undefined ? [] : [text]))
    .flatMap((text) => picked(text, column.picks))
    .sort();
};

/** One cell of several texts; `each` is dealt with where rows are made. Throws {@link UnreadableValue}. */
export const joined = ({ several }: DirectoryColumn, texts: readonly string[]): Cell => {
  if (texts.length < 2) return texts[0] ?? null;
  if (typeof several === 'object') return texts.join(several.join);
  throw new UnreadableValue('severalValues', `there are ${texts.length} values`);
};

/** Columns that no account had a value of so far: most often their attribute is misspelt, or may not be read. */
export class EmptyColumns {
  readonly #columns: readonly DirectoryColumn[];
  readonly #empty: Set<number>;

  constructor(columns: readonly DirectoryColumn[]) {
    this.#columns = columns;
    this.#empty = new Set(columns.keys());
  }

  add(cells: readonly Cell[]): void {
    for (const at of this.#empty) if (cells[at] !== null) this.#empty.delete(at);
  }

  notes(): string[] {
    return [...this.#empty].map((at) => {
      const { name, attribute } = this.#columns[at]!;
      return `Column "${name}" (${attribute}) has a value in no account.`;
    });
  }
}

/** A column whose value cannot be read. */
export interface UnreadableColumn {
  readonly column: DirectoryColumn;
  readonly reason: UnreadableValue;
}

/**
 * The rows of an entry: one, or one for each value of the column that says "each". `values` are each column's, in the order
 * of the columns.
 */
export const entryRows = (
  columns: readonly DirectoryColumn[],
  values: readonly (readonly Buffer[])[],
): readonly (readonly Cell[])[] | UnreadableColumn => {
  const cells: Cell[] = [];
  let each: { readonly at: number; readonly texts: readonly string[] } | undefined;
  for (const [at, column] of columns.entries()) {
    try {
      const texts = readValues(column, values[at]!);
      if (column.several === 'each' && texts.length > 1) each = { at, texts };
      cells.push(column.several === 'each' ? (texts[0] ?? null) : joined(column, texts));
    } catch (reason) {
      if (reason instanceof UnreadableValue) return { column, reason };
      throw reason;
    }
  }
  return each === undefined ? [cells] : each.texts.map((text) => cells.with(each.at, text));
};

/** Attribute options are in no order, and nothing is said by case (RFC 4512, section 2.5). */
export const plainAttribute = (type: string): string => {
  const lower = type.toLowerCase();
  if (!lower.includes(';')) return lower;
  const [name, ...options] = lower.split(';');
  return [name, ...options.sort()].join(';');
};

const readValue = (column: DirectoryColumn, value: Buffer): string | undefined => {
  switch (column.read) {
    case 'base64':
      return value.toString('base64');
    case 'guid':
      return guidText(value);
    case 'sid':
      return sidText(value);
    case 'date':
      return dateText(utf8(value));
    default:
      return utf8(value);
  }
};

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const utf8 = (value: Buffer): string => {
  try {
    return UTF8.decode(value);
  } catch {
    throw new UnreadableValue('notText', 'the value is not text');
  }
};

/** As Active Directory keeps it: the first three parts with their lowest byte first. */
export const guidText = (value: Buffer): string => {
  if (value.length !== 16) throw new UnreadableValue('notAGuid', `${value.length} bytes are no GUID`);
  const hex = (...bytes: number[]) => bytes.map((at) => value[at]!.toString(16).padStart(2, '0')).join('');
  return [hex(3, 2, 1, 0), hex(5, 4), hex(7, 6), hex(8, 9), hex(10, 11, 12, 13, 14, 15)].join('-');
};

/** S-1-5-21-… Source: https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/f992ad60-0fe4-4b87-9fed-beb478836861 */
export const sidText = (value: Buffer): string => {
  const parts = value[1] ?? -1;
  if (value.length !== 8 + 4 * parts || value[0] !== 1) {
    throw new UnreadableValue('notASid', `${value.length} bytes are no SID`);
  }
  const authority = value.readUIntBE(2, 6);
  const below = Array.from({ length: parts }, (_, index) => value.readUInt32LE(8 + 4 * index));
  return ['S', 1, authority, ...below].join('-');
};

/** Between 1601, where Windows begins to count, and 1970, in milliseconds. */
const WINDOWS_EPOCH_MS = 11_644_473_600_000n;
const NEVER = 9_223_372_036_854_775_807n;

/**
 * A time of the directory as ISO 8601 in UTC: a generalized time (RFC 4517, 3.3.13), or a count of 100 nanoseconds since
 * 1601, of which 0 and the largest mean never: then undefined.
 */
export const dateText = (text: string): string | undefined => {
  const written = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:(\d\d))?)?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$/.exec(text);
  if (written) return generalizedTime(written);
  if (!/^-?\d{1,19}$/.test(text)) throw new UnreadableValue('notADate', 'the value is not a date');
  const count = BigInt(text);
  if (count <= 0n || count === NEVER) return undefined;
  return isoText(Number(count / 10_000n - WINDOWS_EPOCH_MS));
};

const generalizedTime = ([, year, month, day, hour, minute, second, fraction, zone]: RegExpExecArray): string => {
  // A fraction is one of the smallest unit that is written.
  const unit = second !== undefined ? 1000 : minute !== undefined ? 60_000 : 3_600_000;
  const rest = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * unit);
  const at = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  return isoText(at + rest - zoneMs(zone!));
};

const zoneMs = (zone: string): number => {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3) || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
};

const isoText = (ms: number): string => {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new UnreadableValue('notADate', 'the value is not a date');
  return shortTime(date.toISOString());
};

/** https://learn.microsoft.com/troubleshoot/windows-server/active-directory/useraccountcontrol-manipulate-account-properties */
const ACCOUNT_DISABLED = 0x2;

/** Whether an account can be used. Of userAccountControl's absence nothing follows; the others are there only on a lock. */
const enabled = (attribute: string, values: readonly Buffer[]): readonly string[] => {
  const [first] = values.map(utf8);
  switch (attribute.toLowerCase()) {
    case 'useraccountcontrol':
      if (first === undefined) return [];
      if (!/^-?\d+$/.test(first)) throw new UnreadableValue('notANumber', 'the value is not a number');
      return [String((Number(first) & ACCOUNT_DISABLED) === 0)];
    case 'pwdaccountlockedtime':
      return [String(first === undefined)];
    default:
      return [String(first?.toLowerCase() !== 'true')];
  }
};

const picked = (text: string, picks: readonly DirectoryPick[]): string[] => {
  let value = text;
  for (const pick of picks) {
    if (pick.kind === 'name') value = firstName(value);
    else if (pick.kind === 'like') {
      if (!looksLike(value, pick.pattern)) return [];
    } else if (value.startsWith(pick.prefix)) value = value.slice(pick.prefix.length);
    else return [];
  }
  return [value];
};

/** Of `cn=Smith\, Ana,ou=people` it is `Smith, Ana`; what is no distinguished name stays as it is. */
export const firstName = (dn: string): string => {
  const [, value] = /^\s*[A-Za-z0-9.-]+\s*=\s*((?:\\.|[^\\,+;])*)/s.exec(dn) ?? [];
  return value === undefined ? dn : unescapeDn(value);
};

/** RFC 4514, section 2.4: `\,` is a character, `\C3\A9` are the bytes of one. */
export const unescapeDn = (value: string): string =>
  value
    .replace(/(?<!\\)\s+$/, '')
    .replace(/((?:\\[0-9a-fA-F]{2})+)|\\(.)/gs, (_, bytes: string | undefined, character: string) =>
      bytes === undefined ? character : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
    );

const looksLike = (value: string, pattern: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'isu').test(value);
};
