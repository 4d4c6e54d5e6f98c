// Who signs the evidence: a private key that is read from where it is kept, or a program that holds it.
import { spawn } from 'node:child_process';
import { sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RollcallError } from '../model/errors.ts';
import type { EvidenceKey, SecretRef } from '../model/settings.ts';
import { type EvidencePublicKey, isSignatureOf, privateKeyOf, publicHalf, publicKeyOf, type Signer } from './keys.ts';

/** A key vault is given this long for one signature. */
const COMMAND_MS = 60_000;

/**
 * The signer that the configuration names. A private key is read at once, so that one that is missing is told before
 * anything is done.
 *
 * Errors: {@link RollcallError} where the key cannot be read, or is no Ed25519 key.
 */
export const signerOf = async (key: EvidenceKey, readSecret: (ref: SecretRef) => Promise<string>): Promise<Signer> => {
  if ('command' in key) return commandSigner(key.command, await readPublicKey(key.publicKey));
  return keySigner(await readSecret(key), placeOf(key));
};

/** Signs with a private key, PEM or base64. `place` says in errors where it was kept. */
export const keySigner = (text: string, place: string): Signer => {
  const key = privateKeyOf(text, place);
  return {
    publicKey: publicHalf(key),
    sign: async (message) => sign(null, Buffer.from(message), key).toString('base64'),
  };
};

/** Reads a file with a public key. */
export const readPublicKey = async (file: string): Promise<EvidencePublicKey> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RollcallError(
      `The public key ${file} cannot be read (${error.code ?? error.message}).`,
      'Name the file with the public key that "rollcall evidence keys" printed.',
    );
  });
  return publicKeyOf(text, file);
};

export const placeOf = (key: EvidenceKey): string => {
  if ('command' in key) return `The program ${key.command[0]}`;
  if ('file' in key) return `The file ${key.file}`;
  return 'env' in key ? `The environment variable ${key.env}` : `The entry "${key.keychain}" of the keychain`;
};

/**
 * Has a program sign: the text to sign comes on its standard input, the signature is expected on its standard output, as
 * base64. What it answers is checked before it is believed.
 */
const commandSigner = (command: readonly string[], publicKey: EvidencePublicKey): Signer => ({
  publicKey,
  sign: async (message) => {
    const signature = (await output(command, message)).trim();
    if (isSignatureOf(publicKey, message, signature)) return signature;
    throw failed(command, 'what it printed is not a signature by the public key that the configuration names');
  },
});

const output = (command: readonly string[], input: string): Promise<string> => {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: COMMAND_MS,
      windowsHide: true,
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    child.on('error', (error) => reject(failed(command, `it could not be started: ${error.message}`)));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(printed);
      else reject(failed(command, signal ? `it was stopped by ${signal}` : `it ended with status ${status}`));
    });
    // A program that does not read says with its end what is wrong.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
};

const failed = ([program]: readonly string[], why: string): RollcallError =>
  new RollcallError(
    `The evidence could not be signed by ${program}: ${why}.`,
    'Correct evidence.key in the configuration, or make the key vault reachable, and run the same command again.',
  );
