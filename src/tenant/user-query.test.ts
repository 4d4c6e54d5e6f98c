import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from './database.ts';
import { parseFilter } from './filter.ts';
import { inventUsers } from './generate.ts';
import { fillOnce } from './seed.ts';
import { INDEXED_TEXTS } from './user-attributes.ts';
import { userCondition } from './user-query.ts';

let db: Database;
beforeAll(async () => {
  db = new Database(':memory:');
  await fillOnce(db, [inventUsers(3000, 1, 'contoso.com')], () => 0);
});
afterAll(() => db.close());

/** How SQLite goes about a page of users that a filter asks for. */
const planOf = (filter: string): string => {
  const { sql, values } = userCondition(parseFilter(filter), true);
  const plan = db.all<{ detail: string }>(
    `explain query plan select n, id, body from users where ${sql} order by +n limit ?`,
    ...values,
    101,
  );
  return plan.map(({ detail }) => detail).join('; ');
};

const fifteen = Array.from({ length: 15 }, (_, i) => `'value${i}'`).join(',');

test.each(['id', ...INDEXED_TEXTS])('fifteen values of %s are looked up in an index', (attribute) => {
  const plan = planOf(`${attribute} in (${fifteen})`);
  expect(plan).toMatch(/SEARCH users USING (?:INDEX|COVERING INDEX)/);
  expect(plan).not.toContain('SCAN');
});

test.each(['proxyAddresses', 'otherMails', 'businessPhones', 'imAddresses'])(
  'fifteen values of %s are looked up in an index',
  (attribute) => {
    const body = fifteen
      .split(',')
      .map((value) => `p eq ${value}`)
      .join(' or ');
    const plan = planOf(`${attribute}/any(p:${body})`);
    expect(plan).toContain('user_lists_by_value');
    expect(plan).not.toContain('SCAN');
  },
);

test('beginnings, and different attributes joined by "or", are looked up, too', () => {
  for (const filter of [
    "startsWith(displayName,'ana')",
    "startsWith(displayName,'a') or startsWith(displayName,'b')",
    "userPrincipalName eq 'a' or mail eq 'b' or proxyAddresses/any(p:p eq 'c')",
  ])
    expect({ filter, plan: planOf(filter) }).toEqual({ filter, plan: expect.not.stringContaining('SCAN') });
});

test('the same seed invents the same people, each with a name of their own', async () => {
  const invent = async (seed: number) => {
    const users: Readonly<Record<string, unknown>>[] = [];
    for await (const user of inventUsers(500, seed, 'contoso.com')) users.push(user);
    return users;
  };
  const [once, again, other] = await Promise.all([invent(7), invent(7), invent(8)]);
  expect(again).toEqual(once);
  expect(other).not.toEqual(once);
  const of = (name: string) => new Set(once.map((user) => String(user[name]).toLowerCase()));
  expect(of('userPrincipalName').size).toBe(500);
  expect(of('id').size).toBe(500);
  for (const user of once) expect(user['userPrincipalName']).toMatch(/^[a-z]+\.[a-z]+\d+@contoso\.com$/);
  const disabled = once.filter((user) => user['accountEnabled'] === false).length;
  expect(disabled).toBeGreaterThan(3);
  expect(disabled).toBeLessThan(40);
});
