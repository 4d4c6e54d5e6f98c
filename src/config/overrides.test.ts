import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOverrides } from './overrides.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-overrides-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (content: string) => {
  const file = join(folder, 'overrides.csv');
  await writeFile(file, content);
  const { overrides, problems } = await readOverrides(file, folder);
  return { overrides, problems: problems.map(({ place, message }) => `${place?.line}: ${message}`) };
};

const HEADER = 'EMail,decision,user,reason\n';

test('decisions are read with their place and reason', async () => {
  const { overrides, problems } = await read(
    `${HEADER}ana@old.example,match,ana@contoso.com,"Married, new name"\nrobot@contoso.com,Ignore,,A service account\n`,
  );
  expect(problems).toEqual([]);
  expect(overrides).toEqual([
    {
      where: { EMail: 'ana@old.example' },
      decision: { kind: 'match', user: 'ana@contoso.com' },
      reason: 'Married, new name',
      place: 'overrides.csv:2',
    },
    {
      where: { EMail: 'robot@contoso.com' },
      decision: { kind: 'ignore' },
      reason: 'A service account',
      place: 'overrides.csv:3',
    },
  ]);
});

test('several columns say together which account is meant; an empty one says nothing', async () => {
  const { overrides } = await read(
    'EMail,Badge,decision,user,reason\na@b.example,7,ignore,,left\n,8,match,11111111-2222-4333-8444-555555555555,known\n',
  );
  expect(overrides.map(({ where }) => where)).toEqual([{ EMail: 'a@b.example', Badge: '7' }, { Badge: '8' }]);
});

test('a column may have a name that objects own', async () => {
  const { overrides } = await read('__proto__,decision,user,reason\nx,ignore,,left\n');
  expect(Object.entries(overrides[0]!.where)).toEqual([['__proto__', 'x']]);
});

test('a header without decisions decides nothing', async () => {
  expect(await read(HEADER)).toEqual({ overrides: [], problems: [] });
});

test.for([
  [
    'a decision that is none',
    'a@b.example,ignored,,x',
    '2: decision: expected match or ignore; did you mean "ignore"?',
  ],
  ['a match with nobody', 'a@b.example,match,,x', '2: user: missing; a match needs the user it is to'],
  ['a user that is no name', 'a@b.example,match,ana,x', '2: user: expected a user principal name or an object id'],
  [
    'an ignored account with a user',
    'a@b.example,ignore,b@c.example,x',
    '2: user: expected nothing, since the account is ignored',
  ],
  ['no reason', 'a@b.example,ignore,,', '2: reason: missing; it is kept with the decision'],
  ['no account', ',ignore,,x', '2: the row does not say which account it means'],
  [
    'a second decision',
    'a@b.example,ignore,,x\nA@B.example,ignore,,y',
    '3: the same accounts are decided about on line 2 already',
  ],
  ['a short row', 'a@b.example,ignore,x\n', '2: the row has 3 of 4 cells'],
] as const)('%s is a problem with its line', async ([, rows, expected]) => {
  expect((await read(HEADER + rows)).problems.join('\n')).toContain(expected);
});

test('every problem is told, not just the first', async () => {
  const { problems } = await read(`${HEADER}a@b.example,match,,\nb@b.example,keep,,x\n`);
  expect(problems.length).toBe(3);
});

test('a missing column is named, with the one that was meant', async () => {
  const { problems } = await read('EMail,decision,user,reasons\na,ignore,,x\n');
  expect(problems).toEqual([
    '1: the column "reason" is missing; expected columns of the roster, then decision, user, reason; is it "reasons"?',
  ]);
});

test('a file that names no account column is refused', async () => {
  const { problems } = await read('decision,user,reason\nignore,,x\n');
  expect(problems).toEqual(['1: no column of the roster says which accounts are meant']);
});
