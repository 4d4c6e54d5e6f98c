// Killed between an order and its record, the next run asks the receiver and goes on: one order a removal, always.
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEvidence, verifyChain } from '../../src/evidence/verify.ts';
import { emptyWorld, temporaryFolder, type World } from './support/world.ts';

const PEOPLE = 12;

const mailOf = (n: number): string => `person${n}@contoso.com`;

const configuration = (address: string): string =>
  [
    'application: CORPDB1',
    'directory: local',
    'source: { csv: { path: users.csv } }',
    'match: [{ column: EMail, attribute: userPrincipalName }]',
    `removals: { channel: { webhook: { address: "${address}", secret: { file: hook.key } } } }`,
  ].join('\n');

/** A receiver as one would write it: the same key is the same order. It kills whoever sends it a certain one. */
const startReceiver = async () => {
  const orders = new Map<string, string>();
  let kill: { readonly at: number; readonly when: 'before' | 'after'; readonly pid: () => number } | undefined;
  let posts = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const key = String(request.headers['idempotency-key']);
      posts += 1;
      const reference = orders.get(key) ?? `T${orders.size + 1}`;
      orders.set(key, reference);
      const strikes = kill !== undefined && orders.size === kill.at;
      if (strikes && kill!.when === 'before') return void process.kill(kill!.pid(), 'SIGKILL');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ reference }));
      if (strikes) setImmediate(() => process.kill(kill!.pid(), 'SIGKILL'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    orders,
    posts: () => posts,
    killAt: (next: typeof kill) => {
      kill = next;
    },
  };
};

const refusedWorld = async (address: string): Promise<World> => {
  const numbers = Array.from({ length: PEOPLE }, (_, i) => i + 1);
  const directory = join(temporaryFolder(), 'directory.ndjson');
  const users = numbers.map((n) => ({
    userPrincipalName: mailOf(n),
    displayName: `Person ${n}`,
    mailNickname: `person${n}`,
    accountEnabled: true,
  }));
  writeFileSync(directory, users.map((user) => JSON.stringify(user)).join('\n'));
  const files = {
    'rollcall.yaml': configuration(address),
    'hook.key': 'a key for the test alone',
    'users.csv': ['EMail', ...numbers.map(mailOf)].join('\n'),
    'decisions.csv': [
      'user,decision,by,reason',
      ...numbers.map((n) => `${mailOf(n)},Deny,owner@contoso.com,left`),
    ].join('\n'),
  };
  const world = await emptyWorld(files, 'removals-killed', { users: directory });
  for (const command of ['collect', 'match']) await world.rollcall(command);
  await world.json(2, 'removals', 'deny', 'decisions.csv');
  return world;
};

test('killed while ordering, before an answer and after one, it ends with one order a removal', {
  timeout: 120_000,
}, async () => {
  const receiver = await startReceiver();
  const world = await refusedWorld(receiver.address);
  for (const [at, when] of [
    [3, 'before'],
    [7, 'after'],
    [8, 'before'],
  ] as const) {
    let pid = 0;
    receiver.killAt({ at, when, pid: () => pid });
    const sending = world.start('removals', 'send');
    pid = sending.pid;
    expect({ at, signal: (await sending.ended).signal }).toEqual({ at, signal: 'SIGKILL' });
  }
  receiver.killAt(undefined);
  const sent = await world.json(0, 'removals', 'send');
  expect(sent).toMatchObject({ failed: [], counts: { ordered: PEOPLE } });
  expect(receiver.orders.size).toBe(PEOPLE);

  const listed = (await world.json(0, 'removals', 'list')) as {
    removals: readonly { id: string; order: { reference: string } }[];
  };
  const known = listed.removals.map(({ id, order }) => [id, order.reference] as const);
  expect(new Map(known)).toEqual(receiver.orders);

  // Run again, nothing is ordered.
  const posts = receiver.posts();
  await world.json(0, 'removals', 'send');
  expect(receiver.posts()).toBe(posts);

  // Before each order it stood in the record that it was to be placed.
  const place = join(world.folder, '.rollcall', 'evidence');
  const file = join(place, readdirSync(place)[0]!);
  expect(await verifyChain(file)).toMatchObject({ whole: true });
  const intended = new Set<string>();
  let ordered = 0;
  for await (const { kind, data } of readEvidence(file)) {
    const { removals, removal, state } = data as { removals: string[]; removal: string; state: string };
    if (kind === 'ordersIntended') for (const id of removals) intended.add(id);
    if (kind !== 'removalChanged' || state !== 'ordered') continue;
    expect(intended.has(removal)).toBe(true);
    ordered += 1;
  }
  expect(ordered).toBeGreaterThanOrEqual(PEOPLE);
});
