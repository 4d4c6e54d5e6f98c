// The query that an administrator gives: one that reads and nothing besides, with named parameters.
import type { SqlEngine } from '../../model/source-settings.ts';

/** What a statement is refused for, and where: counted from 1, a column in characters. */
export interface StatementProblem {
  readonly code: 'notReadOnly' | 'severalStatements' | 'unfinished' | 'emptyQuery';
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** A piece of a statement, `at` the index where it begins. Words are in upper case; of what is quoted nothing is kept. */
interface Token {
  readonly kind: 'word' | 'parameter' | 'sign' | 'semicolon' | 'quoted';
  readonly text: string;
  readonly at: number;
}

/** Words of statements that do more than read. None of them can stand in a query unquoted but by the grace of an engine. */
const WRITING = [
  ...['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'INTO', 'TRUNCATE', 'DROP', 'ALTER', 'CREATE', 'GRANT', 'REVOKE', 'CALL'],
  ...['EXEC', 'EXECUTE'],
];

/** In T-SQL a statement needs no semicolon before the next: none of the words that begin one may follow. Hints that lock, too. */
const WRITING_IN_TSQL = [
  ...['DENY', 'DECLARE', 'SET', 'USE', 'BACKUP', 'RESTORE', 'SHUTDOWN', 'KILL', 'WAITFOR', 'BULK', 'WHILE', 'BEGIN'],
  ...['COMMIT', 'ROLLBACK', 'PRINT', 'RAISERROR', 'THROW', 'GOTO', 'RETURN', 'DBCC', 'RECONFIGURE', 'CHECKPOINT'],
  ...['DEALLOCATE', 'READTEXT', 'WRITETEXT', 'UPDATETEXT', 'ENABLE', 'DISABLE', 'OPENROWSET', 'OPENQUERY'],
  ...['OPENDATASOURCE', 'UPDLOCK', 'XLOCK', 'TABLOCKX', 'IF', 'SAVE'],
];

/** After FOR or LOCK IN: rows would be locked for others. */
const LOCKING = ['UPDATE', 'SHARE', 'NO', 'KEY'];

/** Writes a parameter as an engine wants it; `index` of them came before. */
export type WriteParameter = (name: string, index: number) => string;

/** A query whose parameters are named, to be written as an engine wants it. */
export interface Statement {
  /** As they come; a name can come more than once. */
  readonly parameters: readonly string[];
  /** The query without a semicolon at its end; each parameter is written by `write`. */
  written(write: WriteParameter): string;
  /** Where in the query, from 1, a character of what was written for it stands; line and column count characters. */
  placeOf(offset: number, write: WriteParameter): { readonly line: number; readonly column: number };
}

/**
 * Reads a query. Texts, comments, quoted names and dollar quotes are understood as the engine understands them.
 *
 * Shape: one SELECT, or WITH … SELECT; `:name` is a parameter.
 */
export const readStatement = (query: string, engine: SqlEngine): Statement | StatementProblem => {
  const tokens: Token[] = [];
  for (const token of tokensOf(query, engine)) {
    if ('message' in token) return placed(query, token);
    tokens.push(token);
  }
  const problem = problemOf(tokens, engine);
  if (problem) return placed(query, problem);
  const parameters = tokens.filter(({ kind }) => kind === 'parameter');
  const end = tokens.find(({ kind }) => kind === 'semicolon')?.at ?? query.length;
  const written = (write: WriteParameter): string => {
    let text = '';
    let from = 0;
    for (const [index, { text: name, at }] of parameters.entries()) {
      text += query.slice(from, at) + write(name, index);
      from = at + 1 + name.length;
    }
    return text + query.slice(from, end);
  };
  return {
    parameters: parameters.map(({ text }) => text),
    written,
    placeOf: (offset, write) => {
      const sent = [...written(write)].slice(0, offset - 1).join('').length;
      let longer = 0;
      for (const [index, { text: name, at }] of parameters.entries()) {
        if (at + longer >= sent) break;
        longer += write(name, index).length - name.length - 1;
      }
      return lineAndColumn(query, sent - longer);
    },
  };
};

interface Problem {
  readonly code: StatementProblem['code'];
  readonly message: string;
  readonly at: number;
}

const placed = (query: string, { code, message, at }: Problem): StatementProblem => ({
  code,
  message,
  ...lineAndColumn(query, at),
});

const lineAndColumn = (query: string, at: number) => {
  const before = query.slice(0, at).split(/\r\n|\n|\r/);
  return { line: before.length, column: [...before.at(-1)!].length + 1 };
};

const problemOf = (tokens: readonly Token[], engine: SqlEngine): Problem | undefined => {
  const semicolon = tokens.findIndex(({ kind }) => kind === 'semicolon');
  const after = semicolon === -1 ? undefined : tokens.slice(semicolon).find(({ kind }) => kind !== 'semicolon');
  if (after) return { code: 'severalStatements', message: 'a second statement begins here', at: after.at };
  const first = tokens.find(({ text }) => text !== '(');
  if (!first || first.kind === 'semicolon') return { code: 'emptyQuery', message: 'there is no query', at: 0 };
  if (first.text !== 'SELECT' && first.text !== 'WITH') {
    return { code: 'notReadOnly', message: `it begins with "${first.text}", not with SELECT or WITH`, at: first.at };
  }
  const refused = new Set(engine === 'sqlserver' ? [...WRITING, ...WRITING_IN_TSQL] : WRITING);
  for (const [index, { kind, text, at }] of tokens.entries()) {
    if (kind !== 'word' || tokens[index - 1]?.text === '.') continue;
    if (refused.has(text) && !isUpdateOfLock(tokens, index)) {
      return { code: 'notReadOnly', message: `"${text}" does more than read`, at };
    }
    const next = tokens[index + 1]?.text ?? '';
    if ((text === 'FOR' && LOCKING.includes(next)) || (text === 'LOCK' && next === 'IN')) {
      return { code: 'notReadOnly', message: `"${text} ${next}" locks rows for others`, at };
    }
  }
  return undefined;
};

/** FOR UPDATE is told as what it is. */
const isUpdateOfLock = (tokens: readonly Token[], index: number): boolean =>
  tokens[index]!.text === 'UPDATE' && ['FOR', 'KEY'].includes(tokens[index - 1]?.text ?? '');

const isMySql = (engine: SqlEngine): boolean => engine === 'mysql' || engine === 'mariadb';

/** Cuts a query into tokens, without comments and blanks; ends with a problem where something is never closed. */
function* tokensOf(query: string, engine: SqlEngine): Generator<Token | Problem> {
  let at = 0;
  while (at < query.length) {
    const blank = match(query, /\s+/y, at);
    const comment = blank ? undefined : commentEnd(query, at, engine);
    const quoted = blank || comment !== undefined ? undefined : quoteEnd(query, at, engine);
    const end = blank ? at + blank.length : (comment ?? quoted);
    if (end === -1) {
      yield { code: 'unfinished', message: `the ${quoted ? 'quote' : 'comment'} that opens here is never closed`, at };
      return;
    }
    if (comment !== undefined && isMySql(engine) && /^\/\*M?!/.test(query.slice(at, at + 4))) {
      yield { code: 'notReadOnly', message: 'a comment that the server would carry out begins here', at };
      return;
    }
    if (end !== undefined) {
      if (quoted !== undefined) yield { kind: 'quoted', text: '', at };
      at = end;
      continue;
    }
    const token = plainToken(query, at);
    yield token;
    at += token.kind === 'parameter' ? token.text.length + 1 : token.text.length;
  }
}

const plainToken = (query: string, at: number): Token => {
  const word = match(query, /[\p{L}_][\p{L}\p{M}\p{N}_$#]*/uy, at);
  if (word) return { kind: 'word', text: word.toUpperCase(), at };
  const parameter = match(query, /:[A-Za-z_][A-Za-z0-9_]*/y, at);
  if (parameter) return { kind: 'parameter', text: parameter.slice(1), at };
  // A cast, an assignment and a number are one sign each, so that no parameter or word is seen in them.
  const sign = match(query, /::|:=|\d[\w.]*|@+[\p{L}\p{N}_$#@.]*|[\s\S]/uy, at)!;
  return { kind: sign === ';' ? 'semicolon' : 'sign', text: sign, at };
};

const match = (query: string, pattern: RegExp, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(query)?.[0];
};

/** The index after the comment that begins here, -1 where it never ends; undefined where none begins. */
const commentEnd = (query: string, at: number, engine: SqlEngine): number | undefined => {
  // MySQL takes two hyphens for a comment only before a blank: elsewhere they are two minus signs.
  const line = isMySql(engine) ? /--(?=\s|$)|#/y : /--/y;
  if (match(query, line, at)) return at + match(query, /[^\r\n]*/y, at)!.length;
  if (!query.startsWith('/*', at)) return undefined;
  const nested = engine === 'postgresql' || engine === 'sqlserver';
  let depth = 0;
  for (const sign of query.slice(at).matchAll(/\/\*|\*\//g)) {
    if (sign[0] === '*/') depth -= 1;
    else if (depth === 0 || nested) depth += 1;
    if (depth === 0) return at + sign.index + 2;
  }
  return -1;
};

/** The index after the text or the quoted name that begins here, -1 where it never ends; undefined where none begins. */
const quoteEnd = (query: string, at: number, engine: SqlEngine): number | undefined => {
  const escaped = engine === 'postgresql' ? match(query, /e(?=')/iy, at) : undefined;
  if (escaped) return closed(query, at + 2, "'", true);
  if (engine === 'postgresql') {
    const tag = match(query, /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy, at);
    if (tag) return after(query, tag, at + tag.length);
  }
  if (engine === 'oracle') {
    const opening = match(query, /n?q'[\s\S]/iy, at);
    if (opening) return after(query, `${CLOSING[opening.at(-1)!] ?? opening.at(-1)!}'`, at + opening.length);
  }
  const sign = query[at]!;
  if (sign === "'") return closed(query, at + 1, sign, isMySql(engine));
  if (sign === '"') return closed(query, at + 1, sign, isMySql(engine));
  if (sign === '`' && (isMySql(engine) || engine === 'sqlite')) return closed(query, at + 1, sign, false);
  if (sign === '[' && engine === 'sqlserver') return closed(query, at + 1, ']', false);
  if (sign === '[' && engine === 'sqlite') return after(query, ']', at + 1);
  return undefined;
};

/** How a q-quote of Oracle ends, by how it begins. */
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' };

const after = (query: string, closing: string, from: number): number => {
  const at = query.indexOf(closing, from);
  return at === -1 ? -1 : at + closing.length;
};

/** A doubled sign is a part of the text; with `backslash`, so is whatever follows one. */
const closed = (query: string, from: number, sign: string, backslash: boolean): number => {
  for (let at = from; at < query.length; at += 1) {
    if (backslash && query[at] === '\\') at += 1;
    else if (query[at] === sign) {
      if (query[at + 1] !== sign) return at + 1;
      at += 1;
    }
  }
  return -1;
};
