// Filters over users, made of values that can be anything and must never be more than values.
// Source: https://learn.microsoft.com/graph/filter-query-parameter and …/aad-advanced-queries
import type { UserLookup } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';

/** Alternatives in an `in` list or a chain of `or`. */
export const VALUES_PER_FILTER = 15;

/** Attributes that only an advanced query can filter by. */
const ADVANCED_ONLY = new Set([
  'onPremisesSamAccountName',
  'onPremisesDistinguishedName',
  'onPremisesDomainName',
  'employeeType',
  'companyName',
  'mobilePhone',
  'businessPhones',
]);
const ADVANCED_PREFIXES = ['onPremisesExtensionAttributes/'];

export interface Filter {
  /** The expression, not encoded. */
  readonly expression: string;
  /** Whether it needs `ConsistencyLevel: eventual` and `$count=true`. */
  readonly isAdvanced: boolean;
}

/** A string literal's content: each quote doubled. */
export const odataString = (value: string): string => value.replaceAll("'", "''");

const literal = (value: string): string => `'${odataString(value)}'`;

/** The name by which an attribute is filtered: `extensionAttribute1` lies inside `onPremisesExtensionAttributes`. */
export const filterName = (attribute: string): string =>
  /^extensionAttribute(?:[1-9]|1[0-5])$/.test(attribute) ? `onPremisesExtensionAttributes/${attribute}` : attribute;

/** The name by which an attribute is selected. */
export const selectName = (attribute: string): string => filterName(attribute).split('/')[0]!;

/** The filter that answers a lookup. */
export const filterFor = (lookup: UserLookup): Filter => {
  if ('filter' in lookup) return { expression: lookup.filter, isAdvanced: needsAdvanced(lookup.filter) };
  const { operator, values } = lookup;
  if (values.length === 0 || values.length > VALUES_PER_FILTER) {
    throw new RangeError(`a lookup takes 1 to ${VALUES_PER_FILTER} values, not ${values.length}`);
  }
  const name = filterName(lookup.attribute);
  if (name === 'onPremisesUserPrincipalName') {
    throw new RollcallError(
      'The directory answers every filter by onPremisesUserPrincipalName with an empty list.',
      'Use the strategy "directory" for this rule, or another attribute.',
    );
  }
  return { expression: expressionOf(name, operator, values), isAdvanced: isAdvancedOnly(name) };
};

const expressionOf = (name: string, operator: 'equals' | 'startsWith' | 'any', values: readonly string[]): string => {
  if (operator === 'startsWith') return values.map((value) => `startsWith(${name},${literal(value)})`).join(' or ');
  if (operator === 'any') return `${name}/any(x:${values.map((value) => `x eq ${literal(value)}`).join(' or ')})`;
  return values.length === 1 ? `${name} eq ${literal(values[0]!)}` : `${name} in (${values.map(literal).join(',')})`;
};

const isAdvancedOnly = (name: string): boolean =>
  ADVANCED_ONLY.has(name) || ADVANCED_PREFIXES.some((prefix) => name.startsWith(prefix));

/** Whether an administrator's own filter needs an advanced query: by its operators and by the attributes it names. */
const needsAdvanced = (filter: string): boolean => {
  const outside = filter.replace(/'(?:[^']|'')*'/g, "''");
  if (/\bne\b|\bnot\b|endsWith\s*\(|\/\$count|\beq\s+null\b/i.test(outside)) return true;
  return [...outside.matchAll(/[A-Za-z][\w/]*/g)].some(([name]) => isAdvancedOnly(name));
};

/** A query option with its value encoded, so that nothing in it can end it. Throws on half a surrogate pair. */
export const option = (name: string, value: string): string => `${name}=${encodeURIComponent(value)}`;
