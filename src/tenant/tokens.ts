// The token endpoint: client credentials for the tenant's one client, and tokens that are signed and checked.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { invalidToken } from './errors.ts';

/** What a token says, and what the rules ask of it. */
export interface TokenClaims {
  readonly aud: string;
  readonly tid: string;
  readonly appid: string;
  readonly oid: string;
  readonly exp: number;
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

export interface OAuthError {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Authority {
  /** Answers a token request: the form's fields, and the Authorization header if there is one. */
  token(tenant: string, form: URLSearchParams, basic: string | undefined): { status: number; body: unknown };
  /** Checks a bearer token. Throws Graph's 401. */
  check(header: string | undefined): TokenClaims;
  keys(): unknown;
}

export interface AuthorityOptions {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly domains: readonly string[];
  /** Permissions that the client holds now. */
  readonly granted: () => readonly string[];
  /** The Graph root's origin, which is the audience. Known once the server listens. */
  readonly audience: () => string;
  readonly now: () => number;
}

/** Signing key and client secret live as long as the server: nothing of them is written anywhere. */
export const createAuthority = ({
  tenantId,
  clientId,
  clientSecret,
  domains,
  granted,
  audience,
  now,
}: AuthorityOptions): Authority => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKey: KeyObject = createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const publicKey = createPublicKey(privateKey);
  const keyId = crypto.randomUUID();
  const servicePrincipalId = crypto.randomUUID();
  /** Tokens whose signature has been checked: checking again for each request would cost more than the request. */
  const checked = new Map<string, TokenClaims>();

  const issue = (): string => {
    const seconds = Math.floor(now() / 1000);
    const claims = {
      aud: audience(),
      iss: `https://sts.windows.net/${tenantId}/`,
      iat: seconds,
      nbf: seconds,
      exp: seconds + LIFETIME_S + 1,
      appid: clientId,
      appidacr: '1',
      idtyp: 'app',
      oid: servicePrincipalId,
      sub: servicePrincipalId,
      ...(granted().length > 0 && { roles: granted() }),
      tid: tenantId,
      uti: crypto.randomUUID(),
      ver: '1.0',
    };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ typ: 'JWT', alg: 'RS256', kid: keyId })}.${part(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };

  const refuse = (error: string, code: number, text: string): OAuthError => ({
    status: 400,
    body: {
      error,
      error_description: `AADSTS${code}: ${text}`,
      error_codes: [code],
      timestamp: `${new Date(now()).toISOString().slice(0, 19).replace('T', ' ')}Z`,
      trace_id: crypto.randomUUID(),
      correlation_id: crypto.randomUUID(),
    },
  });

  return {
    token: (tenant, form, basic) => {
      const [basicId, basicSecret] = basic === undefined ? [] : decodeBasic(basic);
      const names = [tenantId, ...domains].map((name) => name.toLowerCase());
      if (!names.includes(tenant.toLowerCase()))
        return refuse('invalid_request', 90002, `Tenant '${tenant}' not found.`);
      if (form.get('grant_type') !== 'client_credentials') {
        return refuse(
          'unsupported_grant_type',
          70003,
          `The app requested an unsupported grant type '${form.get('grant_type') ?? ''}'.`,
        );
      }
      if ((form.get('client_id') ?? basicId) !== clientId) {
        return refuse(
          'unauthorized_client',
          700016,
          'Application with the given identifier was not found in the directory.',
        );
      }
      if ((form.get('client_secret') ?? basicSecret) !== clientSecret) {
        return refuse('invalid_client', 7000215, 'Invalid client secret provided.');
      }
      if (form.get('scope') !== `${audience()}/.default`) {
        return refuse(
          'invalid_scope',
          70011,
          `The provided value for the input parameter 'scope' is not valid; expected ${audience()}/.default.`,
        );
      }
      return {
        status: 200,
        body: { token_type: 'Bearer', expires_in: LIFETIME_S, ext_expires_in: LIFETIME_S, access_token: issue() },
      };
    },
    check: (header) => {
      const token = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
      if (!token) throw invalidToken('Access token is empty.');
      const claims = checked.get(token) ?? verified(token, publicKey);
      if (claims.aud !== audience()) throw invalidToken('Access token validation failure. Invalid audience.');
      if (claims.exp * 1000 <= now()) {
        checked.delete(token);
        throw invalidToken('Lifetime validation failed, the token is expired.');
      }
      checked.set(token, claims);
      return claims;
    },
    keys: () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }] }),
  };
};

/** Client id and secret of HTTP Basic, each form-encoded. What is encoded wrongly is no secret of ours. */
const decodeBasic = (header: string): readonly string[] => {
  const encoded = /^Basic (.+)$/i.exec(header)?.[1];
  if (!encoded) return [];
  try {
    return Buffer.from(encoded, 'base64').toString().split(':').map(decodeURIComponent);
  } catch {
    return [];
  }
};

const verified = (token: string, key: KeyObject): TokenClaims => {
  const [header, claims, signature, ...more] = token.split('.');
  const isSigned =
    signature !== undefined &&
    more.length === 0 &&
    verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
  if (!isSigned) throw invalidToken('CompactToken validation failed: the signature is not valid.');
  return JSON.parse(Buffer.from(claims!, 'base64url').toString());
};
