import { expect, test } from 'vitest';
import { answer, answerItems, itemsOf, scriptedGraph } from '../../test/support/graph.ts';
import type { DirectoryWrite } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import type { Answer, Call } from './call.ts';
import { write } from './write.ts';

const createUser: DirectoryWrite = {
  kind: 'createUser',
  properties: {
    accountEnabled: false,
    displayName: 'Ana Ruiz',
    mailNickname: 'ana.ruiz',
    userPrincipalName: 'ana.ruiz@contoso.com',
    extensionAttribute3: 'A-17',
  },
  password: 'S3cret-marked-password',
};
const createApplication: DirectoryWrite = {
  kind: 'createApplication',
  uniqueName: "corp'db&1",
  properties: { displayName: 'CORPDB1', tags: ['WindowsAzureActiveDirectoryIntegratedApp'] },
};
const createServicePrincipal: DirectoryWrite = { kind: 'createServicePrincipal', appId: 'app' };
const assign: DirectoryWrite = { kind: 'assign', servicePrincipalId: 'sp', principalId: 'user', appRoleId: 'role' };
const requireAssignment: DirectoryWrite = { kind: 'requireAssignment', servicePrincipalId: 'sp' };

const refusal = (status: number, code: string, message: string, details?: unknown): Answer =>
  answer(status, { error: { code, message, ...(details !== undefined && { details }) } }, { 'request-id': 'r1' });

const one = async (change: DirectoryWrite, reply: (call: Call) => Answer) => {
  const graph = scriptedGraph(reply);
  const [result] = await write(graph, [change]);
  return { result: result!, sent: graph.sent };
};

test('a user is created with the extension attributes where Graph keeps them', async () => {
  const { result, sent } = await one(createUser, () => answer(201, { id: 'u1' }, { 'request-id': 'r1' }));
  expect(result).toEqual({ status: 'done', httpStatus: 201, id: 'u1', requestId: 'r1' });
  expect(sent[0]).toMatchObject({ method: 'POST', path: '/users' });
  expect(sent[0]!.body).toEqual({
    accountEnabled: false,
    displayName: 'Ana Ruiz',
    mailNickname: 'ana.ruiz',
    userPrincipalName: 'ana.ruiz@contoso.com',
    onPremisesExtensionAttributes: { extensionAttribute3: 'A-17' },
    passwordProfile: { forceChangePasswordNextSignIn: true, password: 'S3cret-marked-password' },
  });
});

test('an application is registered under its unique name, which cannot change the address', async () => {
  const { sent, result } = await one(createApplication, () => answer(201, { id: 'a1' }));
  expect(result).toMatchObject({ status: 'done', id: 'a1' });
  expect(sent[0]).toMatchObject({
    method: 'PATCH',
    path: "/applications(uniqueName='corp''db%261')",
    headers: { Prefer: 'create-if-missing' },
  });
});

test('an application that was there already is read for its id', async () => {
  const { result, sent } = await one(createApplication, ({ method }) =>
    method === 'PATCH' ? answer(204) : answer(200, { id: 'a1', appId: 'x' }),
  );
  expect(result).toMatchObject({ status: 'done', id: 'a1' });
  expect(sent.map(({ method }) => method)).toEqual(['PATCH', 'GET']);
});

test('an application that reads do not show yet is done all the same', async () => {
  const missing = refusal(404, 'Request_ResourceNotFound', 'not there');
  const { result } = await one(createApplication, ({ method }) => (method === 'PATCH' ? answer(204) : missing));
  expect(result).toEqual({ status: 'done', httpStatus: 204 });
});

test('roles are sent without what Graph alone sets', async () => {
  const role = {
    id: 'r',
    displayName: 'General',
    description: 'General',
    value: null,
    isEnabled: true,
    allowedMemberTypes: ['User'],
  };
  const { sent } = await one(
    { kind: 'setAppRoles', applicationId: 'a1', appRoles: [{ ...role, origin: 'Application' } as typeof role] },
    () => answer(204),
  );
  expect(sent[0]).toMatchObject({ method: 'PATCH', path: '/applications/a1', body: { appRoles: [role] } });
  expect(JSON.stringify(sent[0]!.body)).not.toContain('origin');
});

test('several writes go in one envelope and are answered in their order', async () => {
  const graph = scriptedGraph((call) =>
    answerItems(call, ({ url }) =>
      url === '/users' ? { status: 201, body: { id: 'u1' } } : { status: 201, body: { id: 'x1' } },
    ),
  );
  expect(await write(graph, [assign, createUser, assign])).toEqual([
    { status: 'done', httpStatus: 201, id: 'x1' },
    { status: 'done', httpStatus: 201, id: 'u1' },
    { status: 'done', httpStatus: 201, id: 'x1' },
  ]);
  expect(itemsOf(graph.sent[0]!)[0]).toMatchObject({
    url: '/servicePrincipals/sp/appRoleAssignedTo',
    body: { principalId: 'user', resourceId: 'sp', appRoleId: 'role' },
  });
});

const conflict = [{ code: 'ObjectConflict', target: 'userPrincipalName', message: '…' }];

test.each([
  ['a name that is taken', createUser, refusal(400, 'Request_BadRequest', 'Another object …', conflict), 'exists'],
  [
    'a name that is taken, told without details',
    createUser,
    refusal(
      400,
      'Request_BadRequest',
      'Another object with the same value for property userPrincipalName already exists.',
    ),
    'exists',
  ],
  ['an unverified domain', createUser, refusal(400, 'Request_BadRequest', 'domain portion … is invalid'), 'refused'],
  ['a missing permission', createUser, refusal(403, 'Authorization_RequestDenied', 'Insufficient'), 'refused'],
  [
    'an assignment that is there',
    assign,
    refusal(400, 'Request_BadRequest', 'Permission being assigned already exists on the object'),
    'exists',
  ],
  [
    'an assignment that is there, in the newer words',
    assign,
    refusal(400, 'Request_BadRequest', 'EntitlementGrant entry already exists.'),
    'exists',
  ],
  ['a conflict', assign, refusal(409, 'Conflict', 'x'), 'exists'],
  ['a principal not seen yet', assign, refusal(404, 'Request_ResourceNotFound', "Resource 'x' does not"), 'notYet'],
  [
    'a role not seen yet',
    assign,
    refusal(400, 'Request_BadRequest', 'Permission being assigned was not found on application x'),
    'notYet',
  ],
  ['a wrong resource', assign, refusal(400, 'Request_BadRequest', 'Not a valid reference update.'), 'refused'],
  [
    'an application not seen yet',
    createServicePrincipal,
    refusal(400, 'Request_BadRequest', 'The appId …', [{ code: 'NoBackingApplicationObject' }]),
    'notYet',
  ],
  ['a second service principal', createServicePrincipal, refusal(409, 'Request_Conflict', 'x'), 'exists'],
  ['an object not seen yet', requireAssignment, refusal(404, 'Request_ResourceNotFound', 'x'), 'notYet'],
  ['a conflict on a change', requireAssignment, refusal(409, 'Conflict', 'x'), 'refused'],
  ['an unknown address', createUser, refusal(404, 'Request_ResourceNotFound', 'x'), 'refused'],
  ['a gateway that gave up', createUser, refusal(504, 'GatewayTimeout', 'x'), 'unknown'],
  ['a service that failed', assign, refusal(500, 'InternalServerError', 'x'), 'unknown'],
  ['throttling that did not end', assign, refusal(429, 'TooManyRequests', 'x'), 'unknown'],
  ['an operation that is not there', assign, refusal(501, 'NotImplemented', 'x'), 'refused'],
  ['a page of a proxy', createUser, answer(200, '<html>'), 'unknown'],
] as const)('%s: %#', async (_, change, reply, status) => {
  const { result } = await one(change, () => reply);
  expect(result.status).toBe(status);
});

test('a write without an answer is unknown, alone and in an envelope', async () => {
  const graph = scriptedGraph(() => {
    throw new DirectoryError({ status: 0, code: 'ECONNRESET', message: 'lost' });
  });
  expect((await write(graph, [createUser])).map(({ status }) => status)).toEqual(['unknown']);
  expect((await write(graph, [createUser, assign])).map(({ status }) => status)).toEqual(['unknown', 'unknown']);
});

test('no result holds the password, whatever the directory says', async () => {
  const { result } = await one(createUser, () =>
    refusal(400, 'Request_BadRequest', 'The password S3cret-marked-password does not comply'),
  );
  expect(JSON.stringify(result)).not.toContain('S3cret-marked-password');
  expect(JSON.stringify(result)).toContain('The password (password) does not comply');
});

test('a missing permission is named', async () => {
  const { result } = await one(assign, () => refusal(403, 'Authorization_RequestDenied', 'Insufficient privileges'));
  expect(result).toMatchObject({
    failure: {
      request: 'POST /servicePrincipals/{id}/appRoleAssignedTo',
      requestId: 'r1',
      remedy: expect.stringContaining('AppRoleAssignment.ReadWrite.All and Application.Read.All'),
    },
  });
});
