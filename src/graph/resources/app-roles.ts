// App roles, as applications and service principals both carry them.
import type { AppRole } from '../../model/directory.ts';
import { isRecord } from '../call.ts';
import { textOf, textOrNull, textsOf } from '../fields.ts';

/** Source: https://learn.microsoft.com/graph/api/resources/approle */
export const appRolesOf = (value: unknown): readonly AppRole[] =>
  (Array.isArray(value) ? value : []).filter(isRecord).map((role) => ({
    id: textOf(role['id']),
    displayName: textOf(role['displayName']),
    description: textOf(role['description']),
    value: textOrNull(role['value']),
    isEnabled: role['isEnabled'] === true,
    allowedMemberTypes: textsOf(role['allowedMemberTypes']),
  }));
