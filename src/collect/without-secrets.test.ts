import { describe, expect, test } from 'vitest';
import type { Account, Cell } from '../model/account.ts';
import type { Source } from '../model/source.ts';
import { secretName, secretShape } from './secret-look.ts';
import { withoutSecrets } from './without-secrets.ts';

const NONE = { drop: [], keep: [] };
const BCRYPT = '$2b$12$abcdefghijklmnopqrstuuKXm5oWc0vq0o8mOyJ3tQwJmJw0wA9dG';

/** A source that counts what was opened and is still open. */
const sourceOfRows = (columns: readonly string[], rows: readonly (readonly Cell[])[]) => {
  const open = { iterators: 0 };
  const source: Source = {
    kind: 'test',
    open: async () => ({
      columns,
      description: 'test',
      notes: () => ['Two rows are hidden.'],
      rows: async function* () {
        open.iterators += 1;
        try {
          for (const [i, cells] of rows.entries()) yield { n: i + 1, line: i + 2, cells };
        } finally {
          open.iterators -= 1;
        }
      },
    }),
  };
  return { source, open };
};

const read = async (source: Source) => {
  const opened = await source.open(new AbortController().signal);
  const accounts: Account[] = [];
  for await (const account of opened.rows()) accounts.push(account);
  return { columns: opened.columns, accounts, notes: opened.notes?.() };
};

describe('the name of a column', () => {
  test.each([
    ...['Password', 'PASSWORD_HASH', 'passwd', 'userPassword', 'unicodePwd', 'pwd', 'Mot de passe', 'Contraseña'],
    ...['api_key', 'apiKey', 'AccessToken', 'refresh-token', 'Salt', 'PIN', 'Kennwort', 'loginSecret', 'Hash'],
  ])('"%s" says that it holds a secret', (name) => {
    expect(secretName(name)).toBeDefined();
  });

  test.each([
    ...['pwdLastSet', 'PasswordExpires', 'password_changed_at', 'Must change password', 'bad_password_count'],
    ...['Passport', 'Compass', 'Spinner', 'Tokenizer', 'EMail', 'Department', 'Passenger', 'Shipping', 'Keyboard'],
  ])('"%s" does not', (name) => {
    expect(secretName(name)).toBeUndefined();
  });
});

test.each([
  BCRYPT,
  '$6$rounds=5000$saltsalt$Q2xvc2VkIGZvcg',
  '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub',
  '{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  'pbkdf2_sha256$260000$abcdefghijkl$mnopqrstuvwxyz=',
  'aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl',
])('"%s" is a secret beyond doubt', (cell) => {
  expect(secretShape(cell)).toBeDefined();
});

test.each(['ana@contoso.com', '{Sales} and more of that', '$100,000 and counting', '5f4dcc3b5aa765d61d8327deb882cf99'])(
  '"%s" is none',
  (cell) => {
    expect(secretShape(cell)).toBeUndefined();
  },
);

test('columns of secrets are left out, by name and by look, and it is noted why', async () => {
  const digest = (i: number) => i.toString(16).padStart(40, '0');
  const rows = Array.from({ length: 300 }, (_, i) => [
    `p${i}@contoso.com`,
    'x',
    i === 3 ? BCRYPT : '',
    digest(i),
    'USR',
  ]);
  const { source, open } = sourceOfRows(['EMail', 'pass', 'Extra', 'Check', 'Role'], rows);
  const { columns, accounts, notes } = await read(withoutSecrets(source, NONE));
  expect(columns).toEqual(['EMail', 'Role']);
  expect(accounts).toEqual(rows.map(([mail, , , , role], i) => ({ n: i + 1, line: i + 2, cells: [mail, role] })));
  expect(notes).toEqual([
    'Column "pass" was left out: its name says that it holds a secret.',
    'Column "Extra" was left out: it holds a password hash (bcrypt).',
    'Column "Check" was left out: its values look like hashes of secrets.',
    'Two rows are hidden.',
  ]);
  expect(open.iterators).toBe(0);
});

test('what the configuration keeps stays, and what it drops goes', async () => {
  const { source } = sourceOfRows(['EMail', 'Token', 'Shoe size'], [['ana@contoso.com', 'T-1', '38']]);
  const { columns, accounts } = await read(withoutSecrets(source, { drop: ['Shoe size'], keep: ['Token'] }));
  expect(columns).toEqual(['EMail', 'Token']);
  expect(accounts[0]!.cells).toEqual(['ana@contoso.com', 'T-1']);
  await expect(read(withoutSecrets(source, { drop: ['Shoes'], keep: [] }))).rejects.toMatchObject({
    code: 'unknownColumn',
  });
});

test('a secret that comes later stops it, and is not told', async () => {
  const rows = Array.from({ length: 500 }, (_, i) => [`p${i}@contoso.com`, i === 400 ? BCRYPT : 'text']);
  const { source, open } = sourceOfRows(['EMail', 'Notes'], rows);
  const error = await read(withoutSecrets(source, NONE)).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'secretFound', place: { at: 'line 402' } });
  expect(`${error.message}${error.remedy}`).not.toContain(BCRYPT);
  expect(open.iterators).toBe(0);
});

test('whoever opens it and reads nothing closes it', async () => {
  const rows = Array.from({ length: 500 }, (_, i) => [`p${i}@contoso.com`]);
  const { source, open } = sourceOfRows(['EMail'], rows);
  const opened = await withoutSecrets(source, NONE).open(new AbortController().signal);
  expect(open.iterators).toBe(1);
  await opened.close!();
  expect(open.iterators).toBe(0);
});
