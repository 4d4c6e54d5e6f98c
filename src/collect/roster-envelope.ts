// How a roster file is wrapped: compressed always, and encrypted where it is for one recipient alone.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createGzip } from 'node:zlib';
import { RollcallError, UsageError } from '../model/errors.ts';

/** A defect of the wrapping; what it means for the roster is for its reader to say. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code: 'notARoster' | 'altered' | 'cutOff' | 'encrypted' | 'forSomebodyElse';
  constructor(code: EnvelopeError['code'], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

const AGE = 'age-encryption.org/';
const GZIP = [0x1f, 0x8b];
/** Bytes that are taken at once. */
const PIECE = 64 * 1024;

/**
 * Wraps text: gzip, and around it age where there are recipients (public keys, `age1…`).
 *
 * Source: https://age-encryption.org/v1
 */
export async function* wrapped(text: AsyncIterable<string>, recipients: readonly string[]): AsyncGenerator<Uint8Array> {
  const compressed = pipeline(Readable.from(text), createGzip(), passedOn);
  if (recipients.length === 0) {
    yield* compressed as AsyncIterable<Uint8Array>;
    return;
  }
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) addRecipient(encrypter, recipient);
  yield* asNodeStream(await encrypter.encrypt(asWebStream(compressed)));
}

/** Throws {@link UsageError} for what is no public key. */
export const checkRecipients = async (recipients: readonly string[]): Promise<void> => {
  if (recipients.length === 0) return;
  const { Encrypter } = await import('age-encryption');
  for (const recipient of recipients) addRecipient(new Encrypter(), recipient);
};

const addRecipient = (encrypter: { addRecipient(key: string): void }, recipient: string): void => {
  try {
    encrypter.addRecipient(recipient);
  } catch {
    throw new UsageError(
      // A person may have given the private key by mistake, so it is not repeated.
      '--encrypt-to takes a public key of age, "age1…".',
      'Ask the recipient for it; "age-keygen" or "rage-keygen" prints it.',
    );
  }
};

/** Node's and the web's streams differ in their types only. */
const asWebStream = (stream: Readable) => Readable.toWeb(stream) as unknown as globalThis.ReadableStream<Uint8Array>;
const asNodeStream = (stream: globalThis.ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(stream as unknown as ReadableStream);

/** Of a pipeline whose last stream is read: an error comes out there, too. */
const passedOn = (): void => undefined;

/**
 * Unwraps a roster file's text, in pieces. `identityFile` holds the recipient's private keys, as age-keygen writes them.
 *
 * Errors: {@link EnvelopeError}; {@link RollcallError} for a file of keys that is none; those of the file system.
 */
export async function* unwrapped(
  file: string,
  identityFile: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const isEncrypted = await beginsAs(file, signal);
  const bytes = createReadStream(file, { highWaterMark: PIECE, signal });
  let source: Readable = bytes;
  if (isEncrypted) {
    if (identityFile === undefined) {
      bytes.destroy();
      throw new EnvelopeError('encrypted');
    }
    source = await decrypted(bytes, await identities(identityFile));
  }
  const text = pipeline(source, createGunzip(), passedOn);
  text.setEncoding('utf8');
  try {
    yield* text as AsyncIterable<string>;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'Z_BUF_ERROR') throw new EnvelopeError('cutOff', error);
    if (isEncrypted || String(code).startsWith('Z_')) throw new EnvelopeError('altered', error);
    throw error;
  }
}

/** Whether it is encrypted; throws for what is no roster file at all. */
const beginsAs = async (file: string, signal: AbortSignal): Promise<boolean> => {
  let head = Buffer.alloc(0);
  for await (const piece of createReadStream(file, { end: AGE.length - 1, signal }))
    head = Buffer.concat([head, piece]);
  if (head.toString('latin1') === AGE) return true;
  if (GZIP.every((byte, i) => head[i] === byte)) return false;
  throw new EnvelopeError('notARoster');
};

const decrypted = async (bytes: Readable, keys: readonly string[]): Promise<Readable> => {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const key of keys) decrypter.addIdentity(key);
  try {
    return asNodeStream(await decrypter.decrypt(asWebStream(bytes)));
  } catch (error) {
    bytes.destroy();
    const isForAnother = error instanceof Error && error.message.includes('no identity matched');
    throw new EnvelopeError(isForAnother ? 'forSomebodyElse' : 'altered', error);
  }
};

const identities = async (file: string): Promise<readonly string[]> => {
  const wrong = (why: string) =>
    new RollcallError(
      `The private key in ${file} cannot be used: ${why}.`,
      'Name, with --identity, the file that "age-keygen" has written for the recipient.',
    );
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code})`);
  });
  const keys = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (keys.length === 0 || !keys.every((key) => /^AGE-SECRET-KEY-[0-9A-Z-]+$/.test(key.trim()))) {
    throw wrong('it holds no private key of age');
  }
  return keys.map((key) => key.trim());
};
