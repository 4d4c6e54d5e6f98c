// What stands beside the directory at the authority's address: tokens, OpenID discovery, the keys to check tokens with.
import type { Authority } from './tokens.ts';

export interface SignInAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface SignInRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** Answers a request that is not for the directory; 404 where there is nothing. */
export const answerSignIn = (
  authority: Authority,
  { origin, tenantId }: { readonly origin: string; readonly tenantId: string },
  { method, path, body, authorization }: SignInRequest,
): SignInAnswer => {
  const [, tenant, what] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (method === 'POST' && tenant !== undefined && what === 'oauth2/v2.0/token')
    return authority.token(tenant, new URLSearchParams(body), authorization);
  if (method === 'GET' && what === 'v2.0/.well-known/openid-configuration')
    return { status: 200, body: discovery(`${origin}/${tenantId}`) };
  if (method === 'GET' && what === 'discovery/v2.0/keys') return { status: 200, body: authority.keys() };
  const message = `There is nothing for ${method} at ${path}; the directory is at /v1.0/.`;
  return { status: 404, body: { error: { code: 'NotFound', message } } };
};

const discovery = (base: string): unknown => ({
  issuer: `${base}/v2.0`,
  token_endpoint: `${base}/oauth2/v2.0/token`,
  jwks_uri: `${base}/discovery/v2.0/keys`,
  grant_types_supported: ['client_credentials'],
  response_types_supported: ['token'],
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
});
