// What the service refuses of any filter over directory objects, in its own words.
import { type GraphError, unsupportedQuery } from './errors.ts';

/** Alternatives that a default query takes, an `in` of n values counting n. Source: microsoft-graph-docs#21098 */
export const MAX_ALTERNATIVES = 15;

export const tooManyAlternatives = (count: number): GraphError =>
  unsupportedQuery(
    `Too many child clauses specified in search filter expression containing 'OR' operators: ${count}. Max allowed: ${MAX_ALTERNATIVES}.`,
  );

/** `NotEqualsMatch` and others, which take an advanced query. */
export const operatorRefusal = (operator: string): GraphError =>
  unsupportedQuery(`Unsupported property filter clause operator '${operator}'.`);
