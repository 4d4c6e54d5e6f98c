// A rule, ready for use: which value it gives an account, and whether a user answers to that value.
import type { DirectoryUser, Operator, UserLookup } from '../model/directory.ts';
import { ConfigError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import { sha256 } from '../model/hash.ts';
import type { MatchedUser } from '../model/outcome.ts';
import type { MatchRule } from '../model/settings.ts';
import { compileTransforms } from './transforms.ts';

/** What a rule asks for an account. `unasked` says why no directory could hold it; then it is never sent. */
export interface RuleValue {
  readonly value: string;
  readonly unasked?: string;
  /** Of a value that was shortened: what tells it apart from others that begin alike. */
  readonly whole?: string;
}

export interface Rule {
  /** The rule's place in the configuration, from 1. */
  readonly number: number;
  /** In words: `userPrincipalName equals`. */
  readonly test: string;
  /** What the rule compares with; undefined for an administrator's own filter, which only the directory can answer. */
  readonly compares: { readonly attribute: string; readonly operator: Operator } | undefined;
  /** Whether making a value could go on for years: a regular expression can. */
  readonly mayNotEnd: boolean;
  /** The account's value, or undefined where it has none. */
  valueOf(cell: (column: string) => string): RuleValue | undefined;
}

/** The attributes that every outcome shows of a user. */
export const SHOWN_ATTRIBUTES = ['id', 'userPrincipalName', 'displayName', 'accountEnabled'] as const;

/** The longest value that an attribute used for matching holds: the extension attributes, by Graph's user resource. */
const LONGEST_VALUE = 1024;

const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Errors: {@link ConfigError} when a filter's `{Column}` stands where its value could change the query. */
export const compileRule = (rule: MatchRule, index: number): Rule =>
  'filter' in rule ? filterRule(rule, index + 1) : attributeRule(rule, index + 1);

const attributeRule = (rule: Extract<MatchRule, { attribute: string }>, number: number): Rule => {
  const { column, attribute, operator } = rule;
  const transform = compileTransforms(rule.transforms);
  return {
    number,
    test: `${attribute} ${operator}`,
    compares: { attribute, operator },
    mayNotEnd: hasPattern(rule),
    valueOf: (cell) => {
      const value = transform(cell(column));
      return value === '' ? undefined : ruleValue(value, whyUnaskable(value, attribute));
    },
  };
};

const filterRule = (rule: Extract<MatchRule, { filter: string }>, number: number): Rule => {
  const template = parseTemplate(rule.filter, number);
  const transform = compileTransforms(rule.transforms);
  return {
    number,
    test: 'filter',
    compares: undefined,
    mayNotEnd: hasPattern(rule),
    valueOf: (cell) => {
      const cells = template.columns.map((column) => transform(cell(column)));
      if (cells.includes('')) return undefined;
      const unasked = cells.map((value) => whyUnaskable(value)).find((reason) => reason !== undefined);
      return ruleValue(template.fill(cells), unasked);
    },
  };
};

const hasPattern = ({ transforms }: MatchRule): boolean => transforms.some(({ kind }) => kind === 'regex');

// A value that is never asked for is kept for people to look at, so as much of it as a person can look at.
const ruleValue = (value: string, unasked: string | undefined): RuleValue => {
  if (unasked === undefined) return { value };
  if (value.length <= LONGEST_VALUE) return { value, unasked };
  return { value: value.slice(0, LONGEST_VALUE), unasked, whole: sha256(fold(value)) };
};

/** Why no directory attribute can hold a value, in words; undefined for one that may be asked for. */
export const whyUnaskable = (value: string, attribute?: string): string | undefined => {
  if (value.length > LONGEST_VALUE) return 'the value is longer than 1,024 characters';
  if (CONTROL_CHARACTERS.test(value)) return 'the value contains a control character';
  if (!value.isWellFormed()) return 'the value is not valid Unicode';
  if (attribute === 'id' && !isObjectId(value)) return 'the value is not an object id';
  return undefined;
};

/** Whether a text is written like the id of a directory object. */
export const isObjectId = (value: string): boolean => GUID.test(value);

interface Template {
  readonly columns: readonly string[];
  fill(cells: readonly string[]): string;
}

// A value is escaped as the content of a string literal, so it is harmless inside quotes and only there.
const parseTemplate = (template: string, number: number): Template => {
  const parts = template.split(/\{([^{}]+)\}/);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const columns = parts.filter((_, index) => index % 2 === 1);
  let quotes = 0;
  for (const [index, column] of columns.entries()) {
    quotes += texts[index]!.split("'").length - 1;
    if (quotes % 2 === 1) continue;
    const message = `{${column}} stands outside quotes; expected it inside a string literal: '{${column}}'`;
    throw new ConfigError([{ path: `match[${number - 1}].filter`, message }]);
  }
  const escaped = (value: string | undefined) => value?.replaceAll("'", "''") ?? '';
  return {
    columns,
    fill: (cells) => texts.map((text, index) => text + escaped(cells[index])).join(''),
  };
};

/** Graph answers a filter on these with an empty list, whatever users hold: they can only be read and compared here. */
const NEVER_FOUND_BY_LOOKUP = new Set(['onPremisesUserPrincipalName']);

/** Whether asking for a value can find its users at all. */
export const isFoundByLookup = ({ compares }: Rule): boolean =>
  compares === undefined || !NEVER_FOUND_BY_LOOKUP.has(compares.attribute);

/** The question that a rule puts for some values. A filter is asked one at a time. */
export const lookupOf = (rule: Rule, values: readonly string[]): UserLookup =>
  rule.compares ? { ...rule.compares, values } : { filter: values[0]! };

/**
 * The texts of a user that a comparison looks at, folded: of `any` the elements of a list, otherwise a single text.
 * An attribute inside another is written with a slash, as in a filter: `onPremisesExtensionAttributes/extensionAttribute1`.
 */
export const foldedTexts = (user: DirectoryUser, attribute: string, operator: Operator): readonly string[] => {
  const held = attributeOf(user, attribute);
  const texts = operator === 'any' ? (Array.isArray(held) ? held : []) : [held];
  return texts.filter((text) => typeof text === 'string').map(fold);
};

const MARK_FIRST = /^\p{M}/u;

/** Whether a text begins with whole letters of another: `e` and an accent behind it is no `e`. Both are folded. */
export const beginsWith = (text: string, beginning: string): boolean =>
  text.startsWith(beginning) && !MARK_FIRST.test(text.slice(beginning.length, beginning.length + 2));

const attributeOf = (user: DirectoryUser, attribute: string): unknown => {
  if (Object.hasOwn(user, attribute)) return user[attribute];
  let held: unknown = user;
  for (const name of attribute.split('/')) {
    if (typeof held !== 'object' || held === null || !Object.hasOwn(held, name)) return undefined;
    held = (held as Record<string, unknown>)[name];
  }
  return held;
};

/** What an outcome keeps of a user. */
export const matchedUser = (user: DirectoryUser): MatchedUser => {
  const { userPrincipalName, displayName, accountEnabled } = user;
  return {
    id: user.id,
    userPrincipalName: typeof userPrincipalName === 'string' ? userPrincipalName : '',
    displayName: typeof displayName === 'string' ? displayName : '',
    accountEnabled: typeof accountEnabled === 'boolean' ? accountEnabled : null,
  };
};
