// What kind of source a file is, by its first bytes: people give files all sorts of names.
import { findEncoding } from './encodings.ts';
import { foreignBytes } from './foreign-formats.ts';
import { readHead } from './source-file.ts';
import { textError } from './text/errors.ts';

export interface SeenFile {
  readonly kind: 'excel' | 'ldif' | 'csvde' | 'text';
  /** What is to be written besides the path. */
  readonly keys: Readonly<Record<string, unknown>>;
}

const HEAD_BYTES = 8192;
const OLE = 'd0cf11e0a1b11ae1';

/** Undefined where nothing speaks for another kind than the file's name says. Errors: {@link SourceError} where it cannot be read. */
export const kindByLook = async (file: string): Promise<SeenFile | undefined> => {
  const head = await readHead(file, HEAD_BYTES, textError);
  if (foreignBytes(head)?.code === 'spreadsheet' || head.toString('hex', 0, 8) === OLE) return seen('excel');
  if (looksLikeEbcdic(head)) return seen('text', { encoding: 'ibm037' });
  const text = textOf(file, head);
  if (/^(?:(?:#.*| .*|version:.*)?[\r\n]+)*dn::?\s/i.test(text)) return seen('ldif');
  if (/^"?DN"?,/i.test(text)) return seen('csvde');
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  // The end of what is looked at can be the middle of a line.
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  return fieldsByColon(whole) ? seen('text', { delimiter: ':', comment: '#' }) : undefined;
};

const seen = (kind: SeenFile['kind'], keys: SeenFile['keys'] = {}): SeenFile => ({ kind, keys });

const textOf = (file: string, head: Buffer): string => {
  try {
    return new TextDecoder(findEncoding(file, head, 'auto', textError)).decode(head).replace(/^\uFEFF+/u, '');
  } catch {
    // Whoever reads the file says what is wrong with it.
    return '';
  }
};

/** Its letters, digits and blanks make up most of a text of EBCDIC, and nearly nothing of any other. */
const looksLikeEbcdic = (head: Buffer): boolean => {
  if (head.length < 20) return false;
  const usual = head.filter((byte) => byte === 0x40 || (byte >= 0x81 && byte <= 0xa9) || byte >= 0xc1).length;
  const ascii = head.filter((byte) => byte === 0x20 || byte === 0x0a).length;
  return usual > head.length * 0.8 && head.includes(0x40) && ascii < head.length * 0.02;
};

/** As in a file of passwords: the same number of colons in all lines, two at least, and no delimiter of CSV in the first. */
const fieldsByColon = (lines: readonly string[]): boolean => {
  const counts = lines.map((line) => line.split(':').length);
  return (
    lines.length > 0 && counts[0]! > 2 && counts.every((count) => count === counts[0]) && !/[,;\t]/.test(lines[0]!)
  );
};
