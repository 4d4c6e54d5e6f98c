// Keys that sign the evidence: Ed25519, and what is signed with them.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from 'node:crypto';
import { RollcallError } from '../model/errors.ts';

/** A key's public half. `fingerprint` is SHA-256 over `spki`, its DER bytes, which are kept as base64. */
export interface EvidencePublicKey {
  readonly fingerprint: string;
  readonly spki: string;
  readonly pem: string;
  readonly key: KeyObject;
}

/** Signs lines of text. */
export interface Signer {
  readonly publicKey: EvidencePublicKey;
  /** The signature over the UTF-8 bytes of the text: 64 bytes as base64. Throws {@link RollcallError}. */
  sign(message: string): Promise<string>;
}

/** The texts that are signed. Each says what it is of, so that no signature passes for another. */
export const headMessage = (seq: number, hash: string): string => `rollcall evidence head ${seq} ${hash}`;
export const keyMessage = (fingerprint: string): string => `rollcall evidence key ${fingerprint}`;
export const manifestMessage = (hash: string): string => `rollcall evidence manifest ${hash}`;

/** Reads a public key: PEM, or the base64 of its DER bytes. Throws {@link RollcallError}; `place` says where it stood. */
export const publicKeyOf = (text: string, place: string): EvidencePublicKey =>
  described(
    readKey(text, place, 'public', () =>
      createPublicKey(isPem(text) ? text : { key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }),
    ),
  );

/** Reads a private key: PEM (PKCS #8), or the base64 of its DER bytes. The error holds nothing of it. */
export const privateKeyOf = (text: string, place: string): KeyObject =>
  readKey(text, place, 'private', () =>
    createPrivateKey(isPem(text) ? text : { key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' }),
  );

export const publicHalf = (privateKey: KeyObject): EvidencePublicKey => described(createPublicKey(privateKey));

/** A new private key, as the base64 of its DER bytes (PKCS #8): one line, as keychains want it. */
export const newPrivateKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');

/** Whether a signature, 64 bytes as base64 in its one form, is a key's over a text. */
export const isSignatureOf = ({ key }: EvidencePublicKey, message: string, signature: unknown): boolean => {
  if (typeof signature !== 'string') return false;
  const bytes = Buffer.from(signature, 'base64');
  return bytes.toString('base64') === signature && verify(null, Buffer.from(message), key, bytes);
};

const isPem = (text: string): boolean => text.includes('-----BEGIN ');

const described = (key: KeyObject): EvidencePublicKey => {
  const der = key.export({ format: 'der', type: 'spki' });
  const spki = der.toString('base64');
  return {
    fingerprint: `sha256:${createHash('sha256').update(der).digest('hex')}`,
    spki,
    // A key of this kind is so short that its text fits the one line that PEM breaks it into.
    pem: `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`,
    key,
  };
};

const readKey = (text: string, place: string, half: 'public' | 'private', read: () => KeyObject): KeyObject => {
  const refused = (why: string) =>
    new RollcallError(
      `${place} holds no ${half} Ed25519 key: ${why}.`,
      half === 'private'
        ? 'Name the private key that "rollcall evidence keys" made, or one in PEM (PKCS #8) without a password.'
        : 'Name the file with the public key that "rollcall evidence keys" printed.',
    );
  if (half === 'public' && text.includes('PRIVATE KEY')) throw refused('it is a private key; keep it to yourself');
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw refused('it cannot be read as a key');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw refused(`it is a key of the kind ${key.asymmetricKeyType}`);
  return key;
};
