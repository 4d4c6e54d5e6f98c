// What a person sees of a cell: numbers in their format, dates as ISO 8601, the value that a formula had when it was saved.
import { format, getFormatDateInfo, getFormatInfo, isDateFormat, isValidFormat } from 'numfmt';
import { cellName, UnreadableCell } from './errors.ts';
import type { WrittenCell } from './sheet.ts';
import { unescaped } from './strings.ts';
import type { Workbook } from './workbook.ts';

/** How numbers of one format are shown. */
type Shown =
  | { readonly kind: 'plain' }
  | { readonly kind: 'formatted'; readonly code: string }
  | { readonly kind: 'date'; readonly day: boolean; readonly time: boolean };

/** Reads the cells of one workbook. */
export class CellValues {
  readonly #workbook: Workbook;
  readonly #shown = new Map<number, Shown>();

  constructor(workbook: Workbook) {
    this.#workbook = workbook;
  }

  /** The text of a cell in a row. Errors: {@link UnreadableCell}. */
  text(cell: WrittenCell, row: number): string {
    const fail = (code: UnreadableCell['code'], message: string) =>
      new UnreadableCell(code, cellName(cell.column, row), message);
    const { type, value, formula } = cell;
    if (formula && (value === undefined || (value === '' && type !== 'str'))) {
      throw fail(
        'formulaWithoutValue',
        'the formula has no value: the program that wrote the file did not calculate it',
      );
    }
    if (value === undefined) return '';
    switch (type) {
      case 's': {
        const text = this.#workbook.texts.get(Number(value));
        if (text === undefined) throw fail('damaged', `there is no text number ${value}`);
        return this.#withFormat(cell, text, fail);
      }
      case 'str':
        return this.#withFormat(cell, unescaped(value), fail);
      case 'inlineStr':
        return this.#withFormat(cell, value, fail);
      case 'b':
        return value.trim() === '1' || value.trim() === 'true' ? 'TRUE' : 'FALSE';
      case 'e':
        throw fail('errorValue', `it holds the error ${value}`);
      case 'd':
        return value.replace(/T00:00:00(\.0+)?Z?$/, '');
      default:
        return value.trim() === '' ? '' : this.#number(cell, value, fail);
    }
  }

  #number({ style }: WrittenCell, written: string, fail: Fail): string {
    const exact = Number(written);
    if (!Number.isFinite(exact)) throw fail('damaged', `"${written}" is not a number`);
    // Excel counts with 15 digits; what is written beyond them is noise of binary fractions.
    const number = Number(exact.toPrecision(15));
    const shown = this.#shownAs(style);
    switch (shown.kind) {
      case 'plain':
        return withoutExponent(number);
      case 'formatted':
        return format(shown.code, number).trim();
      case 'date': {
        const date = isoDate(number, shown, this.#workbook.from1904);
        if (date === undefined) throw fail('notADate', `${written} is no day in Excel's calendar`);
        return date;
      }
    }
  }

  /** Formats can put something around a text: `"EMP-"@`. */
  #withFormat({ style }: WrittenCell, text: string, fail: Fail): string {
    if (text.includes('\0')) throw fail('nulCharacter', 'it holds a NUL character');
    const code = this.#workbook.formats[style];
    if (code === undefined || code === '@' || !code.includes('@') || !isValidFormat(code)) return text;
    // Many formats of numbers end in a part that leaves a text as it is, with a blank around it.
    return /_.@_.|(^|;)@(;|$)/.test(code) ? text : format(code, text);
  }

  #shownAs(style: number): Shown {
    const known = this.#shown.get(style);
    if (known) return known;
    const shown = shownBy(this.#workbook.formats[style] ?? 'General');
    this.#shown.set(style, shown);
    return shown;
  }
}

type Fail = (code: UnreadableCell['code'], message: string) => UnreadableCell;

const ELAPSED = /\[(h+|m+|s+)\]/i;

const shownBy = (code: string): Shown => {
  if (!isValidFormat(code)) return { kind: 'plain' };
  if (isDateFormat(code) && !ELAPSED.test(code)) {
    const { year, month, day, hours, minutes, seconds } = getFormatDateInfo(code);
    return { kind: 'date', day: year || month || day, time: hours || minutes || seconds };
  }
  const { type } = getFormatInfo(code);
  const plain = type === 'general' && !/[^A-Za-z]/.test(code);
  // Nobody means the exponent; it is there because the column was too narrow for the number.
  return plain || type === 'scientific' || type === 'text' ? { kind: 'plain' } : { kind: 'formatted', code };
};

/** All digits of a number: 1.5e+20 is 150000000000000000000. */
const withoutExponent = (number: number): string => {
  const written = String(number);
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(written) ?? [];
  if (exponent === undefined) return written;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
};

const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400;
/** The last day of 9999. */
const LAST_DAY = { from1900: 2_958_465, from1904: 2_957_003 };

/**
 * A count of days as a date. Excel counts a 29 February 1900, which never was.
 * Source: https://learn.microsoft.com/troubleshoot/microsoft-365-apps/excel/wrongly-assumes-1900-is-leap-year
 */
const isoDate = (
  count: number,
  { day, time }: { readonly day: boolean; readonly time: boolean },
  from1904: boolean,
): string | undefined => {
  const seconds = time ? Math.round(count * DAY_SECONDS) : Math.floor(count) * DAY_SECONDS;
  const days = Math.floor(seconds / DAY_SECONDS);
  if (count < 0 || days > (from1904 ? LAST_DAY.from1904 : LAST_DAY.from1900)) return undefined;
  const clock = new Date((seconds - days * DAY_SECONDS) * 1000).toISOString().slice(11, 19);
  if (!day) return clock;
  const date = from1904 ? dayText(Date.UTC(1904, 0, 1) + days * DAY_MS) : dayFrom1900(days);
  return time ? `${date}T${clock}` : date;
};

const dayFrom1900 = (days: number): string => {
  if (days === 0) return '1900-01-00';
  if (days === 60) return '1900-02-29';
  return dayText(Date.UTC(1899, 11, days < 60 ? 31 : 30) + days * DAY_MS);
};

const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
