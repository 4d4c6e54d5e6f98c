// What the service refuses of any filter over directory objects, in its own words.
import { type GraphError, malformed, unsupportedQuery } from './errors.ts';
import { alternatives, type Comparator, type Filter, height, isBare, type Literal } from './filter.ts';

/** Alternatives that a default query takes, an `in` of n values counting n. Source: microsoft-graph-docs#21098 */
export const MAX_ALTERNATIVES = 15;
/** How deep a default query may be nested. Source: microsoft-graph-docs#3641 */
const MAX_HEIGHT = 3;
/** Longest beginning that a default query looks for. Source: microsoft-graph-explorer-v4#2103 */
const MAX_START = 120;
/** Longest address of a query that is longer in alternatives. Source: microsoft-graph-docs#22097 */
export const MAX_ADDRESS = 2048;

/** Throws where a filter is larger than a default query may be. */
export const checkSize = (filter: Filter): void => {
  const count = alternatives(filter);
  if (count > MAX_ALTERNATIVES) {
    throw unsupportedQuery(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${count}. Max allowed: ${MAX_ALTERNATIVES}.`,
    );
  }
  const high = height(filter);
  if (high > MAX_HEIGHT)
    throw unsupportedQuery(`The search filter expression has excessive height: ${high}. Max allowed: ${MAX_HEIGHT}`);
};

export const tooLongToStart = (value: string): boolean => value.length > MAX_START;

/** `NotEqualsMatch` and others, which take an advanced query. */
export const operatorRefusal = (operator: string): GraphError =>
  unsupportedQuery(`Unsupported property filter clause operator '${operator}'.`);

/** Source: Microsoft365DSC#3518 */
export const MISSING_HEADER =
  "Operator 'endsWith' is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information";

export const unsupportedClause = (property: string, resource: string): GraphError =>
  unsupportedQuery(
    `Unsupported or invalid query filter clause specified for property '${property}' of resource '${resource}'.`,
  );

const EDM_TYPES = { text: 'Edm.String', boolean: 'Edm.Boolean', date: 'Edm.DateTimeOffset', guid: 'Edm.Guid' } as const;

const OPERATOR_KINDS: Readonly<Record<Comparator, string>> = {
  eq: 'Equal',
  ne: 'NotEqual',
  gt: 'GreaterThan',
  ge: 'GreaterThanOrEqual',
  lt: 'LessThan',
  le: 'LessThanOrEqual',
};

/** A comparison of values of different types. */
export const incompatible = (type: string, value: Literal, operator: Comparator, path: string): GraphError => {
  const declared = EDM_TYPES[type as keyof typeof EDM_TYPES] ?? `type of ${path}`;
  return malformed(
    `Invalid filter clause: A binary operator with incompatible types was detected. Found operand types '${declared}' and '${edmTypeOf(value)}' for operator kind '${OPERATOR_KINDS[operator]}'.`,
  );
};

const edmTypeOf = (value: Literal): string => {
  if (isBare(value)) return /^\d{4}-\d{2}-\d{2}(?:T|$)/.test(value.bare) ? 'Edm.DateTimeOffset' : 'Edm.Guid';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Edm.Int32' : 'Edm.Double';
  if (typeof value === 'boolean') return 'Edm.Boolean';
  return 'Edm.String';
};
