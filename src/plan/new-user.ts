// The attributes of a user to be created for an account that nobody stands behind yet.
import { fold } from '../model/fold.ts';
import type { Outcome } from '../model/outcome.ts';
import type { MatchRule, Settings } from '../model/settings.ts';
import { fill } from './templates.ts';
import { attributeProblem } from './user-rules.ts';

export type NewUser =
  | { readonly properties: Readonly<Record<string, string | boolean | readonly string[]>> }
  | { readonly code: string; readonly message: string };

/** Attributes that only the service or a synchronization sets: a rule over them cannot find a user made here. */
const NOT_SETTABLE = /^(?:id|proxyAddresses|onPremises(?!ImmutableId|ExtensionAttributes))/;

/**
 * Fills the templates, sets the attribute that the first rule compares, and checks what Graph would refuse.
 * The user is disabled: an administrator enables it once it is known whose it is.
 */
export const newUser = (
  settings: Settings,
  outcome: Outcome,
  cell: (column: string) => string,
  verifiedDomains: readonly string[],
): NewUser => {
  const attributes: Record<string, string> = {};
  for (const [name, template] of Object.entries(settings.create?.attributes ?? {})) {
    const value = fill(template, cell);
    if (value !== '') attributes[name] = value;
  }
  const match = matchAttribute(settings.match.rules, outcome, attributes);
  if ('code' in match) return match;
  Object.assign(attributes, match.set);
  const problem = attributeProblem(attributes, verifiedDomains);
  return problem ?? { properties: { accountEnabled: false, ...shaped(attributes) } };
};

/**
 * What the user must carry so that a rule finds it for this account the next time; otherwise every run would want to
 * create it again. Nothing, if the templates see to it already.
 */
const matchAttribute = (
  rules: readonly MatchRule[],
  outcome: Outcome,
  attributes: Readonly<Record<string, string>>,
): { set: Readonly<Record<string, string>> } | { code: string; message: string } => {
  const asked = outcome.comparisons.flatMap(({ rule, value, found }) => {
    const settings = rules[rule - 1];
    return found === null || settings === undefined || 'filter' in settings ? [] : [{ settings, value }];
  });
  const isFound = ({ settings, value }: (typeof asked)[number]): boolean => {
    const has = attributes[ownName(settings.attribute)];
    if (has === undefined) return false;
    return settings.operator === 'startsWith' ? fold(has).startsWith(fold(value)) : fold(has) === fold(value);
  };
  if (asked.some(isFound)) return { set: {} };
  const settable = asked.find(
    ({ settings }) => !NOT_SETTABLE.test(settings.attribute) && !(ownName(settings.attribute) in attributes),
  );
  if (settable) return { set: { [ownName(settable.settings.attribute)]: settable.value } };
  return {
    code: 'notFindable',
    message:
      'no rule would find the user once it is created: let a template of "create" set the attribute that a rule compares',
  };
};

/** `extensionAttribute1`, wherever it lies. */
const ownName = (attribute: string): string => attribute.split('/').at(-1)!;

const shaped = (attributes: Readonly<Record<string, string>>): Record<string, string | readonly string[]> => {
  const properties: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(attributes)) properties[name] = name === 'otherMails' ? [value] : value;
  return properties;
};
