// Federated identity credentials: tokens of another issuer that stand for the tenant's client.
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Jwt } from './jwt.ts';
import { OAuthError } from './oauth-error.ts';

/** Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  /** `api://AzureADTokenExchange` by default. */
  readonly audience?: string;
  /** The issuer's keys, or the address on this machine where they are. */
  readonly keys: readonly JsonWebKey[] | string;
}

const AUDIENCE = 'api://AzureADTokenExchange';

/** The credential for a token: issuer, subject and audience are equal, character for character. Throws AADSTS70021 and its kind. */
export const matching = (credentials: readonly FederatedCredential[], { claims }: Jwt): FederatedCredential => {
  const { iss, sub, aud } = claims;
  const found = credentials.find(({ issuer, subject }) => issuer === iss && subject === sub);
  if (!found) {
    const message = `No matching federated identity record found for presented assertion. Assertion Issuer: '${iss}'. Assertion Subject: '${sub}'. Assertion Audience: '${aud}'.`;
    throw new OAuthError('invalid_client', 70021, message);
  }
  const given = Array.isArray(aud) ? aud : [aud];
  if (given.length !== 1 || given[0] !== (found.audience ?? AUDIENCE)) {
    const message = `No matching federated identity record found for presented assertion audience '${aud}'.`;
    throw new OAuthError('invalid_client', 700212, message);
  }
  return found;
};

/** The issuer's key that a token names; undefined where it has none. */
export const keyOf = async ({ keys }: FederatedCredential, { header }: Jwt): Promise<KeyObject | undefined> => {
  const known = typeof keys === 'string' ? await fetchKeys(keys) : keys;
  const named = known.filter(({ kid }) => header['kid'] === undefined || kid === header['kid']);
  return named[0] && createPublicKey({ key: named[0], format: 'jwk' });
};

const fetchKeys = async (address: string): Promise<readonly JsonWebKey[]> => {
  try {
    const { keys } = (await (await fetch(address)).json()) as { keys: JsonWebKey[] };
    return keys;
  } catch (error) {
    const message = `The keys of the issuer cannot be read from ${address}: ${(error as Error).message}.`;
    throw new OAuthError('invalid_client', 50166, message);
  }
};

/** Throws for what is no credential. Keys are fetched from this machine alone. */
export const checkFederated = (credentials: readonly FederatedCredential[]): void => {
  for (const { issuer, subject, keys } of credentials) {
    if (typeof issuer !== 'string' || typeof subject !== 'string' || !(Array.isArray(keys) || typeof keys === 'string'))
      throw new Error('a federated credential has issuer, subject, and keys or the address of keys');
    if (issuer !== issuer.trim() || issuer.length > 600 || subject.length > 600)
      throw new Error(`${issuer}: issuer and subject have at most 600 characters, and no blanks around them`);
    if (typeof keys === 'string' && !['127.0.0.1', 'localhost', '[::1]'].includes(new URL(keys).hostname))
      throw new Error(`${keys}: keys are fetched from this machine alone`);
  }
  const pairs = new Set(credentials.map(({ issuer, subject }) => JSON.stringify([issuer, subject])));
  if (pairs.size < credentials.length || credentials.length > 20)
    throw new Error('there are at most 20 federated credentials, each with an issuer and subject of its own');
};
