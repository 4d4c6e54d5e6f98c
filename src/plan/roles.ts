// Which role an account holds, and which of the roles the application does not have yet.
import { createHash } from 'node:crypto';
import type { AppRole } from '../model/directory.ts';
import type { RoleSettings } from '../model/settings.ts';

export type RoleChoice =
  | { readonly name: string }
  | { readonly code: 'unknownRole' | 'noRole'; readonly message: string };

/** The role that the settings give to an account. */
export const roleOf = (settings: RoleSettings, cell: (column: string) => string): RoleChoice => {
  if (!('column' in settings)) return { name: settings.default };
  const value = cell(settings.column).trim();
  const fallback = settings.default;
  if (value === '') {
    return fallback
      ? { name: fallback }
      : { code: 'noRole', message: `column "${settings.column}" is empty and there is no default role` };
  }
  if (settings.map === null) return { name: value };
  const mapped = Object.entries(settings.map).find(([from]) => from.toLowerCase() === value.toLowerCase());
  if (mapped) return { name: mapped[1] };
  if (fallback) return { name: fallback };
  return { code: 'unknownRole', message: `"${value}" in column "${settings.column}" is not in the map of roles` };
};

/** The role of that name among those that the application has: by display name or by value, without regard to case. */
export const findRole = (roles: readonly AppRole[], name: string): AppRole | undefined => {
  const wanted = name.toLowerCase();
  const assignable = roles.filter((role) => role.allowedMemberTypes.includes('User'));
  return (
    assignable.find((role) => role.displayName.toLowerCase() === wanted) ??
    assignable.find((role) => role.value?.toLowerCase() === wanted)
  );
};

const VALUE_REFUSED = /[^A-Za-z0-9:!#$%&'()*+,./;=?@[\]^_{}~`-]+/g;
const LONGEST_VALUE = 120;

/**
 * A role to be added. Its id follows from the application's key and the role's name, so that the same plan made
 * again asks for the same role. Its value holds no blanks, and none that another role has.
 * Source: https://learn.microsoft.com/graph/api/resources/approle
 */
export const newRole = (
  uniqueName: string,
  applicationName: string,
  name: string,
  taken: ReadonlySet<string>,
): AppRole => {
  const plain = name
    .replace(VALUE_REFUSED, '-')
    .replace(/^[.-]+|-+$/g, '')
    .slice(0, LONGEST_VALUE);
  const id = guidFrom(`${uniqueName}\n${name.toLowerCase()}`);
  const value =
    plain === '' || taken.has(plain.toLowerCase()) ? `${plain.slice(0, 100)}${plain && '-'}${id.slice(0, 8)}` : plain;
  return {
    id,
    displayName: name,
    description: `Holds the role "${name}" in ${applicationName}, as the application's own user list says.`,
    value,
    isEnabled: true,
    allowedMemberTypes: ['User'],
  };
};

/** A GUID that follows from a text: version 8, as RFC 9562 leaves it to the application. */
const guidFrom = (text: string): string => {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
