// What stands beside the directory at the authority's address: which part of signing in answers which address.
import { type Answer, json } from './authority/answer.ts';
import { answerAuthorize } from './authority/authorize.ts';
import { answerMetadata, METADATA_PATH } from './authority/instance-metadata.ts';
import { OAuthError, oauthBody, unknownTenant } from './authority/oauth-error.ts';
import { answerAdminConsent, answerDevicePage, answerLogout, DEVICE_PAGE } from './authority/other-pages.ts';
import { type Authority, answerDeviceCode, answerToken, GRANT_TYPES } from './authority/token-endpoint.ts';

export interface SignInRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Names of a tenant that is found out only when somebody signs in. */
const ANY_TENANT = ['organizations', 'common'];

/** Answers a request that is not for the directory; 404 where there is nothing. */
export const answerSignIn = async (
  authority: Authority,
  { managedIdentity }: { readonly managedIdentity: boolean },
  request: SignInRequest,
): Promise<Answer> => {
  const { method, path, headers } = request;
  const query = new URLSearchParams(request.query);
  const form = method === 'POST' ? new URLSearchParams(request.body) : undefined;
  const isPage = method === 'GET' || method === 'POST';
  if (managedIdentity && method === 'GET' && path.replace(/\/$/, '') === METADATA_PATH)
    return answerMetadata(authority, query, one(headers['metadata']));
  if (isPage && path === DEVICE_PAGE) return answerDevicePage(authority, form);
  const [, name = '', what] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const origin = authority.audience();
  if (method === 'GET' && what === 'discovery/instance') return json(200, instanceDiscovery(origin));
  const isAny = ANY_TENANT.includes(name.toLowerCase());
  try {
    switch (`${method} ${what}`) {
      case 'POST oauth2/v2.0/token': {
        checkName(authority, name, isAny);
        if (isAny && form!.get('grant_type') === 'client_credentials') throw needsTenant(name);
        const audiences = [name, authority.tenantId].map((tenant) => `${origin}/${tenant}/oauth2/v2.0/token`);
        const basic = one(headers['authorization']);
        return json(200, await answerToken(authority, { form: form!, basic, audiences }));
      }
      case 'POST oauth2/v2.0/devicecode':
        checkName(authority, name, isAny);
        return json(200, answerDeviceCode(authority, form!, `${origin}${DEVICE_PAGE}`));
      case 'GET oauth2/v2.0/authorize':
      case 'POST oauth2/v2.0/authorize':
        checkName(authority, name, isAny);
        return answerAuthorize(authority, { path, query, form });
      case 'GET adminconsent':
      case 'POST adminconsent':
        checkName(authority, name, isAny);
        return answerAdminConsent(authority, { path, query, form });
      case 'GET oauth2/v2.0/logout':
        return answerLogout(query);
      case 'GET v2.0/.well-known/openid-configuration':
        checkName(authority, name, isAny);
        return json(
          200,
          discovery(origin, isAny ? name : authority.tenantId, isAny ? '{tenantid}' : authority.tenantId),
        );
      case 'GET discovery/v2.0/keys':
        return json(200, authority.tokens.keys());
    }
  } catch (error) {
    if (error instanceof OAuthError) return json(400, oauthBody(error, authority.now()));
    throw error;
  }
  const message = `There is nothing for ${method} at ${path}; the directory is at /v1.0/.`;
  return json(404, { error: { code: 'NotFound', message } });
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const checkName = ({ names }: Authority, name: string, isAny: boolean): void => {
  if (!isAny && !names.includes(name.toLowerCase())) throw unknownTenant(name);
};

const needsTenant = (name: string): OAuthError =>
  new OAuthError(
    'invalid_request',
    90002,
    `Tenant '${name}' not found: without a user the tenant must be named by its id or a verified domain.`,
  );

const discovery = (origin: string, name: string, issuer: string): unknown => {
  const base = `${origin}/${name}`;
  return {
    issuer: `${origin}/${issuer}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    grant_types_supported: GRANT_TYPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['plain', 'S256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
  };
};

/** Which hosts speak for the same cloud: this one alone. */
const instanceDiscovery = (origin: string): unknown => {
  const { host } = new URL(origin);
  return {
    tenant_discovery_endpoint: `${origin}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
};
