// The expressions under columns of ldap, ldif and csvde: an attribute, and what is done to its values, "memberOf | cn | each".
import { z } from 'zod';
import { didYouMean } from '../../model/nearest.ts';
import type { DirectoryColumn, DirectoryPick, DirectoryReading } from '../../model/source-settings.ts';
import { text } from '../shapes.ts';

/** An attribute's name or number, with options: `mail`, `cn;lang-de`, `2.5.4.3`. */
const ATTRIBUTE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*$/;

/** Attributes that people want in another form than their bytes; in lower case. */
const USUAL_READINGS: Readonly<Record<string, DirectoryReading>> = {
  objectguid: 'guid',
  objectsid: 'sid',
  sidhistory: 'sid',
  jpegphoto: 'base64',
  thumbnailphoto: 'base64',
  usercertificate: 'base64',
  lastlogon: 'date',
  lastlogontimestamp: 'date',
  pwdlastset: 'date',
  accountexpires: 'date',
  badpasswordtime: 'date',
  lockouttime: 'date',
  whencreated: 'date',
  whenchanged: 'date',
  createtimestamp: 'date',
  modifytimestamp: 'date',
  pwdchangedtime: 'date',
  pwdlastsuccess: 'date',
  authtimestamp: 'date',
  lastlogintime: 'date',
};

/** Attributes that say whether an account can be used. */
export const ENABLED_ATTRIBUTES = [
  'userAccountControl',
  'msDS-UserAccountDisabled',
  'nsAccountLock',
  'pwdAccountLockedTime',
];

const READINGS: readonly DirectoryReading[] = ['text', 'guid', 'sid', 'base64', 'date', 'enabled'];
/** `cn` is another word for `name`: in Active Directory the first name of a group is its cn. */
const STEPS = [...READINGS, 'name', 'cn', 'after', 'like', 'join', 'only', 'each'];

/** Between several values, where nothing else is said. */
const SEPARATOR = '; ';

interface Step {
  readonly word: string;
  readonly argument: string;
}

/** Reads an expression that {@link directoryColumnProblem} has nothing against. */
export const directoryColumn = (name: string, written: string): DirectoryColumn => {
  const { attribute, steps } = parse(written);
  const several = steps.find(({ word }) => ['join', 'only', 'each'].includes(word));
  return {
    name,
    attribute,
    read: READINGS.find((reading) => steps[0]?.word === reading) ?? usualReading(attribute),
    picks: steps.flatMap(pickOf),
    several:
      several === undefined || several.word === 'join'
        ? { join: several?.argument ?? SEPARATOR }
        : (several.word as 'only' | 'each'),
  };
};

/** How an attribute is read unless something else is said. */
export const usualReading = (attribute: string): DirectoryReading =>
  /;binary$/i.test(attribute) ? 'base64' : (USUAL_READINGS[attribute.toLowerCase()] ?? 'text');

const pickOf = ({ word, argument }: Step): DirectoryPick[] => {
  if (word === 'name' || word === 'cn') return [{ kind: 'name' }];
  if (word === 'after') return [{ kind: 'after', prefix: argument }];
  return word === 'like' ? [{ kind: 'like', pattern: argument }] : [];
};

/** What is wrong with an expression; undefined where nothing is. */
export const directoryColumnProblem = (written: string): string | undefined => {
  const { attribute, steps } = parse(written);
  if (!ATTRIBUTE.test(attribute)) return `expected an attribute, then steps after "|": "mail" or "memberOf | name"`;
  for (const [index, { word, argument }] of steps.entries()) {
    const isReading = (READINGS as readonly string[]).includes(word);
    if (!STEPS.includes(word)) {
      return `unknown step "${word}"${didYouMean(word, STEPS) || `; expected one of ${STEPS.join(', ')}`}`;
    }
    const takesText = ['after', 'like', 'join'].includes(word);
    if (takesText && argument === '') return `expected a text after "${word}"; in quotes where it begins with a space`;
    if (!takesText && argument !== '') return `"${word}" takes nothing after it`;
    if (isReading && index > 0) return `"${word}" comes first: "${attribute} | ${word}"`;
    if (['join', 'only', 'each'].includes(word) && index < steps.length - 1) return `"${word}" comes last`;
  }
  if (steps[0]?.word === 'enabled' && !isOneOf(attribute, ENABLED_ATTRIBUTES)) {
    return `"enabled" goes with ${ENABLED_ATTRIBUTES.join(', ')}`;
  }
  return undefined;
};

const isOneOf = (attribute: string, names: readonly string[]): boolean =>
  names.some((name) => name.toLowerCase() === attribute.toLowerCase());

/** Cuts at each "|" that does not stand in quotes. */
const parse = (written: string): { attribute: string; steps: readonly Step[] } => {
  const [attribute = '', ...parts] = written.split(/\|(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  return {
    attribute: attribute.trim(),
    steps: parts.map((part) => {
      const [, word = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(part) ?? [];
      return { word, argument: /^"[^"]*"$/.test(argument) ? argument.slice(1, -1) : argument };
    }),
  };
};

/** A column's expression, read; undefined where it is wrong, which is told elsewhere. */
const readable = (written: string) =>
  directoryColumnProblem(written) === undefined ? directoryColumn('', written) : undefined;

export const directoryColumnsWritten = z
  .record(
    text,
    text.superRefine((written, context) => {
      const problem = directoryColumnProblem(written);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }),
  )
  .refine((columns) => Object.keys(columns).length > 0, 'expected at least one column')
  .superRefine((columns, context) => {
    const each = Object.entries(columns).filter(([, written]) => readable(written)?.several === 'each');
    for (const [name] of each.slice(1)) {
      context.addIssue({ code: 'custom', path: [name], message: `only one column can have a row for each value` });
    }
  })
  .describe('Name of a column: attribute, and what is done to its values. "EMail: mail".');

/** Null where nobody has named any. */
export const directoryColumns = (written: Readonly<Record<string, string>> | undefined): DirectoryColumn[] | null =>
  written === undefined ? null : Object.entries(written).map(([name, expression]) => directoryColumn(name, expression));
