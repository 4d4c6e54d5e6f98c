// A filter over users as SQL over indexed columns, refused where Graph refuses it.
import type { SQLInputValue } from 'node:sqlite';
import { malformed, unsupportedQuery } from './errors.ts';
import { alternatives, type Comparator, type Filter, type Literal } from './filter.ts';
import { MAX_ALTERNATIVES, operatorRefusal, tooManyAlternatives } from './filter-limits.ts';
import { columnOf, fold, USER_ATTRIBUTES, type UserAttribute } from './user-attributes.ts';

/** A condition with its values, to be put into a statement. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

const SQL_COMPARATORS: Readonly<Partial<Record<Comparator, string>>> = { eq: '=', ne: '<>', ge: '>=', le: '<=' };
/** Behind every text: the last code point there is. */
const LAST = '\u{10FFFF}';

/** `isAdvanced`: the request says `ConsistencyLevel: eventual` and `$count=true`. */
export const userCondition = (filter: Filter, isAdvanced: boolean): Condition => {
  const count = alternatives(filter);
  if (!isAdvanced && count > MAX_ALTERNATIVES) throw tooManyAlternatives(count);
  const values: SQLInputValue[] = [];
  return { sql: translate(filter, { values, isAdvanced }), values };
};

interface Context {
  readonly values: SQLInputValue[];
  readonly isAdvanced: boolean;
}

const translate = (filter: Filter, context: Context): string => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${translate(filter.left, context)} ${filter.kind} ${translate(filter.right, context)})`;
    case 'not':
      needAdvanced(context, 'NotMatch');
      return `not coalesce(${translate(filter.of, context)}, 0)`;
    case 'compare':
      return compare(filter, context);
    case 'in':
      return oneOf(filter.path, filter.values, context);
    case 'text':
      return textMatch(filter, context);
    case 'any':
      return anyMatch(filter, context);
    case 'count':
      return countMatch(filter, context);
    case 'all':
      throw unsupportedQuery(`The 'all' operator is not supported for property '${filter.path}'.`);
    default:
      return filter satisfies never;
  }
};

const attributeOf = (path: string): UserAttribute => {
  const attribute = USER_ATTRIBUTES[path];
  if (attribute) return attribute;
  throw malformed(`Invalid filter clause: Could not find a property named '${path}' on type 'microsoft.graph.user'.`);
};

const unsupported = (path: string) =>
  unsupportedQuery(
    `Unsupported or invalid query filter clause specified for property '${path.split('/').at(-1)}' of resource 'User'.`,
  );

const needAdvanced = ({ isAdvanced }: Context, operator: string): void => {
  if (!isAdvanced) throw operatorRefusal(operator);
};

/** Throws unless the attribute can be filtered so. */
const checkUse = (path: string, level: UserAttribute['filter'] | undefined, { isAdvanced }: Context): void => {
  if (level === undefined || level === 'none') throw unsupported(path);
  if (level === 'advanced' && !isAdvanced) throw unsupported(path);
};

const compare = (
  { path, operator, value }: { readonly path: string; readonly operator: Comparator; readonly value: Literal },
  context: Context,
): string => {
  const attribute = attributeOf(path);
  if (operator === 'ne') needAdvanced(context, 'NotEqualsMatch');
  if (value === null) {
    if (!attribute.null || (operator !== 'eq' && operator !== 'ne')) throw unsupported(path);
    needAdvanced(context, 'NullMatch');
    return `${sqlColumn(path, attribute)} is ${operator === 'ne' ? 'not ' : ''}null`;
  }
  // Moments are compared by order, all else by equality; "gt" and "lt" are supported nowhere.
  const isOrdered = operator === 'ge' || operator === 'le';
  if (isOrdered !== (attribute.type === 'date')) throw unsupported(path);
  checkUse(path, attribute.filter, context);
  if (attribute.filter === 'silent') return '0';
  context.values.push(sqlValue(path, attribute, value));
  const column = sqlColumn(path, attribute);
  const test = `${column} ${SQL_COMPARATORS[operator]} ?`;
  return operator === 'ne' ? `(${test} or ${column} is null)` : test;
};

const oneOf = (path: string, values: readonly Literal[], context: Context): string => {
  const attribute = attributeOf(path);
  if (attribute.type !== 'text') throw unsupported(path);
  checkUse(path, attribute.filter, context);
  if (attribute.filter === 'silent') return '0';
  for (const value of values) context.values.push(sqlValue(path, attribute, value));
  return `${sqlColumn(path, attribute)} in (${values.map(() => '?').join(',')})`;
};

const textMatch = (
  { function: name, path, value }: { readonly function: string; readonly path: string; readonly value: string },
  context: Context,
): string => {
  const attribute = attributeOf(path);
  const folded = fold(value);
  const column = sqlColumn(path, attribute);
  if (name === 'startsWith') {
    checkUse(path, attribute.startsWith, context);
    context.values.push(folded, folded + LAST);
    return `(${column} >= ? and ${column} < ?)`;
  }
  if (name !== 'endsWith' || !attribute.endsWith) throw unsupported(path);
  needAdvanced(context, 'EndsWithMatch');
  context.values.push(folded, folded);
  return `substr(${column}, -length(?)) = ?`;
};

const anyMatch = (
  { path, variable, of }: { readonly path: string; readonly variable: string; readonly of: Filter | undefined },
  context: Context,
): string => {
  const attribute = attributeOf(path);
  if (attribute.type !== 'texts') throw unsupported(path);
  checkUse(path, attribute.filter, context);
  context.values.push(path);
  const inner = of ? ` and (${element(of, path, variable, attribute, context)})` : '';
  return `users.n in (select user from user_lists where attribute = ?${inner})`;
};

/** A condition on one element of a list. */
const element = (
  filter: Filter,
  path: string,
  variable: string,
  attribute: UserAttribute,
  context: Context,
): string => {
  const part = (of: Filter) => element(of, path, variable, attribute, context);
  const own = 'path' in filter && filter.path === variable;
  if (filter.kind === 'and' || filter.kind === 'or')
    return `(${part(filter.left)} ${filter.kind} ${part(filter.right)})`;
  if (filter.kind === 'compare' && own && filter.operator === 'eq' && typeof filter.value === 'string') {
    context.values.push(fold(filter.value));
    return 'value = ?';
  }
  if (filter.kind === 'in' && own) {
    for (const value of filter.values) context.values.push(sqlValue(path, { type: 'text', filter: 'default' }, value));
    return `value in (${filter.values.map(() => '?').join(',')})`;
  }
  if (filter.kind === 'text' && own && filter.function === 'startsWith') {
    checkUse(path, attribute.startsWith, context);
    const folded = fold(filter.value);
    context.values.push(folded, folded + LAST);
    return '(value >= ? and value < ?)';
  }
  if (filter.kind === 'text' && own && filter.function === 'endsWith' && attribute.endsWith) {
    needAdvanced(context, 'EndsWithMatch');
    context.values.push(fold(filter.value), fold(filter.value));
    return 'substr(value, -length(?)) = ?';
  }
  throw unsupported(path);
};

const countMatch = (
  { path, operator, value }: { readonly path: string; readonly operator: Comparator; readonly value: number },
  context: Context,
): string => {
  const attribute = attributeOf(path);
  if (attribute.type !== 'texts' || !attribute.null || value !== 0 || (operator !== 'eq' && operator !== 'ne'))
    throw unsupported(path);
  needAdvanced(context, 'CountMatch');
  context.values.push(path);
  return `users.n ${operator === 'eq' ? 'not ' : ''}in (select user from user_lists where attribute = ?)`;
};

const sqlColumn = (path: string, attribute: UserAttribute): string => {
  if (path === 'id') return 'users.id';
  if (path === 'accountEnabled') return 'account_enabled';
  if (path === 'onPremisesSyncEnabled') return 'sync_enabled';
  if (path === 'createdDateTime') return 'created';
  if (attribute.type !== 'text' || attribute.filter === 'none') throw unsupported(path);
  return columnOf(path);
};

const sqlValue = (path: string, { type }: UserAttribute, value: Literal): SQLInputValue => {
  const mismatch = () =>
    malformed(
      `Invalid filter clause: A binary operator with incompatible types was detected. Found operand types for property '${path}'.`,
    );
  if (type === 'boolean') {
    if (typeof value !== 'boolean') throw mismatch();
    return value ? 1 : 0;
  }
  if (type === 'date') {
    const ms = value !== null && typeof value === 'object' ? Date.parse(value.bare) : Number.NaN;
    if (Number.isNaN(ms)) throw mismatch();
    return new Date(ms).toISOString();
  }
  if (typeof value !== 'string') throw mismatch();
  return fold(value);
};
