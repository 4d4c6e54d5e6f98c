// Numbers of mainframes as COBOL describes them: digits with a sign in the last one, packed decimals (COMP-3), binary (COMP).
import type { TextPicture } from '../../model/source-settings.ts';
import { isEbcdic, lettersOf } from './code-pages.ts';

const DIGITS = '(?:9(?:\\(\\d{1,2}\\))?)+';
const PICTURE = new RegExp(`^(?:PIC(?:TURE)?\\s+)?(S?)(${DIGITS})(?:V(${DIGITS}))?(?:\\s+(\\S+?))?\\.?$`, 'i');

const USAGES: Readonly<Record<string, TextPicture['usage']>> = {
  DISPLAY: 'display',
  'COMP-3': 'packed',
  'COMPUTATIONAL-3': 'packed',
  'PACKED-DECIMAL': 'packed',
  COMP: 'binary',
  'COMP-4': 'binary',
  COMPUTATIONAL: 'binary',
  BINARY: 'binary',
};

const MOST_DIGITS = { display: 31, packed: 31, binary: 18 } as const;

/** Reads a picture such as `S9(7)V99 COMP-3`, as it stands in a copybook. Undefined for what is none. */
export const pictureOf = (written: string): TextPicture | undefined => {
  const [, sign, whole, fraction, usage = 'DISPLAY'] = PICTURE.exec(written.trim()) ?? [];
  const known = USAGES[usage.toUpperCase()];
  if (whole === undefined || known === undefined) return undefined;
  const decimals = digitsIn(fraction ?? '');
  return { usage: known, digits: digitsIn(whole) + decimals, decimals, signed: sign !== '' };
};

const digitsIn = (part: string): number =>
  [...part.matchAll(/9(?:\((\d+)\))?/g)].reduce((sum, [, count]) => sum + Number(count ?? 1), 0);

/** What is wrong with a picture for a field of so many bytes; undefined where nothing is. */
export const pictureProblem = (written: string, length: number | null): string | undefined => {
  const picture = pictureOf(written);
  if (!picture) return 'expected a picture such as 9(5), S9(7)V99 COMP-3 or 9(4) COMP';
  const { usage, digits } = picture;
  if (digits > MOST_DIGITS[usage] || digits === 0) return `expected 1 to ${MOST_DIGITS[usage]} digits`;
  const lengths = lengthsOf(picture);
  if (length !== null && lengths.includes(length)) return undefined;
  return `${written} takes ${lengths.join(' or ')} bytes, not ${length ?? 'all up to the end'}`;
};

const lengthsOf = ({ usage, digits, signed }: TextPicture): readonly number[] => {
  if (usage === 'packed') return [Math.floor(digits / 2) + 1];
  if (usage === 'binary') return [digits <= 4 ? 2 : digits <= 9 ? 4 : 8];
  // A sign can stand apart, before the digits or after them.
  return signed ? [digits, digits + 1] : [digits];
};

/** A byte that the picture does not allow; `at` counts from 0. */
export class UnreadableNumber extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/**
 * The number in a field, as text; none where the field is filled with blanks, zeros or ones alone and so holds no number.
 *
 * Shape:  a whole number without sign keeps all digits of its picture, since it can be an employee's; others are without
 *         leading zeros: `-1234.50`.
 * Errors: {@link UnreadableNumber}.
 */
export const numberIn = (picture: TextPicture, field: string, page: string): string => {
  if (picture.usage === 'display') {
    if (/^[\s\0\x9f]*$/.test(field)) return '';
    return written(picture, isSeparate(picture, field) ? separate(field, page) : zoned(field, page));
  }
  const bytes = bytesOf(field, page);
  if (picture.usage === 'binary') return written(picture, binary(bytes, picture));
  // What programs fill a field with that holds nothing: low values, high values, blanks.
  if ([0x00, 0xff, 0x40].includes(bytes[0]!) && bytes.every((byte) => byte === bytes[0])) return '';
  return written(picture, packed(bytes, picture));
};

interface Read {
  readonly digits: string;
  readonly isNegative: boolean;
  /** Where the sign was found. */
  readonly signAt: number;
}

const written = ({ digits: size, decimals, signed }: TextPicture, { digits, isNegative, signAt }: Read): string => {
  if (isNegative && !signed) {
    throw new UnreadableNumber(signAt, 'a negative number stands here, and its picture has no S');
  }
  const all = digits.padStart(size, '0');
  if (decimals === 0 && !signed) return all;
  const whole = all.slice(0, all.length - decimals).replace(/^0+(?=\d)/, '') || '0';
  const text = decimals === 0 ? whole : `${whole}.${all.slice(-decimals)}`;
  return isNegative && /[1-9]/.test(text) ? `-${text}` : text;
};

interface Digit {
  readonly value: number;
  readonly sign?: '+' | '-';
}

/** Letters that programs on other systems take for a last digit with its sign. */
const POSITIVE = '{ABCDEFGHI';
const NEGATIVE = ['}JKLMNOPQR', 'pqrstuvwxy'];

const digitOf = (letter: string, page: string): Digit | undefined => {
  if (letter >= '0' && letter <= '9') return { value: Number(letter) };
  if (isEbcdic(page)) {
    const byte = bytesOf(letter, page)[0]!;
    const [zone, value] = [byte >> 4, byte & 15];
    return zone < 0xa || value > 9 ? undefined : { value, sign: signOf(zone)! };
  }
  if (POSITIVE.includes(letter)) return { value: POSITIVE.indexOf(letter), sign: '+' };
  const negative = NEGATIVE.find((letters) => letters.includes(letter));
  return negative === undefined ? undefined : { value: negative.indexOf(letter), sign: '-' };
};

const zoned = (field: string, page: string): Read => {
  const last = field.length - 1;
  let isNegative = false;
  const digits = [...field].map((letter, at) => {
    const digit = digitOf(letter, page);
    if (!digit || (digit.sign !== undefined && at !== last)) {
      throw new UnreadableNumber(at, 'no digit stands here');
    }
    isNegative = digit.sign === '-';
    return digit.value;
  });
  return { digits: digits.join(''), isNegative, signAt: last };
};

const isSeparate = ({ digits, signed }: TextPicture, field: string): boolean => signed && field.length === digits + 1;

const separate = (field: string, page: string): Read => {
  const isLeading = /^[+-]/.test(field);
  const signAt = isLeading ? 0 : field.length - 1;
  if (!/[+-]/.test(field[signAt]!)) throw new UnreadableNumber(signAt, 'no sign stands here');
  const { digits } = zoned(isLeading ? field.slice(1) : field.slice(0, -1), page);
  return { digits, isNegative: field[signAt] === '-', signAt };
};

/** The half byte of a sign: A, C, E and F are plus, B and D minus. */
const signOf = (half: number): '+' | '-' | undefined => {
  if (half < 0xa) return undefined;
  return half === 0xb || half === 0xd ? '-' : '+';
};

const packed = (bytes: readonly number[], { digits: size }: TextPicture): Read => {
  const halves = bytes.flatMap((byte) => [byte >> 4, byte & 15]);
  const signAt = bytes.length - 1;
  const sign = signOf(halves.pop()!);
  const wrong = halves.findIndex((half) => half > 9);
  if (wrong !== -1 || sign === undefined) {
    throw new UnreadableNumber(wrong === -1 ? signAt : wrong >> 1, 'no packed decimal stands here');
  }
  // An even number of digits leaves half a byte in front.
  if (halves.length > size && halves[0] !== 0) {
    throw new UnreadableNumber(0, `a packed decimal of more than ${size} digits stands here`);
  }
  return { digits: halves.slice(halves.length - size).join(''), isNegative: sign === '-', signAt };
};

/** The highest byte first. */
const binary = (bytes: readonly number[], { signed }: TextPicture): Read => {
  const raw = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const value = signed ? BigInt.asIntN(bytes.length * 8, raw) : raw;
  return { digits: String(value < 0n ? -value : value), isNegative: value < 0n, signAt: 0 };
};

const BYTES = new Map<string, ReadonlyMap<string, number>>();

/** The bytes that letters of a code page were read from: each has its own. */
const bytesOf = (field: string, page: string): readonly number[] => {
  let bytes = BYTES.get(page);
  if (!bytes) {
    bytes = new Map([...lettersOf(page)].map((letter, byte) => [letter, byte]));
    BYTES.set(page, bytes);
  }
  return [...field].map((letter) => bytes.get(letter)!);
};
