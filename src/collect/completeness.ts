// Whether a roster is whole: the control totals that the application gives along with its accounts.
import { readFile } from 'node:fs/promises';
import { type Account, cellReader } from '../model/account.ts';
import { NeedsPersonError, SourceError } from '../model/errors.ts';
import type { CompleteSettings } from '../model/settings.ts';

/** What is counted while the accounts pass, and held against the control totals when the last has passed. */
export interface Control {
  /** The accounts, without the trailer record. */
  accounts(rows: AsyncIterable<Account>): AsyncIterable<Account>;
  /** Throws {@link NeedsPersonError} unless the totals fit, or a person has allowed it, by the total's name. */
  check(allow: ReadonlySet<string>): void;
}

/**
 * Control totals over the accounts of a source with these columns. An expected count that stands in a file is read now.
 *
 * Errors: {@link SourceError} where that file holds no count.
 */
export const controlTotals = async (
  settings: CompleteSettings,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<Control> => {
  const { sum, trailer } = settings;
  const read = cellReader(columns);
  const expected = await expectedRows(settings.rows, signal);
  const total = sum && decimal(sum.is);
  let rows = 0;
  let added: Decimal = { digits: 0n, scale: 0 };
  let notANumber: { readonly n: number; readonly cell: string } | undefined;
  let end: Account | undefined;
  const count = (account: Account) => {
    rows += 1;
    if (!sum || notANumber) return;
    const cell = read(account, sum.column).trim();
    const value = decimal(cell === '' ? '0' : cell);
    if (value === undefined) notANumber = { n: account.n, cell };
    else added = plus(added, value);
  };
  const isTrailer = (account: Account) => trailer !== null && read(account, trailer.column).trim() === trailer.value;
  return {
    accounts: async function* (all) {
      for await (const account of all) {
        if (end) throw stop('trailer', `the trailer record stands in row ${end.n}, and accounts follow it`);
        if (isTrailer(account)) {
          end = account;
          continue;
        }
        count(account);
        yield account;
      }
    },
    check: (allow) => {
      const refuse = (name: string, message: string | undefined) => {
        if (message !== undefined && !allow.has(name)) throw stop(name, message);
      };
      if (expected !== undefined && expected !== rows)
        refuse('rows', `${rows} accounts came, and ${expected} were to come`);
      if (trailer) refuse('trailer', trailerProblem(end, rows, trailer.count, read));
      if (sum && notANumber)
        refuse('sum', `"${notANumber.cell}" in column "${sum.column}" of row ${notANumber.n} is no number`);
      else if (sum && total && !equal(added, total))
        refuse('sum', `column "${sum.column}" adds up to ${decimalText(added)}, and ${sum.is} was to come out`);
    },
  };
};

const trailerProblem = (
  end: Account | undefined,
  rows: number,
  countColumn: string | null,
  read: (account: Account, column: string) => string,
): string | undefined => {
  if (!end) return 'the trailer record is missing: the end was cut off';
  if (countColumn === null) return undefined;
  const told = read(end, countColumn).trim();
  if (/^\d+$/.test(told) && BigInt(told) === BigInt(rows)) return undefined;
  return `the trailer record counts "${told}" accounts, and ${rows} came`;
};

const stop = (name: string, message: string): NeedsPersonError =>
  new NeedsPersonError(
    `The control "${name}" stops here: ${message}.`,
    `Export the accounts again; if they are right and the control is not, allow it this once with "--allow ${name}".`,
  );

const expectedRows = async (rows: CompleteSettings['rows'], signal: AbortSignal): Promise<number | undefined> => {
  if (rows === null || typeof rows === 'number') return rows ?? undefined;
  const { file } = rows;
  const wrong = (code: string, message: string, cause?: unknown) =>
    new SourceError(code, { file }, message, 'Correct complete.rows, or export the count again.', { cause });
  const text = await readFile(file, { encoding: 'utf8', signal }).catch((error: NodeJS.ErrnoException) => {
    throw wrong('countUnreadable', `the count cannot be read (${error.code ?? error.message})`, error);
  });
  const count = text.replace(/^\uFEFF/, '').trim();
  if (!/^\d{1,15}$/.test(count)) throw wrong('noCount', `"${count.slice(0, 40)}" is no count of accounts`);
  return Number(count);
};

/** A decimal number without loss: `digits` divided by ten to the power of `scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const decimal = (text: string): Decimal | undefined => {
  const parts = /^([+-]?)(\d+)(?:\.(\d{1,30}))?$/.exec(text);
  if (!parts) return undefined;
  const [, sign, whole, fraction = ''] = parts;
  return { digits: BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`), scale: fraction.length };
};

const scaled = ({ digits, scale }: Decimal, to: number): bigint => digits * 10n ** BigInt(to - scale);

const plus = (a: Decimal, b: Decimal): Decimal => {
  const scale = Math.max(a.scale, b.scale);
  return { digits: scaled(a, scale) + scaled(b, scale), scale };
};

const equal = (a: Decimal, b: Decimal): boolean => {
  const scale = Math.max(a.scale, b.scale);
  return scaled(a, scale) === scaled(b, scale);
};

const decimalText = ({ digits, scale }: Decimal): string => {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const whole = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
  return `${digits < 0n ? '-' : ''}${whole}`;
};
