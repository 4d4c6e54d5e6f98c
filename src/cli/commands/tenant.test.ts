import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeClientCertificate } from '../../../test/support/certificate.ts';
import type { Io } from '../io.ts';
import { tenantAdvance, tenantSeed, tenantStart, tenantStats } from './tenant.ts';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
};

/** What a command prints, and a way to interrupt it. */
const terminal = () => {
  const stop = new AbortController();
  const printed: string[] = [];
  const told: string[] = [];
  let onPrint = (): void => undefined;
  const firstPrint = new Promise<void>((resolve) => {
    onPrint = resolve;
  });
  const io: Io = {
    out: (text) => {
      printed.push(text);
      onPrint();
    },
    err: (text) => told.push(text),
    signal: stop.signal,
    env: {},
    interactive: false,
    isRead: () => true,
    taken: async () => undefined,
    started: 'rollcall',
  };
  return { io, printed, told, firstPrint, stop: () => stop.abort(new Error('stopped')) };
};

/** A tenant as `tenant start` runs it, and the file that its line was put into. */
const running = async (options: Partial<Parameters<typeof tenantStart>[0]> = {}) => {
  const { io, printed, told, firstPrint, stop } = terminal();
  const ended = tenantStart({ port: 0, ...options }, io);
  await Promise.race([firstPrint, ended]);
  const directory = join(folder(), 'connection.json');
  writeFileSync(directory, printed.join(''));
  return { directory, printed, told, stop, ended };
};

test('start prints one JSON line, serves until interrupted, and ends with 0', async () => {
  const { printed, told, stop, ended } = await running({ generate: 5 });
  expect(printed).toHaveLength(1);
  expect(printed[0]!.split('\n')).toHaveLength(2);
  const line = JSON.parse(printed[0]!);
  expect(Object.keys(line)).toEqual(['graph', 'authority', 'tenantId', 'clientId', 'clientSecret', 'throttle']);
  expect(line.graph).toBe(`${line.authority}/v1.0`);
  expect((await fetch(`${line.authority}/_tenant/stats`)).ok).toBe(true);
  stop();
  expect(await ended).toBe(0);
  expect(told).toEqual([]);
  await expect(fetch(`${line.authority}/_tenant/stats`)).rejects.toThrow();
});

test('a running tenant takes users from NDJSON and CSV, moves its clock and tells its counts', async () => {
  const { directory, stop, ended } = await running();
  const [ndjson, csv] = ['users.ndjson', 'users.csv'].map((name) => join(folder(), name)) as [string, string];
  writeFileSync(ndjson, '{"userPrincipalName":"ana@contoso.com"}\n');
  writeFileSync(csv, 'userPrincipalName,displayName\nbo@contoso.com,Bo\ncy@contoso.com,Cy\n');
  const json = terminal();
  const asJson = { directory, output: 'json' } as const;
  expect(await tenantSeed({ ...asJson, users: ndjson }, json.io)).toBe(0);
  expect(await tenantSeed({ ...asJson, users: csv }, json.io)).toBe(0);
  expect(json.printed.map((text) => JSON.parse(text))).toEqual([{ added: 1 }, { added: 2 }]);

  const text = terminal();
  expect(await tenantAdvance({ directory, output: 'text', duration: 'P14D' }, text.io)).toBe(0);
  expect(await tenantStats({ directory, output: 'text' }, text.io)).toBe(0);
  const inTwoWeeks = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  expect(text.printed[0]).toContain(inTwoWeeks);
  expect(text.printed[1]).toMatch(/^requests {2}0\n/);
  stop();
  await ended;
});

test('over TLS, the line names the authority, and the other commands trust it', async () => {
  const { directory, printed, stop, ended } = await running({ tls: true, grant: [] });
  const line = JSON.parse(printed[0]!);
  expect(Object.keys(line)).toEqual([
    'graph',
    'authority',
    'tenantId',
    'clientId',
    'clientSecret',
    'caFile',
    'throttle',
  ]);
  expect(line.graph).toMatch(/^https:/);
  const json = terminal();
  expect(await tenantStats({ directory, output: 'json' }, json.io)).toBe(0);
  expect(JSON.parse(json.printed[0]!)).toMatchObject({ requests: 0 });
  stop();
  expect(await ended).toBe(0);
});

test('start takes who administers, and what the client signs in with', async () => {
  const { certificate } = await makeClientCertificate();
  const [pem, federated] = ['client.pem', 'federated.json'].map((name) => join(folder(), name)) as [string, string];
  writeFileSync(pem, certificate);
  writeFileSync(federated, '[{"issuer":"https://issuer.example.com","subject":"s","keys":[]}]');
  const { printed, stop, ended } = await running({
    admin: ['admin@contoso.com=User Administrator,Global Reader'],
    clientCertificate: [pem],
    federated,
    managedIdentity: true,
  });
  const { authority } = JSON.parse(printed[0]!);
  expect(await (await fetch(`${authority}/devicelogin`)).text()).toContain('value="admin@contoso.com"');
  expect((await fetch(`${authority}/metadata/identity/oauth2/token`)).status).toBe(400);
  stop();
  await ended;
});

test.each([
  ['an administrator without a role', { admin: ['admin@contoso.com'] }, /--admin/],
  ['a role that there is not', { admin: ['admin@contoso.com=King'] }, /King: no such role/],
  ['a certificate that is not there', { clientCertificate: ['not-there.pem'] }, /not-there\.pem/],
  ['federated credentials that are no list', { federated: 'package.json' }, /no list of federated credentials/],
  ['a permission that there is not', { grant: ['User.Raed.All'] }, /User\.Raed\.All: no such permission/],
])('start tells of %s', async (_, options, message) => {
  const started = tenantStart({ port: 0, ...options }, terminal().io);
  await expect(started).rejects.toMatchObject({ message: expect.stringMatching(message) });
});

test.each([
  ['a users file that is not there', 'not-there.csv', undefined, /not-there\.csv/],
  ['a line that is no user', 'users.ndjson', '{"x"', /users\.ndjson:1/],
])('seed tells of %s', async (_, name, content, message) => {
  const { directory, stop, ended } = await running();
  const users = join(folder(), name);
  if (content !== undefined) writeFileSync(users, content);
  await expect(tenantSeed({ directory, output: 'text', users }, terminal().io)).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringMatching(message),
  });
  stop();
  await ended;
});

test('what the tenant refuses is told with its reason', async () => {
  const { directory, stop, ended } = await running();
  const wrong = tenantAdvance({ directory, output: 'text', duration: 'tomorrow' }, terminal().io);
  await expect(wrong).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('ISO 8601') });
  stop();
  await ended;
  const gone = tenantStats({ directory, output: 'text' }, terminal().io);
  await expect(gone).rejects.toMatchObject({ message: expect.stringMatching(/No tenant answers/) });
});

test('a connection file that is none is told apart from a tenant that is gone', async () => {
  const directory = join(folder(), 'connection.json');
  const stats = () => tenantStats({ directory, output: 'text' }, terminal().io);
  await expect(stats()).rejects.toMatchObject({ exitCode: 64, message: expect.stringContaining('connection.json') });
  writeFileSync(directory, '{}');
  await expect(stats()).rejects.toMatchObject({ exitCode: 64, message: expect.stringContaining('authority') });
});

test('a port that is taken, and a users file that cannot be read, are told with what to do', async () => {
  const { printed, stop, ended } = await running();
  const port = Number(new URL(JSON.parse(printed[0]!).authority).port);
  await expect(tenantStart({ port }, terminal().io)).rejects.toMatchObject({
    remedy: expect.stringContaining('--port 0'),
  });
  await expect(tenantStart({ port: 0, users: 'not-there.ndjson' }, terminal().io)).rejects.toMatchObject({
    message: expect.stringContaining('not-there.ndjson'),
  });
  stop();
  await ended;
});
