// Whether a caller may do what a request asks for: held permissions against needed ones, before the rule runs.
import type { Key } from './addresses.ts';
import { holdsRole } from './directory-roles.ts';
import { denied } from './errors.ts';
import { ownershipOf } from './ownership.ts';
import { type Needed, PERMISSIONS, type Permission } from './permissions.ts';
import type { GraphRequest, Tenant } from './request.ts';
import type { Route } from './routes.ts';
import type { TokenClaims } from './tokens.ts';

/** Refuses what the caller may not do. Throws Graph's 403, and an Error of our own for a route without an entry. */
export const authorise = (
  tenant: Tenant,
  request: GraphRequest,
  { name, keys }: Pick<Route, 'name' | 'keys'>,
): void => {
  const permission = PERMISSIONS[name];
  if (!permission) throw new Error(`${name} has no entry in the table of permissions`);
  const { claims } = request;
  const isHeld = (needed: Needed) => needed.every((any) => any.some((name) => holds(claims, name)));
  const isOwn = claims.scp !== undefined && isSelf(claims, keys[0]);
  const bySelf = isOwn && (permission.self ?? []).some((name) => holds(claims, name));
  const isCovered = bySelf || neededFor(permission, request).every(isHeld);
  if (claims.scp === undefined) {
    if (isCovered) return;
    const isEnough = permission.asOwner?.some((name) => holds(claims, name)) ?? false;
    // What is not there is told by the rule, or created by it.
    if (!isEnough || ownershipOf(tenant, name, keys[0], claims) === 'other') throw denied();
    return;
  }
  if (!isCovered) throw denied();
  if (permission.membersOnly && isGuest(tenant, claims)) throw denied();
  if (!permission.roles || holdsRole(claims.wids ?? [], permission.roles)) return;
  const isOwner = permission.asOwner !== undefined && ownershipOf(tenant, name, keys[0], claims) === 'owner';
  if (!isOwner || isGuest(tenant, claims)) throw denied();
};

/** Permissions held for the user, or by the application itself. A token is one or the other, never both. */
export const holds = ({ scp, roles = [] }: TokenClaims, name: string): boolean =>
  scp === undefined ? roles.includes(name) : scp.split(' ').includes(name);

const neededFor = (permission: Permission, { claims, body }: GraphRequest): readonly Needed[] => {
  const usual = claims.scp === undefined ? permission.application : permission.delegated;
  const { properties } = permission;
  const changed = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  if (!properties || changed.length === 0) return [usual];
  return changed.map((name) => (Object.hasOwn(properties, name) ? properties[name]! : usual));
};

export const isSelf = ({ oid, upn }: TokenClaims, key: Key | undefined): boolean => {
  const named = key?.value.toLowerCase();
  return named !== undefined && (named === oid || named === upn?.toLowerCase());
};

const isGuest = ({ db }: Tenant, { oid }: TokenClaims): boolean =>
  db.one<{ type: string | null }>("select json_extract(body, '$.userType') as type from users where id = ?", oid)
    ?.type === 'Guest';
