// The parts of a workbook: the files in its ZIP archive, each streamed, checked, and bounded.
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { foreignBytes, foreignText, isZip } from '../foreign-formats.ts';
import { fileState, readHead } from '../source-file.ts';
import { excelError } from './errors.ts';

export interface Archive {
  /** Part names are equal wherever case is ignored (ECMA-376, part 2, 6.2.2). */
  has(part: string): boolean;
  /** Errors: {@link SourceError} where the part is damaged or larger than any workbook's. */
  bytes(part: string): AsyncGenerator<Buffer>;
  close(): void;
}

const HEAD_BYTES = 4096;
/** A workbook has some dozens of parts, and one for each sheet and picture. */
const MOST_PARTS = 20_000;
/** A million rows of twenty columns take less than a fifth. */
const MOST_BYTES = 4 * 2 ** 30;
/** Real sheets shrink to a tenth or a thirtieth; what shrinks to less is made to fill a disk. */
const MOST_SHRUNK = 250;
const SMALL_BYTES = 64 * 2 ** 20;

/** Opens a workbook. Errors: {@link SourceError} for what is none; the reason of `signal` when that is aborted. */
export const openArchive = async (file: string, signal: AbortSignal): Promise<Archive> => {
  signal.throwIfAborted();
  await fileState(file, excelError);
  const head = await readHead(file, HEAD_BYTES, excelError);
  if (!isZip(head)) throw await notAnArchive(file, head);
  const zip = await openPromise(file, { autoClose: false }).catch((cause: Error) => {
    throw /end of central directory/i.test(cause.message)
      ? excelError('cutOff', file, 'the file ends before the list of its parts', {}, cause)
      : damaged(file, cause);
  });
  try {
    const parts = await partsOf(file, zip);
    signal.throwIfAborted();
    return {
      has: (part) => parts.has(part.toLowerCase()),
      bytes: (part) => bytesOf(file, zip, parts.get(part.toLowerCase()), part, signal),
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
};

export const damaged = (file: string, cause: Error) =>
  excelError('damaged', file, `the workbook is damaged (${cause.message.split('\n')[0]})`, {}, cause);

const partsOf = async (file: string, zip: ZipFile): Promise<ReadonlyMap<string, Entry>> => {
  if (zip.entryCount > MOST_PARTS) throw excelError('tooLarge', file, `the workbook has ${zip.entryCount} parts`);
  const parts = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) parts.set(entry.fileName.toLowerCase(), entry);
  } catch (cause) {
    throw damaged(file, cause as Error);
  }
  return parts;
};

async function* bytesOf(
  file: string,
  zip: ZipFile,
  entry: Entry | undefined,
  part: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (!entry) throw excelError('damaged', file, `the workbook lacks its part ${part}`);
  if (entry.isEncrypted()) throw excelError('encrypted', file, 'the workbook is encrypted');
  const { uncompressedSize, compressedSize } = entry;
  const shrunk = uncompressedSize / Math.max(1, compressedSize);
  if (uncompressedSize > MOST_BYTES || (uncompressedSize > SMALL_BYTES && shrunk > MOST_SHRUNK)) {
    const size = `${Math.round(uncompressedSize / 2 ** 20).toLocaleString('en')} MiB`;
    throw excelError('tooLarge', file, `its part ${part} unpacks from ${compressedSize} bytes to ${size}`);
  }
  let sum = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    try {
      // What is unpacked to more than is declared is an error of the stream's.
      for await (const piece of stream) {
        signal.throwIfAborted();
        sum = crc32(piece as Buffer, sum);
        yield piece as Buffer;
      }
    } finally {
      stream.destroy();
    }
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw damaged(file, cause as Error);
  }
  if (sum !== entry.crc32) throw excelError('damaged', file, `the bytes of its part ${part} were changed on their way`);
}

const OLE = 'd0cf11e0a1b11ae1';

/** What it is instead. */
const notAnArchive = async (file: string, head: Buffer) => {
  if (head.length === 0) return excelError('emptyFile', file, 'the file is empty');
  if (head.toString('hex', 0, 8) === OLE) {
    return (await isEncrypted(file, head))
      ? excelError('encrypted', file, 'the workbook is protected with a password')
      : excelError('oldWorkbook', file, 'this is a workbook of the old kind (.xls)');
  }
  const text = head.toString(head[0] === 0xff && head[1] === 0xfe ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
  if (text.includes('urn:schemas-microsoft-com:office:spreadsheet')) {
    return excelError('otherWorkbook', file, 'this is an XML spreadsheet of 2003');
  }
  const found = foreignBytes(head) ?? foreignText(text);
  if (found && found.code !== 'spreadsheet') {
    return excelError(found.code, file, `this is ${found.what}, not an Excel workbook`);
  }
  return text.includes('\0')
    ? excelError('otherFormat', file, 'this is not an Excel workbook')
    : excelError('textFile', file, 'this is a text file, not an Excel workbook');
};

/**
 * Whether the directory of an OLE file names an encrypted package.
 * Source: https://learn.microsoft.com/openspecs/office_file_formats/ms-offcrypto/3c34d72a-1a61-4b52-a893-196f9157f083
 */
const isEncrypted = async (file: string, head: Buffer): Promise<boolean> => {
  if (head.length < 512) return false;
  const sector = 2 ** head.readUInt16LE(30);
  const directory = (head.readUInt32LE(48) + 1) * sector;
  if (sector > 4096 || directory > 2 ** 31) return false;
  const bytes = await readHead(file, sector * 4, excelError, directory);
  return bytes.includes(Buffer.from('EncryptedPackage', 'utf16le'));
};
