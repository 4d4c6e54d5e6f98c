// What a tenant keeps between starts, and what it starts with.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { clientOf, newUser, person, ROLE_A, register, startClient } from './support.ts';

const SERVER = new URL('../../../src/tenant/server.ts', import.meta.url).href;

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
};

test('the same file opened again is the same tenant, with all that it had', async () => {
  const data = join(folder(), 'tenant.db');
  const first = await startTenant({ data, generate: 20 });
  const client = await clientOf(first);
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  const { principalId } = await register(client);
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  await client.post(list, { principalId: id, resourceId: principalId, appRoleId: ROLE_A });
  const { now } = await client.control('POST', 'clock', { advance: 'P3D' });
  const later = await clientOf(first);
  const users = await later.all('/users');
  await first.close();

  const again = await clientOf(await startTenant({ data, generate: 500, users: join(folder(), 'not-there.ndjson') }));
  onTestFinished(() => again.tenant.close());
  expect(again.tenant).toMatchObject({ tenantId: first.tenantId, clientId: first.clientId });
  expect(await again.all('/users')).toEqual(users);
  expect(await again.all(list)).toHaveLength(1);
  expect(Date.parse(String((await again.control('GET', 'clock'))['now']))).toBeGreaterThanOrEqual(
    Date.parse(String(now)),
  );
});

test('users come from lines of JSON', async () => {
  const users = join(folder(), 'users.ndjson');
  writeFileSync(
    users,
    `\uFEFF${JSON.stringify(person('ana', { city: 'São Paulo' }))}\r\n\n${JSON.stringify(person('bo'))}`,
  );
  const client = await startClient({ users });
  expect((await client.all('/users?$select=displayName,city')).map(({ city }) => city)).toEqual(['São Paulo', null]);
});

test('users come from CSV with Graph’s property names', async () => {
  const users = join(folder(), 'users.csv');
  writeFileSync(
    users,
    [
      'userPrincipalName,displayName,accountEnabled,otherMails,extensionAttribute3',
      'ana@contoso.com,"Ruiz, Ana",FALSE,a@example.com; b@example.com,x',
      'bo@contoso.com,Bo,true,,',
    ].join('\r\n'),
  );
  const client = await startClient({ users });
  const select = '$select=displayName,accountEnabled,otherMails,onPremisesExtensionAttributes';
  expect(await client.all(`/users?${select}`)).toEqual([
    {
      displayName: 'Ruiz, Ana',
      accountEnabled: false,
      otherMails: ['a@example.com', 'b@example.com'],
      onPremisesExtensionAttributes: { extensionAttribute3: 'x' },
    },
    { displayName: 'Bo', accountEnabled: true, otherMails: [], onPremisesExtensionAttributes: null },
  ]);
});

test.each([
  ['a line that is no JSON', '{"userPrincipalName":"ana@contoso.com"}\n{"x', /users\.ndjson:2/],
  ['a line that is no object', '[]', /users\.ndjson:1/],
  ['a user without a name', '{"displayName":"Ana"}', /userPrincipalName/],
  ['an unknown property', '{"userPrincipalName":"ana@contoso.com","nonsense":1}', /nonsense/],
  [
    'two users of one name',
    '{"userPrincipalName":"ana@contoso.com"}\n{"userPrincipalName":"ANA@contoso.com"}',
    /ana@contoso\.com.*twice/i,
  ],
])('a file with %s is refused, and a later start begins anew', async (_, text, message) => {
  const place = folder();
  const [users, data] = [join(place, 'users.ndjson'), join(place, 'tenant.db')];
  writeFileSync(users, text);
  await expect(startTenant({ data, users })).rejects.toThrow(message);
  writeFileSync(users, JSON.stringify(person('bo')));
  const client = await startClient({ data, users });
  expect((await client.all('/users')).map(({ displayName }) => displayName)).toEqual(['bo']);
});

test.each(['users.ndjson', 'users.csv'])('a file that is not there is named: %s', async (name) => {
  const users = join(folder(), name);
  await expect(startTenant({ users })).rejects.toThrow(name);
});

test('a file of something else is left alone', async () => {
  const data = join(folder(), 'other.db');
  writeFileSync(data, 'this is no directory, and it is not empty either\n'.repeat(100));
  const size = statSync(data).size;
  await expect(startTenant({ data })).rejects.toThrow();
  expect(statSync(data).size).toBe(size);
});

test('a start that was killed half way leaves nobody behind', { timeout: 60_000 }, async () => {
  const data = join(folder(), 'tenant.db');
  const script = `
    const { startTenant } = await import(${JSON.stringify(SERVER)});
    await startTenant({ data: ${JSON.stringify(data)}, generate: 2_000_000 });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (existsSync(`${data}-wal`) && statSync(`${data}-wal`).size > 5_000_000) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const client = await startClient({ data, generate: 50 });
  expect((await client.advanced('/users/$count')).text).toBe('50');
  expect(await client.all('/users?$select=id')).toHaveLength(50);
});

test('a port that is taken is an error, and leaves no file locked', async () => {
  const { tenant } = await startClient();
  const data = join(folder(), 'tenant.db');
  const port = Number(new URL(tenant.authority).port);
  await expect(startTenant({ data, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const client = await startClient({ data });
  expect((await client.get('/users')).status).toBe(200);
});
