// Refused accounts are followed until a complete roster lacks them, whatever the orders for them say.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEvidence, verifyChain } from '../../src/evidence/verify.ts';
import type { Removal } from '../../src/model/removal.ts';
import { rollcallHere } from './support/in-process.ts';
import { emptyWorld, temporaryFolder, type World } from './support/world.ts';

const CONFIGURATION = [
  'application: CORPDB1',
  'directory: local',
  'source: { csv: { path: users.csv } }',
  'match:',
  '  - { column: EMail, attribute: userPrincipalName }',
  '  - { column: EmployeeId, attribute: employeeId }',
  'removals: { channel: { csv: { folder: orders } }, due: 14 }',
].join('\n');

const PEOPLE = 60;
const DENIED = 30;

interface Person {
  readonly login: string;
  readonly mail: string;
  readonly employeeId: string;
}

const person = (n: number): Person => ({
  login: `u${n}`,
  mail: `person${n}@contoso.com`,
  employeeId: String(1000 + n),
});

/** The last two are in no directory. */
const isOrphan = (n: number): boolean => n > PEOPLE - 2;

const people = Array.from({ length: PEOPLE }, (_, i) => person(i + 1));

const csvOf = (rows: readonly Person[]): string =>
  ['Login,EMail,EmployeeId', ...rows.map(({ login, mail, employeeId }) => `${login},${mail},${employeeId}`)].join('\n');

const usersFile = (): string =>
  people
    .filter((_, i) => !isOrphan(i + 1))
    .map(({ mail, employeeId, login }) =>
      JSON.stringify({
        userPrincipalName: mail,
        displayName: login,
        employeeId,
        accountEnabled: true,
        mailNickname: login,
      }),
    )
    .join('\n');

/** 28 people by name of user, and the two orphans by their logins. */
const decisions = (): string => {
  const refused = [...people.slice(0, DENIED - 2), ...people.slice(-2)];
  const rows = refused.map(({ mail, login }, i) =>
    i < DENIED - 2 ? `,${mail},Deny,owner@contoso.com,not needed` : `${login},,Deny,owner@contoso.com,nobody knows it`,
  );
  return ['Login,user,decision,by,reason', ...rows, ',person40@contoso.com,Approve,owner@contoso.com,needed'].join(
    '\n',
  );
};

const removalWorld = async (name: string): Promise<World> => {
  const files = { 'rollcall.yaml': CONFIGURATION, 'users.csv': csvOf(people), 'decisions.csv': decisions() };
  const directory = join(temporaryFolder(), 'directory.ndjson');
  writeFileSync(directory, usersFile());
  return emptyWorld(files, name, { users: directory });
};

const run = async (world: World, status: number, ...args: readonly string[]) => {
  const ended = await rollcallHere(world.folder, ...args, '--output', 'json');
  expect({ args, status: ended.status, err: ended.err }).toMatchObject({ args, status });
  return JSON.parse(ended.out);
};

const keysOf = (removals: readonly Removal[]): string[] => removals.map(({ account }) => account.key).sort();

const evidenceOf = (world: World): string => {
  const place = join(world.folder, '.rollcall', 'evidence');
  return join(place, readdirSync(place)[0]!);
};

test('of 30 refused accounts, those that remain, and the one that came back renamed, are named, and no order closes any', {
  timeout: 120_000,
}, async () => {
  const world = await removalWorld('removals');
  await run(world, 2, 'run', '--yes');
  await run(world, 0, 'collect', '--to', join(world.folder, 'old.jsonl'));
  await run(world, 2, 'run', '--yes');
  expect(await run(world, 2, 'removals', 'deny', join(world.folder, 'decisions.csv'))).toMatchObject({
    denials: 30,
    known: 0,
    unfound: [],
  });
  // Taken twice, the same decisions change nothing.
  expect(await run(world, 0, 'removals', 'deny', join(world.folder, 'decisions.csv'))).toMatchObject({
    added: [],
    known: 30,
  });

  expect(await run(world, 0, 'removals', 'send')).toMatchObject({ ordered: 30, found: 0, failed: [] });
  expect(await run(world, 0, 'removals', 'send')).toMatchObject({ ordered: 0, reopened: 0 });
  expect(readdirSync(join(world.folder, 'orders'))).toHaveLength(1);

  // A roster from before the decisions tells nothing of them.
  const old = await run(world, 2, 'removals', 'confirm', '--from', join(world.folder, 'old.jsonl'), '--allow', 'older');
  expect([old.untold.length, old.confirmed.length]).toEqual([30, 0]);

  // The same list again: nothing is gone, whatever has been ordered.
  expect(await run(world, 0, 'removals', 'confirm')).toMatchObject({ confirmed: [], returned: [] });

  // 18 of the people and both orphans go; nine stay; one comes back by another name.
  const renamed = { ...person(28), mail: 'other.name@contoso.com', login: 'x28' };
  const second = [...people.slice(18, 27), renamed, ...people.slice(28, -2)];
  writeFileSync(join(world.folder, 'users.csv'), csvOf(second));
  const followed = await run(world, 0, 'removals', 'confirm', '--allow', 'shrink');
  expect(followed.confirmed).toHaveLength(20);
  expect(keysOf(followed.remaining)).toEqual(
    Array.from({ length: 10 }, (_, i) => `person${19 + i}@contoso.com`).sort(),
  );
  const other = followed.remaining.filter(({ seen }: Removal) => seen?.as !== undefined);
  expect(other).toMatchObject([{ account: { key: 'person28@contoso.com' }, seen: { as: 'other.name@contoso.com' } }]);

  // One that was confirmed gone stands there again: its order is opened again.
  writeFileSync(join(world.folder, 'users.csv'), csvOf([...second, person(1)]));
  const third = await run(world, 2, 'removals', 'confirm');
  expect(keysOf(third.returned)).toEqual(['person1@contoso.com']);
  expect(await run(world, 0, 'removals', 'send')).toMatchObject({ ordered: 0, reopened: 1 });

  // Run again, nothing changes.
  const before = await run(world, 0, 'removals', 'list');
  const again = await run(world, 0, 'removals', 'confirm');
  expect(again).toMatchObject({ confirmed: [], returned: [] });
  expect(await run(world, 0, 'removals', 'send')).toMatchObject({ ordered: 0, reopened: 0, found: 0 });
  const after = await run(world, 0, 'removals', 'list');
  expect(after.counts).toEqual(before.counts);
  expect(after.counts).toEqual({ ordered: 11, confirmed: 19 });

  // Taken once more, the decisions mean those who are there; of the one that was renamed, what is ordered already.
  const last = await run(world, 2, 'removals', 'deny', join(world.folder, 'decisions.csv'));
  expect([last.added, last.known, last.unfound.length]).toEqual([[], 11, 19]);
  expect((await run(world, 0, 'removals', 'list')).counts).toEqual(after.counts);

  // Every change stands in the record, and the record is whole.
  expect(await verifyChain(evidenceOf(world))).toMatchObject({ whole: true });
  const found: string[] = [];
  const confirmed: string[] = [];
  for await (const { kind, data } of readEvidence(evidenceOf(world))) {
    if (kind === 'removalFound') found.push((data as Removal).id);
    const change = data as { removal: string; state: string };
    if (kind === 'removalChanged' && change.state === 'confirmed') confirmed.push(change.removal);
  }
  expect(new Set(found).size).toBe(30);
  expect(found).toHaveLength(30);
  expect(confirmed).toHaveLength(20);
});
