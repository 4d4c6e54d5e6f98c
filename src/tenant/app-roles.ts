// The rules of app roles. Source: https://learn.microsoft.com/graph/api/resources/approle
import { badRequest, GraphError } from './errors.ts';

export interface AppRole {
  readonly id: string;
  readonly allowedMemberTypes: readonly string[];
  readonly displayName: string;
  readonly description: string;
  readonly isEnabled: boolean;
  readonly value: string | null;
  readonly origin: 'Application';
}

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const EMPTY = '00000000-0000-0000-0000-000000000000';
const VALUE = /^(?!\.)[A-Za-z0-9:!#$%&'()*+,\-./;=?@[\]^_{}~`]+$/;
const KNOWN = new Set(['id', 'allowedMemberTypes', 'displayName', 'description', 'isEnabled', 'value']);

/** Checks the whole new collection against the rules and against the one it replaces; answers it as it is kept. */
export const replacedRoles = (given: unknown, before: readonly AppRole[]): readonly AppRole[] => {
  if (!Array.isArray(given))
    throw badRequest("Invalid value specified for property 'appRoles' of resource 'Application'.");
  const roles = given.map((role) => checked(role, before));
  refuseRepeated(roles.map(({ id }) => id.toLowerCase()));
  refuseRepeated(roles.flatMap(({ value }) => (value === null ? [] : [value])));
  for (const old of before) {
    const kept = roles.find(({ id }) => id.toLowerCase() === old.id.toLowerCase());
    const isChangedWhileEnabled = kept?.isEnabled && old.isEnabled && kept.value !== old.value;
    if (old.isEnabled && (!kept || isChangedWhileEnabled)) {
      throw new GraphError(
        400,
        'CannotDeleteOrUpdateEnabledEntitlement',
        'Permission (scope or role) cannot be deleted or updated unless disabled first.',
      );
    }
  }
  return roles;
};

const checked = (given: unknown, before: readonly AppRole[]): AppRole => {
  if (typeof given !== 'object' || given === null)
    throw badRequest("Invalid value specified for property 'appRoles' of resource 'Application'.");
  const role = given as Record<string, unknown>;
  for (const name of Object.keys(role)) {
    if (!KNOWN.has(name))
      throw badRequest(`Property '${name}' is read-only or does not exist on type 'microsoft.graph.appRole'.`);
  }
  const id = String(role['id'] ?? '');
  if (!GUID.test(id) || id === EMPTY)
    throw badRequest(`The identifier '${id}' of an app role is not a valid, non-empty GUID.`);
  const types = role['allowedMemberTypes'];
  if (!Array.isArray(types) || types.length === 0) {
    throw badRequest(
      `App role with identifier '${id}' must have at least one value specified for 'allowedMemberTypes'.`,
    );
  }
  if (types.some((type) => type !== 'User' && type !== 'Application')) {
    throw badRequest(`App role with identifier '${id}' has an invalid value for 'allowedMemberTypes'.`);
  }
  for (const name of ['displayName', 'description']) {
    if (typeof role[name] !== 'string' || role[name] === '')
      throw badRequest(`A value is required for property '${name}' of app role '${id}'.`);
  }
  const isNew = !before.some((old) => old.id.toLowerCase() === id.toLowerCase());
  if (typeof role['isEnabled'] !== 'boolean' || (isNew && !role['isEnabled'])) {
    throw badRequest(`App role with identifier '${id}' must be enabled when it is created.`);
  }
  const value = role['value'] ?? null;
  if (value !== null && (typeof value !== 'string' || value.length > 120 || !VALUE.test(value))) {
    throw badRequest(`App role with identifier '${id}' has an invalid value for 'value'.`);
  }
  return {
    allowedMemberTypes: types,
    description: String(role['description']),
    displayName: String(role['displayName']),
    id,
    isEnabled: role['isEnabled'],
    origin: 'Application',
    value,
  };
};

const refuseRepeated = (values: readonly string[]): void => {
  if (new Set(values).size === values.length) return;
  const message = 'Request contains a property with duplicate values.';
  throw new GraphError(400, 'DuplicateValue', message, {
    details: [{ code: 'DuplicateValue', message, target: 'appRoles' }],
  });
};
