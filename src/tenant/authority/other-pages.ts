// The other pages: the answer to a device code, an administrator's consent, and signing out.

import { holdsRole } from '../directory-roles.ts';
import { type Answer, html, redirect } from './answer.ts';
import { isLoopbackAddress, offeredOf, problemPage } from './authorize.ts';
import { escaped, page, signInForm } from './html.ts';
import { OAuthError } from './oauth-error.ts';
import type { Authority } from './token-endpoint.ts';

export const DEVICE_PAGE = '/devicelogin';

/** Where a person enters a device code and says who signs in. `form` is undefined until it has been sent. */
export const answerDevicePage = (authority: Authority, form: URLSearchParams | undefined): Answer => {
  const code = form?.get('code') ?? '';
  const again = (error?: string): Answer => {
    const before = `<label for="code">Code</label>\n<input id="code" name="code" value="${escaped(code)}" autocomplete="off" required>\n`;
    const offered = form?.get('user') ?? offeredOf(authority, null);
    const people = authority.people.some();
    const rest = error === undefined ? {} : { error };
    return html(200, signInForm({ title: 'Enter the code', action: DEVICE_PAGE, before, people, offered, ...rest }));
  };
  if (form === undefined) return again();
  try {
    const isAccepted = form.get('answer') === 'accept';
    const answer = isAccepted ? { personId: authority.people.find(form.get('user') ?? '').id } : 'declined';
    if (!authority.deviceCodes.answer(code, answer))
      return again("That code didn't work. Check the code and try again.");
    const told = isAccepted ? 'You have signed in on your device.' : 'The sign-in was cancelled.';
    return html(200, page(isAccepted ? 'Signed in' : 'Cancelled', `<p>${told} You can close this window.</p>`));
  } catch (error) {
    if (error instanceof OAuthError) return again(error.description);
    throw error;
  }
};

/** Source: https://learn.microsoft.com/entra/identity-platform/v2-admin-consent */
export const answerAdminConsent = (
  authority: Authority,
  { path, query, form }: { path: string; query: URLSearchParams; form: URLSearchParams | undefined },
): Answer => {
  const redirectUri = query.get('redirect_uri') ?? '';
  const state = query.get('state');
  const back = (fields: Record<string, string>): Answer => {
    const to = new URL(redirectUri);
    for (const [name, value] of Object.entries({ ...fields, ...(state !== null && { state }) }))
      to.searchParams.append(name, value);
    return redirect(to.href);
  };
  try {
    authority.client.known(query.get('client_id'));
    if (!isLoopbackAddress(redirectUri))
      throw new OAuthError(
        'invalid_request',
        50011,
        `The redirect URI '${redirectUri}' is not configured for the application.`,
      );
    if (form === undefined || form.get('user') === null) return consentPage(authority, path, query);
    if (form.get('answer') !== 'accept')
      return back({ error: 'access_denied', error_description: 'AADSTS65004: The administrator declined to consent.' });
    const person = authority.people.find(form.get('user') ?? '');
    if (!holdsRole(authority.people.wids(person.id), ['Privileged Role Administrator']))
      return consentPage(authority, path, query, `${person.userPrincipalName} is no administrator who can consent.`);
    return back({ admin_consent: 'True', tenant: authority.tenantId });
  } catch (error) {
    if (error instanceof OAuthError) return problemPage(error);
    throw error;
  }
};

const consentPage = (authority: Authority, path: string, query: URLSearchParams, error?: string): Answer => {
  const names = authority.granted().map((name) => `<li>${escaped(name)}</li>`);
  return html(
    200,
    signInForm({
      title: 'Permissions requested',
      action: `${path}?${query}`,
      before: `<p>The application asks for these permissions of Microsoft Graph:</p>\n<ul>${names.join('')}</ul>\n`,
      people: authority.people.some(),
      offered: offeredOf(authority, null),
      ...(error !== undefined && { error }),
    }),
  );
};

/** No session is kept, so signing out only leads back. */
export const answerLogout = (query: URLSearchParams): Answer => {
  const to = query.get('post_logout_redirect_uri');
  if (to !== null && isLoopbackAddress(to)) return redirect(new URL(to).href);
  return html(200, page('Signed out', '<p>You have signed out. You can close this window.</p>'));
};
