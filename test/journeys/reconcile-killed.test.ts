// Killed while it reconciles, at its requests and between its records, and run again: the same removals, the same
// differences, and evidence that is whole.
import { cpSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEvidence, verifyChain } from '../../src/evidence/verify.ts';
import type { Removal } from '../../src/model/removal.ts';
import { rollcallHere } from './support/in-process.ts';
import { change, emptyWorld, readAll, startCommand, temporaryFolder, type World } from './support/world.ts';

const PEOPLE = 330;
/** More than are recorded and saved together. */
const DENIED = 250;
const STAYING = 12;

const CONFIGURATION = [
  'application: CORPDB1',
  'directory: local',
  'source: { csv: { path: users.csv } }',
  'accounts: { ends: Until }',
  'match:',
  '  - { column: EMail, attribute: userPrincipalName }',
  '  - { column: EmployeeId, attribute: employeeId }',
  'guards: { maxShrinkShare: 0.9 }',
  'removals: { channel: { csv: { folder: orders } } }',
].join('\n');

const mailOf = (n: number): string => `person${n}@contoso.com`;

const csvOf = (numbers: readonly number[], mailIn: (n: number) => string, untilOf: (n: number) => string): string =>
  ['EMail,EmployeeId,Until', ...numbers.map((n) => `${mailIn(n)},${1000 + n},${untilOf(n)}`)].join('\n');

const all = Array.from({ length: PEOPLE }, (_, index) => index + 1);

/** Refused and ordered; then most of it is gone, one came back under another address, one has ended, two were taken away. */
const prepared = async (onRequest: () => void): Promise<World> => {
  const directory = join(temporaryFolder(), 'directory.ndjson');
  const users = all.map((n) => ({
    userPrincipalName: mailOf(n),
    displayName: `Person ${n}`,
    mailNickname: `person${n}`,
    employeeId: String(1000 + n),
    accountEnabled: true,
  }));
  writeFileSync(directory, users.map((user) => JSON.stringify(user)).join('\n'));
  const files = {
    'rollcall.yaml': CONFIGURATION,
    'users.csv': csvOf(all, mailOf, () => ''),
    'decisions.csv': [
      'user,decision,by,reason',
      ...all.slice(0, DENIED).map((n) => `${mailOf(n)},Deny,owner@contoso.com,left`),
    ].join('\n'),
  };
  const world = await emptyWorld(files, 'reconcile-killed', {
    users: directory,
    onExchange: (_, at) => {
      if (at === 'received') onRequest();
    },
  });
  const here = async (status: number, ...args: readonly string[]) =>
    expect(await rollcallHere(world.folder, ...args)).toMatchObject({ status });
  await here(0, 'run', '--yes');
  await here(0, 'reconcile');
  await here(2, 'removals', 'deny', join(world.folder, 'decisions.csv'));
  await here(0, 'removals', 'send');
  const staying = all.slice(DENIED - STAYING);
  writeFileSync(
    join(world.folder, 'users.csv'),
    csvOf(
      staying,
      (n) => (n === DENIED ? 'renamed@contoso.com' : mailOf(n)),
      (n) => (n === PEOPLE ? '2026-01-31' : ''),
    ),
  );
  for (const n of [PEOPLE - 1, PEOPLE - 2]) {
    const user = (await change(world.tenant, 'GET', `/users/${mailOf(n)}`)) as { id: string };
    const [assignment] = await readAll(world.tenant, `/users/${user.id}/appRoleAssignments`);
    await change(world.tenant, 'DELETE', `/users/${user.id}/appRoleAssignments/${assignment!['id']}`);
  }
  return world;
};

const evidenceIn = (folder: string): string => {
  const place = join(folder, '.rollcall', 'evidence');
  return join(place, readdirSync(place)[0]!);
};

/** Calls `strike` as soon as a record of the kind is added; answers what ends the watching. */
const atRecord = (kind: string, folder: string, strike: () => void): (() => void) => {
  const file = evidenceIn(folder);
  const from = statSync(file).size;
  const watcher = watch(file, () => {
    if (readFileSync(file).subarray(from).includes(`"kind":"${kind}"`)) strike();
  });
  return () => watcher.close();
};

const reconciledIn = async (folder: string) => {
  const { status, out, err } = await rollcallHere(folder, 'reconcile', '--output', 'json');
  expect({ status, err }).toMatchObject({ status: 2 });
  const { removals, differences, disabled, left, directory, unordered } = JSON.parse(out);
  const confirmed = removals.confirmed.map(({ id }: Removal) => id).sort();
  return { confirmed, differences, disabled, left, directory, unordered };
};

/** The removals without the moments at which this machine did something. */
const removalsIn = async (folder: string) => {
  const { out } = await rollcallHere(folder, 'removals', 'list', '--output', 'json');
  const { removals } = JSON.parse(out) as { removals: readonly Removal[] };
  return removals
    .map(({ id, account, role, cause, state, order, seen, confirmedBy }) => ({
      ...{ id, key: account.key, role, cause, state, order },
      seen: seen && { roster: seen.roster, isThere: seen.isThere, as: seen.as },
      confirmedBy: confirmedBy?.roster,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
};

test('killed while it reconciles and run again, the same removals, the same differences, and whole evidence', {
  timeout: 600_000,
}, async () => {
  let onRequest = () => {};
  const world = await prepared(() => onRequest());
  const copy = (): string => {
    const folder = temporaryFolder();
    cpSync(world.folder, folder, { recursive: true });
    return folder;
  };
  const writes = await world.writes();

  let requests = 0;
  onRequest = () => {
    requests += 1;
  };
  const undisturbed = copy();
  const said = await reconciledIn(undisturbed);
  onRequest = () => undefined;
  // Once more: a roster is too old to tell of what was found by it.
  await reconciledIn(undisturbed);
  const expected = { said, removals: await removalsIn(undisturbed) };
  expect(Map.groupBy(expected.removals, ({ state }) => state).get('confirmed')).toHaveLength(DENIED - STAYING);
  expect(expected.removals.filter(({ cause }) => cause.kind !== 'denied')).toHaveLength(3);

  const strikes: readonly (number | string)[] = [
    ...[0.2, 0.4, 0.6, 0.8, 1].map((share) => Math.ceil(share * requests)),
    ...['collected', 'matched', 'removalFound', 'removalChanged', 'removalsFollowed'],
  ];
  for (const at of strikes) {
    const folder = copy();
    let heard = 0;
    let pid = 0;
    const strike = () => void process.kill(pid, 'SIGKILL');
    onRequest = () => {
      heard += 1;
      if (heard === at) strike();
    };
    const stopWatching = typeof at === 'string' ? atRecord(at, folder, strike) : () => undefined;
    const running = startCommand(folder, ['reconcile', '--directory', 'connection.json']);
    pid = running.pid;
    const { signal } = await running.ended;
    stopWatching();
    onRequest = () => undefined;
    expect({ at, signal }).toEqual({ at, signal: 'SIGKILL' });

    expect({ at, ...(await reconciledIn(folder)) }).toEqual({ at, ...expected.said });
    await reconciledIn(folder);
    expect({ at, removals: await removalsIn(folder) }).toEqual({ at, removals: expected.removals });
    expect(await verifyChain(evidenceIn(folder))).toMatchObject({ whole: true });
    // What was recorded and not kept is recorded again; no removal lacks its record.
    const found = new Set<string>();
    for await (const { kind, data } of readEvidence(evidenceIn(folder)))
      if (kind === 'removalFound') found.add((data as Removal).id);
    expect([...found].sort()).toEqual(expected.removals.map(({ id }) => id));
  }
  expect(await world.writes()).toBe(writes);
});
