// Owners of applications and service principals: what a caller may do with its own.
import type { Key } from './addresses.ts';
import { denied } from './errors.ts';
import { addLink, isLinked } from './links.ts';
import { primaryObject } from './objects.ts';
import { OWNED, WRITE_APPLICATIONS } from './permissions.ts';
import type { GraphRequest, Tenant } from './request.ts';
import type { TokenClaims } from './tokens.ts';

/** The kind of object that a route's first key names; undefined where it is none that permissions go by the owner of. */
const kindOf = (route: string) =>
  route.includes(' /applications/')
    ? 'application'
    : route.includes(' /servicePrincipals/')
      ? 'servicePrincipal'
      : undefined;

export type Ownership = 'owner' | 'other' | 'nothing there';

/** How a caller stands to the object that a route and its first key name. */
export const ownershipOf = (tenant: Tenant, route: string, key: Key | undefined, { oid }: TokenClaims): Ownership => {
  const kind = kindOf(route);
  if (!kind || !key) return 'other';
  const object = primaryObject(tenant, kind, key);
  if (!object) return 'nothing there';
  return isLinked(tenant, 'owners', object.id, oid) ? 'owner' : 'other';
};

/** Whether a caller is an application that may write only what it owns. */
const writesOwnedOnly = ({ scp, roles = [] }: TokenClaims): boolean =>
  scp === undefined && roles.includes(OWNED) && !roles.some((name) => WRITE_APPLICATIONS.includes(name));

/** An application that may create only what it owns owns what it created. */
export const ownWhatIsCreated = (tenant: Tenant, { claims }: Pick<GraphRequest, 'claims'>, id: string): void => {
  if (writesOwnedOnly(claims)) addLink(tenant, 'owners', id, claims.oid);
};

/** Refuses a service principal for an application that the caller does not own, where it may write only what it owns. */
export const refuseForeign = (tenant: Tenant, { claims }: Pick<GraphRequest, 'claims'>, application: string): void => {
  if (writesOwnedOnly(claims) && !isLinked(tenant, 'owners', application, claims.oid)) throw denied();
};
