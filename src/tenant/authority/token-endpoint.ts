// The token endpoint: each grant in its own function, and what all of them answer.
import type { AccessTokens } from '../tokens.ts';
import type { ClientCheck, Proof } from './client.ts';
import type { Codes, RefreshTokens } from './codes.ts';
import type { DeviceCodes } from './device-codes.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';
import type { People } from './people.ts';
import { scopeOf } from './scopes.ts';

export interface Authority {
  readonly tenantId: string;
  readonly clientId: string;
  /** Names that the tenant answers to: its id and its verified domains, in lower case. */
  readonly names: readonly string[];
  readonly audience: () => string;
  readonly now: () => number;
  readonly granted: () => readonly string[];
  readonly tokens: AccessTokens;
  readonly client: ClientCheck;
  readonly people: People;
  readonly deviceCodes: DeviceCodes;
  readonly codes: Codes;
  readonly refreshTokens: RefreshTokens;
}

export interface TokenRequest {
  readonly form: URLSearchParams;
  /** The Authorization header. */
  readonly basic: string | undefined;
  /** Addresses of this endpoint, which an assertion may be meant for. */
  readonly audiences: readonly string[];
}

type Grant = (authority: Authority, form: URLSearchParams, proof: Proof) => unknown;

const clientCredentials: Grant = ({ tokens, audience }, form, proof) => {
  if (proof === '0') throw new OAuthError('invalid_client', 7000215, 'Invalid client secret provided.');
  const scope = `${audience()}/.default`;
  if (form.get('scope') !== scope) {
    const message = `The provided value for the input parameter 'scope' is not valid; expected ${scope}.`;
    throw new OAuthError('invalid_scope', 70011, message);
  }
  const { lifetimeS } = tokens;
  const access_token = tokens.forApplication(proof);
  return { token_type: 'Bearer', expires_in: lifetimeS, ext_expires_in: lifetimeS, access_token };
};

const deviceCode: Grant = (authority, form, proof) => {
  const { personId, scope } = authority.deviceCodes.redeem(required(form, 'device_code'));
  return signedIn(authority, { personId, scope, proof, form, nonce: undefined });
};

const authorizationCode: Grant = (authority, form, proof) => {
  const code = required(form, 'code');
  const grant = authority.codes.redeem(code, form.get('redirect_uri'), form.get('code_verifier'));
  return signedIn(authority, { ...grant, proof, form });
};

const refreshToken: Grant = (authority, form, proof) => {
  const { personId, scope } = authority.refreshTokens.redeem(required(form, 'refresh_token'));
  return signedIn(authority, { personId, scope: form.get('scope') ?? scope, proof, form, nonce: undefined });
};

/** The shorter name of the device code's is that of older libraries. */
const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ['client_credentials', clientCredentials],
  ['urn:ietf:params:oauth:grant-type:device_code', deviceCode],
  ['device_code', deviceCode],
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
]);

export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()];

/** The body of a success. Throws {@link OAuthError}. */
export const answerToken = async (authority: Authority, request: TokenRequest): Promise<unknown> => {
  const { form, basic, audiences } = request;
  const name = form.get('grant_type') ?? '';
  const grant = GRANTS.get(name);
  if (!grant)
    throw new OAuthError('unsupported_grant_type', 70003, `The app requested an unsupported grant type '${name}'.`);
  return grant(authority, form, await authority.client.prove(form, basic, audiences));
};

interface SignedIn {
  readonly personId: string;
  readonly scope: string;
  readonly proof: Proof;
  readonly form: URLSearchParams;
  readonly nonce: string | undefined;
}

/** Tokens for somebody who signed in and can still do so. */
const signedIn = (authority: Authority, { personId, scope, proof, form, nonce }: SignedIn): unknown => {
  const { people, tokens, audience, granted, refreshTokens, tenantId } = authority;
  const person = people.find(personId);
  const asked = scopeOf(scope, audience(), granted());
  const { openid, permissions, text } = asked;
  const clientInfo = JSON.stringify({ uid: person.id, utid: tenantId });
  return {
    token_type: 'Bearer',
    scope: text,
    expires_in: tokens.lifetimeS,
    ext_expires_in: tokens.lifetimeS,
    access_token: tokens.forUser({ person, wids: people.wids(person.id), permissions, openid, proof }),
    ...(openid.includes('offline_access') && { refresh_token: refreshTokens.issue({ personId, scope }) }),
    ...(openid.includes('openid') && { id_token: tokens.idToken(person, nonce) }),
    ...(form.get('client_info') === '1' && { client_info: Buffer.from(clientInfo).toString('base64url') }),
  };
};

/** The device code endpoint's answer. */
export const answerDeviceCode = (
  authority: Authority,
  form: URLSearchParams,
  verificationUri: string,
): Readonly<Record<string, unknown>> => {
  const { client, deviceCodes, audience, granted } = authority;
  client.known(form.get('client_id'));
  const scope = required(form, 'scope');
  scopeOf(scope, audience(), granted());
  const { deviceCode: device_code, userCode: user_code } = deviceCodes.begin(scope);
  return {
    user_code,
    device_code,
    verification_uri: verificationUri,
    expires_in: deviceCodes.lifetimeS,
    interval: deviceCodes.intervalS,
    message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${user_code} to authenticate.`,
  };
};

const required = (form: URLSearchParams, name: string): string => {
  const value = form.get(name);
  if (value) return value;
  throw invalidRequest(`The request body must contain the following parameter: '${name}'.`);
};
