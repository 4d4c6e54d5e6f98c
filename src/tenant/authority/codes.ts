// Authorization codes and refresh tokens: opaque, kept in memory, worth one person's sign-in each.
import { createHash, randomBytes } from 'node:crypto';
import { OAuthError } from './oauth-error.ts';

export interface CodeGrant {
  readonly personId: string;
  readonly scope: string;
  readonly redirectUri: string;
  readonly nonce: string | undefined;
  readonly challenge: { readonly value: string; readonly method: string } | undefined;
}

export interface RefreshGrant {
  readonly personId: string;
  readonly scope: string;
}

const CODE_LIFETIME_MS = 10 * 60_000;
/** Source: https://learn.microsoft.com/entra/identity-platform/refresh-tokens */
const REFRESH_LIFETIME_MS = 90 * 86_400_000;

interface Kept<T> {
  readonly grant: T;
  readonly until: number;
}

export interface Codes {
  issue(grant: CodeGrant): string;
  /** A code is redeemed once, at the address that it was sent to, with the verifier of its challenge. */
  redeem(code: string, redirectUri: string | null, verifier: string | null): CodeGrant;
}

export const createCodes = (now: () => number): Codes => {
  const codes = new Map<string, Kept<CodeGrant>>();
  const used = new Set<string>();
  return {
    issue: (grant) => {
      const code = randomBytes(48).toString('base64url');
      codes.set(code, { grant, until: now() + CODE_LIFETIME_MS });
      return code;
    },
    redeem: (code, redirectUri, verifier) => {
      if (used.has(code)) throw invalidGrant(54005, 'OAuth2 Authorization code was already redeemed.');
      const found = codes.get(code);
      if (!found) throw invalidGrant(9002313, 'Invalid request. Request is malformed or invalid.');
      codes.delete(code);
      used.add(code);
      if (found.until <= now()) throw invalidGrant(70008, 'The provided authorization code has expired.');
      const { grant } = found;
      if (redirectUri !== grant.redirectUri) {
        const message = `The reply address '${redirectUri ?? ''}' does not match the reply address '${grant.redirectUri}' provided when requesting the authorization code.`;
        throw invalidGrant(500112, message);
      }
      if (
        grant.challenge &&
        (verifier === null || challengeOf(verifier, grant.challenge.method) !== grant.challenge.value)
      ) {
        const message = 'The Code_Verifier does not match the code_challenge supplied in the authorization request.';
        throw invalidGrant(501481, message);
      }
      return grant;
    },
  };
};

const challengeOf = (verifier: string, method: string): string =>
  method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;

export interface RefreshTokens {
  issue(grant: RefreshGrant): string;
  redeem(token: string): RefreshGrant;
}

export const createRefreshTokens = (now: () => number): RefreshTokens => {
  const tokens = new Map<string, Kept<RefreshGrant>>();
  return {
    issue: (grant) => {
      const token = `1.${randomBytes(64).toString('base64url')}`;
      tokens.set(token, { grant, until: now() + REFRESH_LIFETIME_MS });
      return token;
    },
    redeem: (token) => {
      const found = tokens.get(token);
      if (!found) throw invalidGrant(9002313, 'Invalid request. Request is malformed or invalid.');
      if (found.until <= now()) {
        tokens.delete(token);
        throw invalidGrant(700082, 'The refresh token has expired due to inactivity.');
      }
      return found.grant;
    },
  };
};

const invalidGrant = (code: number, message: string): OAuthError => new OAuthError('invalid_grant', code, message);
