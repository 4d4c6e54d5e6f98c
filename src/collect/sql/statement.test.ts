// What an engine would do more than read is refused, whatever it hides behind.
import { expect, test } from 'vitest';
import type { SqlEngine } from '../../model/source-settings.ts';
import { readStatement } from './statement.ts';

const ENGINES: readonly SqlEngine[] = ['postgresql', 'mysql', 'mariadb', 'sqlserver', 'oracle', 'sqlite'];

const problem = (query: string, engine: SqlEngine = 'postgresql') => {
  const read = readStatement(query, engine);
  return 'code' in read ? read : undefined;
};

test.each(ENGINES)('%s: queries that read are taken', (engine) => {
  for (const query of [
    'SELECT 1',
    '  select a.email, "update" from users a;  ',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'WITH active AS (SELECT * FROM users) SELECT email FROM active',
    "SELECT 'DROP TABLE users; --' AS a -- delete from users; it's only a comment\nFROM users",
    "SELECT /* ; DELETE */ last_update, replace(email, 'a', 'b') FROM users WHERE name = 'O''Brien'; -- the end",
    'SELECT u.delete, u.update FROM users u',
  ]) {
    expect(problem(query, engine), query).toBeUndefined();
  }
});

test.each(ENGINES)('%s: whatever does more than read is refused', (engine) => {
  for (const [query, code] of [
    ['', 'emptyQuery'],
    ['-- nothing\n', 'emptyQuery'],
    [';', 'emptyQuery'],
    ['DELETE FROM users', 'notReadOnly'],
    ['/* SELECT */ UPDATE users SET a = 1', 'notReadOnly'],
    ['EXPLAIN SELECT 1', 'notReadOnly'],
    ['SELECT 1; SELECT 2', 'severalStatements'],
    ["SELECT ';'; DROP TABLE users", 'severalStatements'],
    ['SELECT * INTO copy FROM users', 'notReadOnly'],
    ['SELECT * FROM users FOR UPDATE', 'notReadOnly'],
    ['SELECT * FROM users FOR SHARE', 'notReadOnly'],
    ['WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone', 'notReadOnly'],
    ['WITH a AS (SELECT 1) INSERT INTO users SELECT * FROM a', 'notReadOnly'],
    ["SELECT 'open", 'unfinished'],
    ['SELECT 1 /* open', 'unfinished'],
  ] as const) {
    expect(problem(query, engine)?.code, query).toBe(code);
  }
});

test.each([
  ['postgresql', "SELECT $$; DELETE $$, $tag$ $$ ; $tag$, E'it\\'s; DELETE' /* a /* nested */ ; */", undefined],
  ['postgresql', "SELECT 'back\\'; DELETE FROM users; --'", 'severalStatements'],
  ['postgresql', 'SELECT a FROM t FOR NO KEY UPDATE', 'notReadOnly'],
  ['mysql', "SELECT 'it\\'s; DELETE', `drop`, \"a;b\" # ; DELETE", undefined],
  ['mysql', 'SELECT 1 --2; DROP TABLE users', 'severalStatements'],
  ['mysql', 'SELECT 1 /*!50000 INTO OUTFILE "/tmp/x" */ FROM users', 'notReadOnly'],
  ['mariadb', 'SELECT 1 /*M! FOR UPDATE */ FROM users', 'notReadOnly'],
  ['mysql', 'SELECT 1 /* a /* not nested */; DROP TABLE users', 'severalStatements'],
  ['mysql', 'SELECT * FROM users LOCK IN SHARE MODE', 'notReadOnly'],
  ['mysql', "SELECT * FROM users INTO OUTFILE '/tmp/x'", 'notReadOnly'],
  ['sqlserver', 'SELECT [a;b]]c], [update] FROM users', undefined],
  ['sqlserver', 'SELECT 1 DROP TABLE users', 'notReadOnly'],
  ['sqlserver', "SELECT 1 EXEC xp_cmdshell 'dir'", 'notReadOnly'],
  ['sqlserver', "SELECT * FROM OPENROWSET('a', 'b', 'c')", 'notReadOnly'],
  ['sqlserver', 'SELECT * FROM users WITH (UPDLOCK)', 'notReadOnly'],
  ['oracle', "SELECT q'[it's; DELETE]', nq'{;}' FROM dual", undefined],
  ['oracle', "SELECT q'!it's! ; DELETE FROM users' FROM dual", 'unfinished'],
  ['sqlite', 'SELECT [a;b], `update` FROM users', undefined],
] as const)('%s reads %s as the engine does', (engine, query, code) => {
  expect(problem(query, engine)?.code).toBe(code);
});

test('a problem has its line and column', () => {
  expect(problem("SELECT 'ä'\n  FROM users;\n  DELETE FROM users")).toMatchObject({ line: 3, column: 3 });
  expect(problem('SELECT a\r\nFROM t\r\nFOR UPDATE')).toMatchObject({ line: 3, column: 1 });
});

test('parameters are named, and written as the engine wants them', () => {
  const query = "SELECT a::text, ':no', b[1:2] -- :no\nFROM t WHERE a = :since AND b = :until AND c > :since;";
  const read = readStatement(query, 'postgresql');
  if ('code' in read) throw new Error(read.message);
  expect(read.parameters).toEqual(['since', 'until', 'since']);
  expect(
    read.placeOf(read.written((_, index) => `$${index + 1}`).lastIndexOf('$2') + 1, (_, i) => `$${i + 1}`),
  ).toEqual({
    line: 2,
    column: 33,
  });
  expect(read.written((name, index) => `$${index + 1}/*${name}*/`)).toBe(
    "SELECT a::text, ':no', b[1:2] -- :no\nFROM t WHERE a = $1/*since*/ AND b = $2/*until*/ AND c > $3/*since*/",
  );
});
