// From a question about users to an OData filter. A value can never change the query that it stands in.
import type { UserLookup } from '../model/directory.ts';
import type { DirectoryFailure } from '../model/errors.ts';
import { filterNeedsAdvanced, needsAdvanced, withoutLiterals } from './advanced.ts';

/**
 * Graph takes so many alternatives in one filter.
 * Source: https://github.com/microsoftgraph/microsoft-graph-docs/issues/21098 (`Too many child clauses … Max allowed: 15`)
 */
export const MAX_ALTERNATIVES = 15;

export interface UserFilter {
  /** Not yet percent-encoded. */
  readonly text: string;
  readonly isAdvanced: boolean;
  /** The same for filters that differ in their values alone. */
  readonly kind: string;
}

/** A lookup that Graph could not answer, told before it is sent. */
export class LookupError extends Error {
  readonly failure: DirectoryFailure;

  constructor(message: string, remedy: string) {
    super(message);
    this.failure = { status: 400, code: 'InvalidLookup', message, request: 'GET /users', remedy };
  }
}

/** A string literal: in single quotes, with quotes inside doubled. To be percent-encoded with the rest of the query. */
export const odataString = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/**
 * A query value percent-encoded. Errors: {@link LookupError} for half a surrogate pair, which has no encoding.
 */
export const encodeValue = (text: string): string => {
  if (text.isWellFormed()) return encodeURIComponent(text);
  throw new LookupError(
    `${JSON.stringify(text.slice(0, 200))} is not valid Unicode`,
    'Correct the value in the source; it holds half of a character.',
  );
};

/** Errors: {@link LookupError} where Graph could not answer, or would answer wrongly. */
export const userFilter = (lookup: UserLookup): UserFilter => {
  if ('filter' in lookup) {
    const { filter } = lookup;
    return { text: filter, isAdvanced: filterNeedsAdvanced(filter), kind: `filter ${withoutLiterals(filter)}` };
  }
  const { operator, values } = lookup;
  const attribute = filterName(lookup.attribute);
  if (values.length === 0 || values.length > MAX_ALTERNATIVES)
    throw new LookupError(
      `a lookup of ${attribute} has ${values.length} values`,
      `Ask for 1 to ${MAX_ALTERNATIVES} values at once.`,
    );
  const literals = values.map(odataString);
  return {
    text: TEXT[operator](attribute, literals),
    isAdvanced: needsAdvanced(attribute, operator),
    kind: `${attribute} ${operator}`,
  };
};

const TEXT: Readonly<
  Record<Extract<UserLookup, { attribute: string }>['operator'], (name: string, literals: readonly string[]) => string>
> = {
  equals: (name, literals) => `${name} in (${literals.join(',')})`,
  startsWith: (name, literals) => literals.map((literal) => `startsWith(${name},${literal})`).join(' or '),
  any: (name, literals) => `${name}/any(x:${literals.map((literal) => `x eq ${literal}`).join(' or ')})`,
};

const NAME = /^[a-z]\w*(?:\/[a-z]\w*)*$/i;

/** An attribute as filters name it: `extensionAttribute1` lies inside `onPremisesExtensionAttributes`. */
const filterName = (attribute: string): string => {
  if (!NAME.test(attribute))
    throw new LookupError(`"${attribute}" is not the name of an attribute`, 'Correct the rule in the configuration.');
  if (attribute === 'onPremisesUserPrincipalName')
    throw new LookupError(
      'Microsoft Graph answers a filter on onPremisesUserPrincipalName with an empty list, whatever users hold',
      'Match with --strategy directory: the users are read and compared here.',
    );
  return /^extensionAttribute\d+$/.test(attribute) ? `onPremisesExtensionAttributes/${attribute}` : attribute;
};

/** `$select` for these attributes, id first; one that lies inside another is selected with the whole of it. */
export const selectOf = (attributes: readonly string[]): string => {
  const names = attributes.map((attribute) =>
    /^extensionAttribute\d+$/.test(attribute) ? 'onPremisesExtensionAttributes' : attribute.split('/')[0]!,
  );
  return [...new Set(['id', ...names])].map(encodeURIComponent).join(',');
};
