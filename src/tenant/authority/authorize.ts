// Signing in with a browser: the page that asks who, and the way back to the client with a code.
import { randomBytes } from 'node:crypto';
import { type Answer, html, redirect } from './answer.ts';
import { page, postingPage, signInForm } from './html.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';
import { scopeOf } from './scopes.ts';
import type { Authority } from './token-endpoint.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export const isLoopbackAddress = (address: string): boolean => {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return (protocol === 'http:' || protocol === 'https:') && LOOPBACK.includes(hostname);
};

/** Whom a page offers: the one that the client hints at, else the first administrator, else the first user. */
export const offeredOf = ({ people }: Authority, hint: string | null): string =>
  hint ?? people.some()[0]?.userPrincipalName ?? '';

/**
 * `GET` and `POST` of the authorization endpoint. What cannot be trusted to go back to the client is told on a page.
 * Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
 */
export const answerAuthorize = (
  authority: Authority,
  { path, query, form }: { path: string; query: URLSearchParams; form: URLSearchParams | undefined },
): Answer => {
  const redirectUri = query.get('redirect_uri') ?? '';
  try {
    authority.client.known(query.get('client_id'));
    if (!isLoopbackAddress(redirectUri)) throw notRegistered(redirectUri);
  } catch (error) {
    if (error instanceof OAuthError) return problemPage(error);
    throw error;
  }
  const back = (fields: Record<string, string>) => answerTo(redirectUri, query, fields);
  try {
    checkRequest(authority, query);
    if (form === undefined) return html(200, signInPage(authority, path, query));
    if (form.get('answer') !== 'accept') throw new OAuthError('access_denied', 65004, 'The user declined to sign in.');
    const person = authority.people.find(form.get('user') ?? '');
    const challenge = query.get('code_challenge');
    const code = authority.codes.issue({
      personId: person.id,
      scope: query.get('scope') ?? '',
      redirectUri,
      nonce: query.get('nonce') ?? undefined,
      challenge:
        challenge === null ? undefined : { value: challenge, method: query.get('code_challenge_method') ?? 'plain' },
    });
    const info = Buffer.from(JSON.stringify({ uid: person.id, utid: authority.tenantId })).toString('base64url');
    return back({ code, ...(query.get('client_info') === '1' && { client_info: info }) });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // Who cannot sign in may try as somebody else.
    if (form !== undefined && error.error === 'invalid_grant' && (error.code === 50034 || error.code === 50057))
      return html(200, signInPage(authority, path, query, form.get('user') ?? '', error.description));
    return back({ error: error.error, error_description: error.description });
  }
};

const checkRequest = ({ audience, granted }: Authority, query: URLSearchParams): void => {
  if (query.get('response_type') !== 'code')
    throw new OAuthError(
      'unsupported_response_type',
      700054,
      'Only the response_type "code" is enabled for the application.',
    );
  if (!['query', 'fragment', 'form_post', null].includes(query.get('response_mode')))
    throw invalidRequest('The response_mode is query, fragment or form_post.');
  const method = query.get('code_challenge_method');
  if (method !== null && method !== 'S256' && method !== 'plain')
    throw invalidRequest('The code_challenge_method is S256 or plain.');
  scopeOf(query.get('scope') ?? '', audience(), granted());
  if (query.get('prompt') === 'none')
    throw new OAuthError('login_required', 50058, 'A silent sign-in request was sent but no user is signed in.');
};

const signInPage = (authority: Authority, path: string, query: URLSearchParams, typed?: string, error?: string) =>
  signInForm({
    title: 'Sign in to the local tenant',
    action: `${path}?${query}`,
    people: authority.people.some(),
    offered: typed ?? offeredOf(authority, query.get('login_hint')),
    ...(error !== undefined && { error }),
  });

const notRegistered = (redirectUri: string): OAuthError =>
  new OAuthError(
    'invalid_request',
    50011,
    `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application: http://localhost, on any port.`,
  );

/** Told to the person, since the client cannot be. */
export const problemPage = (error: OAuthError): Answer =>
  html(400, page('Sign-in failed', `<p class="error" role="alert">${escapedText(error.description)}</p>`));

const escapedText = (text: string): string => text.replace(/[&<>]/g, (letter) => `&#${letter.codePointAt(0)};`);

const answerTo = (redirectUri: string, query: URLSearchParams, fields: Record<string, string>): Answer => {
  const state = query.get('state');
  const all = new URLSearchParams({ ...fields, ...(state !== null && { state }) });
  const mode = query.get('response_mode') ?? 'query';
  if (mode === 'form_post') {
    const nonce = randomBytes(16).toString('base64');
    return html(200, postingPage(redirectUri, all, nonce), nonce);
  }
  const to = new URL(redirectUri);
  if (mode === 'fragment') to.hash = all.toString();
  else for (const [name, value] of all) to.searchParams.append(name, value);
  return redirect(to.href);
};
