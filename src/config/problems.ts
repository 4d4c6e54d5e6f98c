// What the schema found wrong, in sentences, each with its place in the file.
import type { z } from 'zod';
import type { ConfigProblem } from '../model/errors.ts';
import { didYouMean, nearest } from '../model/nearest.ts';
import { type Path, pathText, type WrittenDocument } from './document.ts';
import { SECRET_EXPECTED } from './shapes.ts';

type Issue = z.core.$ZodIssue;

const MISSING = 'missing; ';

/** Words for the schema's own checks. Given to the schema when it parses; its fields' own messages go before these. */
export const schemaMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') {
    const expected = EXPECTED[issue.expected] ?? issue.expected;
    const unquoted = issue.expected === 'string' && ['number', 'boolean'].includes(typeof issue.input);
    return `${issue.input === undefined ? MISSING : ''}expected ${expected}${unquoted ? ', in quotes' : ''}`;
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const hint = typeof issue.input === 'string' ? didYouMean(issue.input, values) : '';
    return `${issue.input === undefined ? MISSING : ''}expected ${oneOf(values)}${hint}`;
  }
  return undefined;
};

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  object: 'a group of keys',
  record: 'a group of keys',
  array: 'a list',
};

const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? values[0]! : `one of ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;

/** Every issue as a problem that people can find and mend. */
export const problemsOf = (issues: readonly Issue[], document: WrittenDocument): ConfigProblem[] => {
  const told = issues.flatMap((issue) => explain(issue, [], document));
  // A key that was misspelt is not missing as well.
  const meant = new Set(told.map(({ instead }) => instead));
  return told.filter(({ path, message }) => !(message.startsWith(MISSING) && meant.has(path))).map(withoutInstead);
};

/** A problem; of an unknown key also the path of the one that stands in its place. */
type Told = ConfigProblem & { readonly path: string; readonly instead?: string };

const withoutInstead = ({ instead: _, ...problem }: Told): ConfigProblem => problem;

const explain = (issue: Issue, around: Path, document: WrittenDocument): Told[] => {
  const path = [...around, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split('\n');
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      return {
        place: document.keyPlaceOf([...path, key]),
        path: pathText([...path, key]),
        message: unknownKey(key, known),
        ...(meant !== undefined && { instead: pathText([...path, meant]) }),
      };
    });
  }
  if (issue.code === 'invalid_union') {
    const nearer = likeliest(issue.errors);
    if (nearer && issue.message !== SECRET_EXPECTED) {
      return nearer.flatMap((inner) => explain(inner, path, document));
    }
    return [{ place: document.placeOf(path), path: pathText(path), message: unionMessage(issue) }];
  }
  return [{ place: document.placeOf(path), path: pathText(path), message: issue.message }];
};

const unknownKey = (key: string, known: readonly string[]): string => {
  const hint = didYouMean(key, known);
  return hint === '' ? `unknown key; expected ${oneOf(known)}` : `unknown key${hint}`;
};

/** A list that ends in choices of its own says them; otherwise the union's own words. */
const unionMessage = (issue: z.core.$ZodIssueInvalidUnion): string => {
  const hint = issue.errors
    .flat()
    .find(({ code, message }) => code === 'invalid_value' && message.includes('did you mean'));
  const suggestion = hint ? `;${hint.message.split(';').at(-1)}` : '';
  return `${issue.message}${suggestion}`;
};

/**
 * Of the ways to read a part, the one that its writer most likely meant: it takes the most of the keys. Undefined where
 * no way fits even the kind of value. Ways that fit equally badly are told as one.
 */
const likeliest = (ways: readonly (readonly Issue[])[]): readonly Issue[] | undefined => {
  const fitting = ways.filter((issues) => !issues.some(isOtherKind));
  if (fitting.length === 0) return undefined;
  const fewest = Math.min(...fitting.map(unknownKeys));
  const best = fitting.filter((issues) => unknownKeys(issues) === fewest);
  if (best.length === 1 || fewest === 0) return best.reduce((a, b) => (b.length < a.length ? b : a));
  const unknown = best.flatMap((issues) => issues.filter((issue) => issue.code === 'unrecognized_keys'));
  return [{ ...unknown[0]!, message: unknown.map(({ message }) => message).join('\n') }];
};

const isOtherKind = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_union');

const unknownKeys = (issues: readonly Issue[]): number =>
  issues.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys.length : 0),
    0,
  );
