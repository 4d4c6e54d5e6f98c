// What a client asks for on a user's behalf, and what of it was consented to.
import { DELEGATED_PERMISSIONS } from '../permissions.ts';
import { OAuthError } from './oauth-error.ts';

const OPENID = ['openid', 'profile', 'email', 'offline_access'];

export interface Scope {
  /** Permissions of the directory: what the access token's `scp` says. */
  readonly permissions: readonly string[];
  /** Of OpenID Connect: openid, profile, email, offline_access. */
  readonly openid: readonly string[];
  /** As the answer tells it. */
  readonly text: string;
}

/**
 * Reads `scope` of a request. Consent is implicit for what the tenant's client was granted, and for nothing else.
 *
 * Errors: AADSTS70011 for a name that there is not, AADSTS65001 for one that was not granted.
 */
export const scopeOf = (asked: string, audience: string, granted: readonly string[]): Scope => {
  const names = asked.split(/\s+/).filter((name) => name !== '');
  const openid = names.filter((name) => OPENID.includes(name));
  const held = granted.filter((name) => DELEGATED_PERMISSIONS.has(name));
  const permissions = new Set<string>();
  for (const name of names) {
    if (OPENID.includes(name)) continue;
    const permission = name.startsWith(`${audience}/`) ? name.slice(audience.length + 1) : name;
    if (permission === '.default') for (const one of held) permissions.add(one);
    else if (!DELEGATED_PERMISSIONS.has(permission)) throw invalidScope(name);
    else if (!held.includes(permission)) throw notConsented(name);
    else permissions.add(permission);
  }
  const told = [...permissions].map((name) => `${audience}/${name}`);
  const isDefault = names.includes(`${audience}/.default`);
  const text = [...told, ...(isDefault ? [`${audience}/.default`] : []), ...openid].join(' ');
  return { permissions: [...permissions], openid, text };
};

const invalidScope = (name: string): OAuthError =>
  new OAuthError('invalid_scope', 70011, `The provided value for the input parameter 'scope' is not valid: ${name}.`);

const notConsented = (name: string): OAuthError =>
  new OAuthError(
    'invalid_grant',
    65001,
    `The user or administrator has not consented to use the application with the permission ${name}.`,
  );
