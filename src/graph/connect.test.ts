// The client against the local tenant, over HTTP.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AppRole, Directory, DirectoryWriter, LookupAnswer, UserLookup } from '../model/directory.ts';
import { startTenant } from '../tenant/server.ts';
import { connect } from './connect.ts';
import { credentialFor } from './sign-in.ts';

interface Connected {
  readonly directory: Directory & DirectoryWriter;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
}

const person = (n: number, more: Record<string, unknown> = {}) => ({
  accountEnabled: n % 10 !== 0,
  displayName: `Person ${n}`,
  mailNickname: `person${n}`,
  userPrincipalName: `person${n}@contoso.com`,
  mail: `person${n}@contoso.com`,
  employeeId: `E${n}`,
  ...more,
});

const tenantWith = async (users: readonly object[], name?: string): Promise<Connected> => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-graph-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const file = join(folder, 'users.ndjson');
  writeFileSync(file, users.map((user) => `${JSON.stringify(user)}\n`).join(''));
  const records = process.env['ROLLCALL_TEST_RECORD'];
  const tenant = await startTenant({
    users: file,
    ...(records && name && { record: join(records, `graph-${name}.ndjson`) }),
  });
  onTestFinished(() => tenant.close());
  const { graph, authority, tenantId, clientId, clientSecret } = tenant;
  const credential = await credentialFor(
    {
      kind: 'tenant',
      tenant: tenantId,
      graph,
      authority,
      signIn: { kind: 'clientSecret', clientId, secret: { env: 'SECRET' } },
      caFile: null,
    },
    { readSecret: async () => clientSecret, onMessage: () => {} },
  );
  return { directory: connect({ graph, credential }), authority, tenantId, clientId };
};

const script = (tenant: Connected, faults: readonly object[]) =>
  fetch(`${tenant.authority}/_tenant/faults`, { method: 'POST', body: JSON.stringify({ faults }) });

const find = async (directory: Directory, lookups: readonly UserLookup[], attributes = ['userPrincipalName']) => {
  const answers: LookupAnswer[] = [];
  for await (const answer of directory.findUsers(lookups, attributes)) answers.push(answer);
  answers.sort((a, b) => a.index - b.index);
  return answers.map((answer) =>
    'users' in answer ? answer.users.map((user) => String(user['userPrincipalName'])).sort() : answer.failure,
  );
};

test('a session knows who is signed in and where', async () => {
  const { directory, tenantId, clientId } = await tenantWith([]);
  expect(await directory.session()).toMatchObject({ kind: 'app', tenantId, clientId });
  expect((await directory.tenant()).tenantId).toBe(tenantId);
  expect((await directory.tenant()).verifiedDomains).toContain('contoso.com');
  expect((await directory.tenant()).ownDomains).not.toContain('contoso.onmicrosoft.com');
  expect(await directory.licences()).toMatchObject([{ status: 'Enabled', servicePlans: { length: 3 } }]);
  expect(Math.abs((await directory.clockSkew())!)).toBeLessThan(60_000);
});

test('users are found by every operator, odd values included', async () => {
  const odd = "o'neil+a&b#c%d";
  const { directory } = await tenantWith(
    [
      person(1, { otherMails: ['one@fabrikam.com'] }),
      person(2, { displayName: "Zoë O'Neil" }),
      person(3, { onPremisesSamAccountName: 'SAM3' }),
      person(4, { onPremisesExtensionAttributes: { extensionAttribute1: odd } }),
    ],
    'lookups',
  );
  const answers = await find(directory, [
    { attribute: 'userPrincipalName', operator: 'equals', values: ['PERSON1@contoso.com', 'nobody@contoso.com'] },
    { attribute: 'displayName', operator: 'startsWith', values: ['Zoë O', 'Person 3'] },
    { attribute: 'otherMails', operator: 'any', values: ['ONE@fabrikam.com'] },
    { attribute: 'onPremisesSamAccountName', operator: 'equals', values: ['sam3'] },
    { attribute: 'extensionAttribute1', operator: 'equals', values: [odd] },
    { filter: "employeeId eq 'E2' and accountEnabled eq true" },
    { attribute: 'displayName', operator: 'equals', values: ["' or 1 eq 1 or displayName eq '"] },
  ]);
  expect(answers).toEqual([
    ['person1@contoso.com'],
    ['person2@contoso.com', 'person3@contoso.com'],
    ['person1@contoso.com'],
    ['person3@contoso.com'],
    ['person4@contoso.com'],
    ['person2@contoso.com'],
    [],
  ]);
});

test('three hundred values go in one request, and cost a resource unit for fifteen', async () => {
  const { directory } = await tenantWith(
    Array.from({ length: 300 }, (_, n) => person(n)),
    'batch',
  );
  const lookups: UserLookup[] = Array.from({ length: 20 }, (_, lookup) => ({
    attribute: 'employeeId',
    operator: 'equals',
    values: Array.from({ length: 15 }, (_, n) => `e${lookup * 15 + n}`),
  }));
  const answers = await find(directory, lookups, ['userPrincipalName', 'accountEnabled']);
  expect(answers.flat()).toHaveLength(300);
  expect(directory.usage()).toEqual({ requests: 1, resourceUnits: 20, writes: 0, throttled: 0 });
});

test('a lookup that is refused fails by itself', async () => {
  const { directory } = await tenantWith([person(1)]);
  const answers = await find(directory, [
    { attribute: 'mail', operator: 'equals', values: ['person1@contoso.com'] },
    { filter: 'this is no filter' },
  ]);
  expect(answers[0]).toEqual(['person1@contoso.com']);
  expect(answers[1]).toMatchObject({ status: 400, request: 'GET /users' });
});

test('the whole directory is read to its end, and agrees with its count', async () => {
  const { directory } = await tenantWith(
    Array.from({ length: 2500 }, (_, n) => person(n)),
    'directory',
  );
  const names = new Set<unknown>();
  let pages = 0;
  for await (const page of directory.readUsers(['userPrincipalName', 'accountEnabled'])) {
    pages += 1;
    for (const user of page) names.add(user['userPrincipalName']);
  }
  expect(names.size).toBe(2500);
  expect(pages).toBe(3);
  expect(await directory.countUsers()).toBe(2500);
});

const role = (id: string, value: string): AppRole => ({
  id,
  displayName: value,
  description: value,
  value,
  isEnabled: true,
  allowedMemberTypes: ['User'],
});

test('an application is registered and its users assigned; doing it all again says that it is there', async () => {
  const { directory } = await tenantWith([person(1), person(2)], 'job');
  const uniqueName = "corp'db1";
  const register = { kind: 'createApplication', uniqueName, properties: { displayName: 'CORPDB1', tags: [] } } as const;
  expect(await directory.findApplicationByUniqueName(uniqueName)).toBeUndefined();
  const [made] = await directory.write([register]);
  const [again] = await directory.write([register]);
  expect(made).toMatchObject({ status: 'done' });
  expect(again).toMatchObject({ status: 'done', id: made!.status === 'done' && made!.id });
  const application = (await directory.findApplicationByUniqueName(uniqueName))!;
  expect(await directory.findApplicationByAppId(application.appId)).toEqual(application);
  expect(await directory.findApplicationsByName('CORPDB1')).toEqual([application]);

  const roles = [role(crypto.randomUUID(), 'General'), role(crypto.randomUUID(), 'Administrator')];
  await directory.write([{ kind: 'setAppRoles', applicationId: application.id, appRoles: roles }]);
  const principal = { kind: 'createServicePrincipal', appId: application.appId } as const;
  expect(await directory.write([principal])).toMatchObject([{ status: 'done' }]);
  expect(await directory.write([principal])).toMatchObject([{ status: 'exists' }]);
  const { id: servicePrincipalId } = (await directory.findServicePrincipal(application.appId))!;
  const settings = await directory.write([
    { kind: 'requireAssignment', servicePrincipalId },
    { kind: 'setTags', servicePrincipalId, tags: ['WindowsAzureActiveDirectoryIntegratedApp'] },
  ]);
  expect(settings).toMatchObject([{ status: 'done' }, { status: 'done' }]);
  expect(await directory.findServicePrincipal(application.appId)).toMatchObject({
    appRoleAssignmentRequired: true,
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
    appRoles: roles,
  });

  const [created] = await directory.write([
    {
      kind: 'createUser',
      properties: { ...person(3), accountEnabled: false, extensionAttribute2: 'x' },
      password: 'Marked-Passw0rd-1',
    },
  ]);
  expect(created).toMatchObject({ status: 'done' });
  const ids: string[] = [];
  for await (const page of directory.readUsers([])) ids.push(...page.map(({ id }) => id));
  const assign = ids.map((principalId) => ({
    kind: 'assign' as const,
    servicePrincipalId,
    principalId,
    appRoleId: roles[0]!.id,
  }));
  expect(new Set((await directory.write(assign)).map(({ status }) => status))).toEqual(new Set(['done']));
  const assigned: string[] = [];
  for await (const page of directory.assignments(servicePrincipalId))
    assigned.push(...page.map(({ principalId }) => principalId));
  expect(assigned.sort()).toEqual(ids.sort());
  const byId = await directory.findUsersById(ids, ['onPremisesExtensionAttributes']);
  expect(byId).toHaveLength(3);
  const events = await directory.auditEvents(servicePrincipalId, '2020-01-01T00:00:00Z');
  expect(events.length).toBeGreaterThan(0);
});

test('what is there already, and what is not there yet, is told apart from what is refused', async () => {
  const { directory } = await tenantWith([person(1)]);
  const [duplicate, elsewhere] = await directory.write([
    { kind: 'createUser', properties: person(1), password: 'Marked-Passw0rd-1' },
    {
      kind: 'createUser',
      properties: person(2, { userPrincipalName: 'person2@unverified.example' }),
      password: 'Marked-Passw0rd-1',
    },
  ]);
  expect(duplicate!.status).toBe('exists');
  expect(elsewhere!.status).toBe('refused');
  expect(await directory.write([{ kind: 'createServicePrincipal', appId: crypto.randomUUID() }])).toMatchObject([
    { status: 'notYet' },
  ]);
});

test('a second assignment of the same role is there already', async () => {
  const { directory } = await tenantWith([person(1)]);
  await directory.write([{ kind: 'createApplication', uniqueName: 'a', properties: { displayName: 'A', tags: [] } }]);
  const { id, appId } = (await directory.findApplicationByUniqueName('a'))!;
  const general = role(crypto.randomUUID(), 'General');
  await directory.write([{ kind: 'setAppRoles', applicationId: id, appRoles: [general] }]);
  await directory.write([{ kind: 'createServicePrincipal', appId }]);
  const { id: servicePrincipalId } = (await directory.findServicePrincipal(appId))!;
  const [user] = (await directory.readUsers([])[Symbol.asyncIterator]().next()).value!;
  const assign = { kind: 'assign', servicePrincipalId, principalId: user!.id, appRoleId: general.id } as const;
  expect(await directory.write([assign])).toMatchObject([{ status: 'done' }]);
  expect(await directory.write([assign])).toMatchObject([{ status: 'exists' }]);
  const unknown = { ...assign, appRoleId: crypto.randomUUID() };
  expect(await directory.write([unknown])).toMatchObject([{ status: 'notYet' }]);
  const nobody = { ...assign, principalId: crypto.randomUUID() };
  expect(await directory.write([nobody])).toMatchObject([{ status: 'notYet' }]);
});

test('items that are throttled are asked for again; a read whose reply is lost, too', async () => {
  const tenant = await tenantWith([person(1), person(2)]);
  await script(tenant, [
    { method: 'GET', path: 'person1', do: 'status', status: 429, retryAfter: 0.01 },
    { method: 'POST', path: '/\\$batch', nth: 2, do: 'dropReply' },
  ]);
  const answers = await find(tenant.directory, [
    { attribute: 'mail', operator: 'equals', values: ['person1@contoso.com'] },
    { attribute: 'mail', operator: 'equals', values: ['person2@contoso.com'] },
  ]);
  expect(answers).toEqual([['person1@contoso.com'], ['person2@contoso.com']]);
  expect(tenant.directory.usage()).toMatchObject({ requests: 3, throttled: 1 });
});

test('a write whose reply is lost is unknown, and is found to be there when it is sent again', async () => {
  const tenant = await tenantWith([]);
  await script(tenant, [{ method: 'POST', path: '/users', do: 'dropReply' }]);
  const create = { kind: 'createUser', properties: person(1), password: 'Marked-Passw0rd-1' } as const;
  expect(await tenant.directory.write([create])).toMatchObject([{ status: 'unknown' }]);
  expect(await tenant.directory.write([create])).toMatchObject([{ status: 'exists' }]);
});
