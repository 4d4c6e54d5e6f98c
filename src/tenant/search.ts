// $search over directory objects: "property:words" in quotes, joined by AND and OR.
// Source: https://learn.microsoft.com/graph/search-query-parameter
import { badRequest, malformed, unsupportedQuery } from './errors.ts';

export type Search =
  | { readonly kind: 'and' | 'or'; readonly left: Search; readonly right: Search }
  | { readonly kind: 'clause'; readonly property: string; readonly text: string };

/** Properties that are searched by their words; all others by their beginning. */
const BY_WORDS: ReadonlySet<string> = new Set(['displayName', 'description']);

export const isSearchedByWords = (property: string): boolean => BY_WORDS.has(property);

const CLAUSE = /"((?:[^"\\]|\\.)*)"/y;
const BARE = /[A-Za-z]*/y;
const WORD = /\b(?:AND|OR)\b/y;
/** A search in more parts is refused: it must not exhaust the stack. */
const MOST_PARTS = 100;

/** Reads a search. Throws a 400 of Graph's where it cannot be read. */
export const parseSearch = (source: string): Search => {
  let at = 0;
  let parts = 0;
  const fail = (): never => {
    const what = at < source.length ? `: character '${source[at]}' is not valid` : '';
    throw malformed(`Syntax error${what} at position ${at} in '${source}'.`);
  };
  const blanks = () => {
    while (source[at] === ' ') at += 1;
  };
  const take = (pattern: RegExp): RegExpExecArray | null => {
    blanks();
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at += found[0].length;
    return found;
  };
  const isNext = (word: string): boolean => {
    const before = at;
    if (take(WORD)?.[0] === word) return true;
    at = before;
    return false;
  };
  const chain = (word: 'AND' | 'OR', part: () => Search): Search => {
    let left = part();
    while (isNext(word)) left = { kind: word === 'AND' ? 'and' : 'or', left, right: part() };
    return left;
  };
  const expression = (): Search => chain('OR', () => chain('AND', primary));
  const primary = (): Search => {
    parts += 1;
    if (parts > MOST_PARTS) throw malformed('The search expression is too complex.');
    const clause = take(CLAUSE);
    if (clause) return clauseOf(clause[1]!.replace(/\\(.)/g, '$1'));
    blanks();
    if (source[at] !== '(') {
      // A word without quotes is read, and what follows it is not.
      take(BARE);
      return fail();
    }
    at += 1;
    const inner = expression();
    blanks();
    if (source[at] !== ')') return fail();
    at += 1;
    return inner;
  };
  const search = expression();
  blanks();
  if (at < source.length) return fail();
  return search;
};

const clauseOf = (text: string): Search => {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) throw badRequest("Unrecognized query argument specified: ''.");
  return { kind: 'clause', property: text.slice(0, colon).trim(), text: text.slice(colon + 1).trim() };
};

/** Words as they are searched: a change of case, a digit beside a letter and every sign part them. */
const wordsOf = (text: string): readonly string[] =>
  text
    .replace(/(\p{Ll})(?=\p{Lu})|(\p{L})(?=\p{N})|(\p{N})(?=\p{L})/gu, '$& ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** Whether each wanted word begins one of the words that are there. */
export const hasWords = (text: string, wanted: string): boolean => {
  const there = wordsOf(text);
  return wordsOf(wanted).every((word) => there.some((one) => one.startsWith(word)));
};

/** Throws unless all properties are among those that can be searched. */
export const checkSearch = (search: Search, searchable: readonly string[]): void => {
  if (search.kind !== 'clause') {
    checkSearch(search.left, searchable);
    checkSearch(search.right, searchable);
  } else if (!searchable.includes(search.property)) throw unsupportedQuery('An unsupported property was specified.');
};

/** Whether an object in memory is what the search asks for. */
export const isFound = (search: Search, object: Readonly<Record<string, unknown>>): boolean => {
  if (search.kind !== 'clause') {
    const [left, right] = [isFound(search.left, object), isFound(search.right, object)];
    return search.kind === 'and' ? left && right : left || right;
  }
  const value = object[search.property];
  if (typeof value !== 'string') return false;
  if (isSearchedByWords(search.property)) return hasWords(value, search.text);
  return value.toLowerCase().startsWith(search.text.toLowerCase());
};
