// Which encoding a text file is in, found by its first bytes.
import type { FileError } from './source-file.ts';

export const ENCODING_REMEDIES = {
  unknownEncoding: 'Use a name such as utf-8, utf-16le or windows-1252.',
  utf32: 'Save the file as UTF-8.',
  utf16WithoutBom: 'Save the file as UTF-8, or declare "encoding: utf-16le" (or utf-16be) under source.',
  invalidEncoding:
    'If it was saved in another encoding, declare it under source, for example "encoding: windows-1252".',
  nulByte: 'Export the accounts again; a text file holds no such character, so the file is damaged or not a text file.',
  cutOff: 'The file is not complete; export or copy it again.',
} as const;

export type EncodingError = FileError<'unknownEncoding' | 'utf32' | 'utf16WithoutBom'>;

const BYTE_ORDER_MARKS = [
  { bytes: 'efbbbf', encoding: 'utf-8' },
  { bytes: 'fffe', encoding: 'utf-16le' },
  { bytes: 'feff', encoding: 'utf-16be' },
] as const;

/**
 * The WHATWG name of the encoding of a text file that begins with `head`: a byte order mark wins over the choice; without
 * either it is UTF-8.
 */
export const findEncoding = (file: string, head: Buffer, choice: string, fail: EncodingError): string => {
  const start = head.subarray(0, 4).toString('hex');
  if (start === 'fffe0000' || start === '0000feff') throw fail('utf32', file, 'this is UTF-32 text, which is not read');
  const marked = BYTE_ORDER_MARKS.find(({ bytes }) => start.startsWith(bytes));
  if (marked) return marked.encoding;
  if (choice !== 'auto') return namedEncoding(file, choice, fail);
  const nul = head.indexOf(0);
  if (nul !== -1 && looksLikeUtf16(head)) {
    throw fail('utf16WithoutBom', file, 'this looks like UTF-16 text without its byte order mark');
  }
  return 'utf-8';
};

/** The canonical name of a WHATWG encoding label. */
const namedEncoding = (file: string, label: string, fail: EncodingError): string => {
  try {
    return new TextDecoder(label, { fatal: true }).encoding;
  } catch (cause) {
    throw fail('unknownEncoding', file, `there is no encoding "${label}"`, {}, cause);
  }
};

/** In western text as UTF-16, nearly every second byte is zero, always on the same side. */
const looksLikeUtf16 = (head: Buffer): boolean => {
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i += 1) if (head[i] === 0) zeros[i % 2]! += 1;
  const half = head.length / 2;
  return zeros.some((count, side) => count > half * 0.4 && zeros[1 - side]! <= half * 0.05);
};
