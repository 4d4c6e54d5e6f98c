// JSON Web Tokens: made, read, and held against the key that should have signed them.
import { constants, type KeyObject, sign, verify } from 'node:crypto';

export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token signed with RS256. */
export const makeJwt = (keyId: string, claims: unknown, key: KeyObject): string => {
  const signed = `${part({ typ: 'JWT', alg: 'RS256', kid: keyId })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
};

/** What a token says; undefined when it is none. Nothing of it can be believed before its signature was checked. */
export const readJwt = (token: string): Jwt | undefined => {
  const [header, claims, signature, ...more] = token.split('.');
  if (!header || !claims || !signature || more.length > 0) return undefined;
  try {
    const [head, body] = [header, claims].map((text) => JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (typeof head !== 'object' || head === null || typeof body !== 'object' || body === null) return undefined;
    return {
      header: head,
      claims: body,
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return undefined;
  }
};

export type Algorithm = 'RS256' | 'PS256';

/** Whether the key signed the token, with an algorithm that is allowed. */
export const isSignedBy = (
  { header, signed, signature }: Jwt,
  key: KeyObject,
  allowed: readonly Algorithm[],
): boolean => {
  const algorithm = allowed.find((name) => name === header['alg']);
  if (!algorithm || key.asymmetricKeyType !== 'rsa') return false;
  const padding = algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  return verify('sha256', Buffer.from(signed), { key, ...padding }, signature);
};
