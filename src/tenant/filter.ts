// $filter, read into a tree. Source: https://learn.microsoft.com/graph/filter-query-parameter
import { malformed } from './errors.ts';

/** A GUID or a moment, which stand without quotes. */
export interface Bare {
  readonly bare: string;
}
export type Literal = string | number | boolean | null | Bare;
export type Comparator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type TextFunction = 'startsWith' | 'endsWith' | 'contains';

/** `path` is a property, or a property of a lambda's variable when it begins with the variable's name. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'compare'; readonly operator: Comparator; readonly path: string; readonly value: Literal }
  | { readonly kind: 'in'; readonly path: string; readonly values: readonly Literal[] }
  | { readonly kind: 'text'; readonly function: TextFunction; readonly path: string; readonly value: string }
  | { readonly kind: 'any'; readonly path: string; readonly variable: string; readonly of: Filter | undefined }
  | { readonly kind: 'all'; readonly path: string }
  | { readonly kind: 'count'; readonly path: string; readonly operator: Comparator; readonly value: number };

type Token = {
  readonly kind: 'name' | 'text' | 'number' | 'guid' | 'date' | 'punctuation' | 'end';
  readonly text: string;
  readonly at: number;
};

const TOKENS = [
  ['text', /'[^']*(?:''[^']*)*'/y],
  ['guid', /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])/iy],
  ['date', /\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?(?![\w:-])/y],
  ['number', /-?\d+(?:\.\d+)?(?![\w-])/y],
  ['name', /[A-Za-z_$][\w$.]*(?:\/[A-Za-z_$][\w$.]*)*/y],
  ['punctuation', /[(),:]/y],
] as const;
const BLANK = /\s+/y;

/** A filter deeper than this, or longer in parts, is refused: it must not exhaust the stack, here or in the database. */
const DEEPEST = 100;
const MOST_TOKENS = 4000;

const tokenize = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const next = (start: number): Token => {
    for (const [kind, pattern] of TOKENS) {
      const text = take(pattern);
      if (text !== undefined) return { kind, text, at: start };
    }
    throw syntaxError(source, start);
  };
  for (take(BLANK); at < source.length; take(BLANK)) {
    tokens.push(next(at));
    if (tokens.length > MOST_TOKENS) throw tooComplex();
  }
  tokens.push({ kind: 'end', text: '', at: source.length });
  return tokens;
};

const syntaxError = (source: string, at: number) =>
  malformed(`Invalid filter clause: Syntax error at position ${at} in '${source.slice(0, 200)}'.`);

const tooComplex = () => malformed('Invalid filter clause: The node count limit has been exceeded.');

const COMPARATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
const TEXT_FUNCTIONS: Readonly<Record<string, TextFunction>> = {
  startswith: 'startsWith',
  endswith: 'endsWith',
  contains: 'contains',
};

/** Reads a filter. Throws a 400 of Graph's, with the position, where it cannot be read. */
export const parseFilter = (source: string): Filter => {
  const tokens = tokenize(source);
  let next = 0;
  const peek = () => tokens[next]!;
  const take = () => tokens[next++]!;
  const fail = (token = peek()): never => {
    throw syntaxError(source, token.at);
  };
  const isWord = (word: string) => peek().kind === 'name' && peek().text.toLowerCase() === word;
  const expect = (text: string) => {
    if (take().text !== text) fail(tokens[next - 1]);
  };

  let depth = 0;
  const disjunction = (): Filter => {
    depth += 1;
    if (depth > DEEPEST) throw tooComplex();
    const parts = [conjunction()];
    while (isWord('or')) {
      take();
      parts.push(conjunction());
    }
    depth -= 1;
    return balanced('or', parts);
  };
  const conjunction = (): Filter => {
    const parts = [negation()];
    while (isWord('and')) {
      take();
      parts.push(negation());
    }
    return balanced('and', parts);
  };
  const negation = (): Filter => {
    if (!isWord('not')) return primary();
    take();
    return { kind: 'not', of: primary() };
  };
  const primary = (): Filter => {
    if (peek().text === '(' && peek().kind === 'punctuation') {
      take();
      const inner = disjunction();
      expect(')');
      return inner;
    }
    const name = take();
    if (name.kind !== 'name') return fail(name);
    const textFunction = TEXT_FUNCTIONS[name.text.toLowerCase()];
    if (textFunction && peek().text === '(') return textCall(textFunction);
    const lambda = /^(.+)\/(any|all)$/.exec(name.text);
    if (lambda && peek().text === '(') return lambdaCall(lambda[1]!, lambda[2]!);
    return comparison(name.text);
  };
  const textCall = (name: TextFunction): Filter => {
    expect('(');
    const path = take();
    if (path.kind !== 'name') return fail(path);
    expect(',');
    const value = literal();
    if (typeof value !== 'string') return fail(tokens[next - 1]);
    expect(')');
    // "startsWith(x,'y') eq true" says the same.
    if (isWord('eq') && tokens[next + 1]?.text === 'true') next += 2;
    return { kind: 'text', function: name, path: path.text, value };
  };
  const lambdaCall = (path: string, kind: string): Filter => {
    expect('(');
    if (peek().text === ')') {
      take();
      return { kind: 'any', path, variable: '', of: undefined };
    }
    const variable = take();
    if (variable.kind !== 'name') return fail(variable);
    expect(':');
    const of = disjunction();
    expect(')');
    return kind === 'all' ? { kind: 'all', path } : { kind: 'any', path, variable: variable.text, of };
  };
  const comparison = (path: string): Filter => {
    const operator = take();
    const word = operator.text.toLowerCase();
    if (word === 'in') return { kind: 'in', path, values: list() };
    if (!COMPARATORS.has(word)) {
      // A bare boolean property is a comparison with true.
      next -= 1;
      return { kind: 'compare', operator: 'eq', path, value: true };
    }
    const value = literal();
    if (path.endsWith('/$count')) {
      return {
        kind: 'count',
        path: path.slice(0, -'/$count'.length),
        operator: word as Comparator,
        value: Number(value),
      };
    }
    return { kind: 'compare', operator: word as Comparator, path, value };
  };
  const list = (): readonly Literal[] => {
    expect('(');
    const values = [literal()];
    while (peek().text === ',') {
      take();
      values.push(literal());
    }
    expect(')');
    return values;
  };
  const literal = (): Literal => {
    const token = take();
    switch (token.kind) {
      case 'text':
        return token.text.slice(1, -1).replaceAll("''", "'");
      case 'number':
        return Number(token.text);
      case 'guid':
      case 'date':
        return { bare: token.text };
      default:
        if (token.text === 'true' || token.text === 'false') return token.text === 'true';
        if (token.text === 'null') return null;
        return fail(token);
    }
  };

  const filter = disjunction();
  if (peek().kind !== 'end') fail();
  return filter;
};

/** A chain as a tree of little height: a thousand parts stand ten deep. */
const balanced = (kind: 'and' | 'or', parts: readonly Filter[]): Filter => {
  if (parts.length === 1) return parts[0]!;
  const middle = parts.length >> 1;
  return { kind, left: balanced(kind, parts.slice(0, middle)), right: balanced(kind, parts.slice(middle)) };
};

export const isBare = (value: Literal): value is Bare => typeof value === 'object' && value !== null;

/** How many alternatives an expression offers: leaves joined by `or`, values of `in`. */
export const alternatives = (filter: Filter): number => {
  switch (filter.kind) {
    case 'or':
      return alternatives(filter.left) + alternatives(filter.right);
    case 'and':
      return Math.max(alternatives(filter.left), alternatives(filter.right));
    case 'not':
      return alternatives(filter.of);
    case 'any':
      return filter.of ? alternatives(filter.of) : 1;
    case 'in':
      return filter.values.length;
    default:
      return 1;
  }
};

/** How deep an expression is nested: a leaf is 1 high, a chain of one operator 1 more than the highest of its parts. */
export const height = (filter: Filter): number => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return (
        1 + Math.max(...[filter.left, filter.right].map((part) => height(part) - (part.kind === filter.kind ? 1 : 0)))
      );
    case 'not':
      return height(filter.of);
    case 'in':
      return filter.values.length > 1 ? 2 : 1;
    default:
      return 1;
  }
};

/** The properties that an expression speaks of, without what lies inside them. */
export const namesIn = (filter: Filter): readonly string[] => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...namesIn(filter.left), ...namesIn(filter.right)];
    case 'not':
      return namesIn(filter.of);
    default:
      return [filter.path.split('/')[0]!];
  }
};
