// Graph's tokens: what they say, how they are issued, and how each is checked when it comes back.
import { generateKeyPairSync } from 'node:crypto';
import { isSignedBy, makeJwt, readJwt } from './authority/jwt.ts';
import { GraphError } from './errors.ts';
import { APPLICATION_PERMISSIONS } from './permissions.ts';

/** What a token says, and what the rules ask of it. */
export interface TokenClaims {
  readonly aud: string;
  readonly tid: string;
  readonly appid: string;
  readonly oid: string;
  readonly exp: number;
  readonly nbf: number;
  /** Application permissions; absent where none was granted, and in a user's token. */
  readonly roles?: readonly string[];
  /** Delegated permissions, with blanks between. Their presence tells that a user is signed in. */
  readonly scp?: string;
  /** The signed-in user's principal name. */
  readonly upn?: string;
  /** Template ids of the signed-in user's administrator roles. */
  readonly wids?: readonly string[];
}

const LIFETIME_S = 3599;
/** So many tokens are remembered as checked. */
const MOST_CHECKED = 10_000;

interface Person {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
}

export interface UserTokenOptions {
  readonly person: Person;
  readonly wids: readonly string[];
  readonly permissions: readonly string[];
  readonly openid: readonly string[];
  /** How the client proved who it is: `appidacr`. */
  readonly proof: string;
}

export interface AccessTokens {
  /** Seconds, as clients count them: by the clock on the wall. */
  readonly lifetimeS: number;
  /** For the client itself, with what it was granted. */
  forApplication(proof: string): string;
  forUser(options: UserTokenOptions): string;
  /** Of OpenID Connect, for the client. */
  idToken(person: Person, nonce: string | undefined): string;
  /** Checks a bearer token. Throws Graph's 401. */
  check(header: string | undefined): TokenClaims;
  /** What tokens can be checked with. */
  keys(): unknown;
}

export interface TokensOptions {
  readonly tenantId: string;
  readonly clientId: string;
  /** The client's own id as an object of the directory. */
  readonly servicePrincipalId: string;
  /** Permissions that the client holds now. */
  readonly granted: () => readonly string[];
  /** The Graph root's origin, which is the audience. Known once the server listens. */
  readonly audience: () => string;
  readonly now: () => number;
  /** How many times faster than the wall's clock the tenant's runs, by which tokens end. */
  readonly timeScale: number;
}

/** The signing key lives as long as the server: it is written nowhere. */
export const createTokens = ({
  tenantId,
  clientId,
  servicePrincipalId,
  granted,
  audience,
  now,
  timeScale,
}: TokensOptions): AccessTokens => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyId = crypto.randomUUID();
  const issuer = `https://sts.windows.net/${tenantId}/`;
  /** Tokens whose signature has been checked: checking again for each request would cost more than the request. */
  const checked = new Map<string, TokenClaims>();

  const times = () => {
    const seconds = Math.floor(now() / 1000);
    return { iat: seconds, nbf: seconds, exp: seconds + LIFETIME_S + 1 };
  };
  /** What every token for Graph says, in the first version's form. */
  const common = (proof: string) => ({
    aud: audience(),
    iss: issuer,
    ...times(),
    appid: clientId,
    appidacr: proof,
    tid: tenantId,
    uti: crypto.randomUUID(),
    ver: '1.0',
  });

  const verified = (token: string): TokenClaims => {
    const jwt = readJwt(token);
    if (!jwt) throw refused('IDX14100: JWT is not well formed, there are no dots (.).');
    if (!isSignedBy(jwt, publicKey, ['RS256']) || jwt.claims['iss'] !== issuer || jwt.claims['tid'] !== tenantId)
      throw refused('Access token validation failure. Invalid signature.');
    return jwt.claims as unknown as TokenClaims;
  };

  const refused = (message: string): GraphError =>
    new GraphError(401, 'InvalidAuthenticationToken', message, {
      headers: {
        'WWW-Authenticate': `Bearer realm="", authorization_uri="${audience()}/common/oauth2/authorize", client_id="${GRAPH_APP_ID}"`,
      },
    });

  return {
    lifetimeS: Math.max(1, Math.floor(LIFETIME_S / timeScale)),
    forApplication: (proof) => {
      const roles = granted().filter((name) => APPLICATION_PERMISSIONS.has(name));
      const identity = { idtyp: 'app', oid: servicePrincipalId, sub: servicePrincipalId };
      return makeJwt(keyId, { ...common(proof), ...identity, ...(roles.length > 0 && { roles }) }, privateKey);
    },
    forUser: ({ person, wids, permissions, openid, proof }) =>
      makeJwt(
        keyId,
        {
          ...common(proof),
          idtyp: 'user',
          name: person.displayName,
          oid: person.id,
          sub: person.id,
          upn: person.userPrincipalName,
          unique_name: person.userPrincipalName,
          scp: [...permissions, ...openid.filter((name) => name !== 'offline_access')].join(' '),
          ...(wids.length > 0 && { wids }),
        },
        privateKey,
      ),
    idToken: (person, nonce) =>
      makeJwt(
        keyId,
        {
          aud: clientId,
          iss: `${audience()}/${tenantId}/v2.0`,
          ...times(),
          name: person.displayName,
          ...(nonce !== undefined && { nonce }),
          oid: person.id,
          preferred_username: person.userPrincipalName,
          sub: person.id,
          tid: tenantId,
          uti: crypto.randomUUID(),
          ver: '2.0',
        },
        privateKey,
      ),
    check: (header) => {
      const token = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
      if (!token) throw refused('Access token is empty.');
      const claims = checked.get(token) ?? verified(token);
      if (claims.aud !== audience()) throw refused('Access token validation failure. Invalid audience.');
      if (claims.exp * 1000 <= now()) {
        checked.delete(token);
        throw refused('Lifetime validation failed, the token is expired.');
      }
      if (claims.nbf * 1000 > now()) throw refused('Lifetime validation failed, the token is not yet valid.');
      if (checked.size >= MOST_CHECKED) checked.clear();
      checked.set(token, claims);
      return claims;
    },
    keys: () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }] }),
  };
};

/** Microsoft Graph's own application id, in every directory. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';
