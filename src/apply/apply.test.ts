import { expect, test } from 'vitest';
import { answered, applyInput, directoryOf, done, failed, scriptedWriter } from '../../test/support/directory.ts';
import type { Application, AppRole, ServicePrincipal } from '../model/directory.ts';
import type { Action, ActionResult, PrincipalRef } from '../model/plan.ts';
import { applySteps } from './apply.ts';

const role: AppRole = {
  id: 'r',
  displayName: 'General',
  description: '',
  value: 'General',
  isEnabled: true,
  allowedMemberTypes: ['User'],
};
const application: Application = {
  id: 'a',
  appId: 'app',
  displayName: 'CORPDB1',
  uniqueName: 'corpdb1',
  appRoles: [role],
  tags: [],
};
const servicePrincipal: ServicePrincipal = {
  id: 'sp',
  appId: 'app',
  displayName: 'CORPDB1',
  appRoles: [role],
  tags: [],
  appRoleAssignmentRequired: true,
};
const user = (n: number): Action => ({ n, kind: 'createUser', row: n, properties: { userPrincipalName: `p${n}` } });
const assign = (n: number, principal: PrincipalRef): Action => ({
  n,
  kind: 'assign',
  row: n,
  principal,
  principalName: `p${n}`,
  roleId: 'r',
  roleName: 'General',
});
const all = async (results: AsyncIterable<ActionResult>): Promise<ActionResult[]> => {
  const list: ActionResult[] = [];
  for await (const result of results) list.push(result);
  return list;
};
const found = { application, servicePrincipal };

test('assignments wait until all users are made, and go to them', async () => {
  const writer = scriptedWriter((write) =>
    done(write.kind === 'createUser' ? `made ${String(write.properties['userPrincipalName'])}` : 'assigned'),
  );
  const actions = [user(1), user(2), user(3), assign(4, { createdBy: 3 }), assign(5, { user: 'known' })];
  const results = await all(applySteps(applyInput({ actions, found, writer })));
  expect(results.map(({ n, status }) => [n, status])).toEqual([1, 2, 3, 4, 5].map((n) => [n, 'done']));
  expect(writer.calls.map((call) => call.map(({ kind }) => kind))).toEqual([
    ['createUser', 'createUser', 'createUser'],
    ['assign', 'assign'],
  ]);
  expect(writer.calls[1]).toMatchObject([{ principalId: 'made p3' }, { principalId: 'known' }]);
});

test('what needs a user who could not be made is not tried, and the rest is done', async () => {
  const refusal = answered('refused', failed(400, 'Request_BadRequest'));
  const writer = scriptedWriter((write) =>
    write.kind === 'createUser' && write.properties['userPrincipalName'] === 'p1' ? refusal : done('x'),
  );
  const actions = [user(1), user(2), assign(3, { createdBy: 1 }), assign(4, { createdBy: 2 })];
  const results = await all(applySteps(applyInput({ actions, found, writer })));
  expect(results.map(({ n, status }) => [n, status])).toEqual([
    [1, 'refused'],
    [2, 'done'],
    [3, 'notTried'],
    [4, 'done'],
  ]);
  expect(results[2]!.reason).toBe('the user p3 could not be created');
});

test('every action has one result, in whatever order the requests come back', async () => {
  const actions = Array.from({ length: 95 }, (_, i) => assign(i + 1, { user: `u${i}` }));
  let call = 0;
  const writer = scriptedWriter(async () => {
    call += 1;
    await new Promise((resolve) => setTimeout(resolve, call % 20 === 1 ? 20 : 0));
    return done('x');
  }, 10);
  const results = await all(applySteps(applyInput({ actions, found, writer })));
  expect(results.map(({ n }) => n).sort((a, b) => a - b)).toEqual(actions.map(({ n }) => n));
  expect(writer.calls).toHaveLength(10);
});

test('roles that the application declares, but its service principal does not show yet, are waited for once', async () => {
  let looks = 0;
  const directory = directoryOf({
    findServicePrincipal: async () => {
      looks += 1;
      return looks < 3 ? { ...servicePrincipal, appRoles: [] } : servicePrincipal;
    },
  });
  const late = { application, servicePrincipal: { ...servicePrincipal, appRoles: [] } };
  const actions = [assign(1, { user: 'a' }), assign(2, { user: 'b' })];
  const input = applyInput({ actions, found: late, directory });
  expect((await all(applySteps(input))).map(({ status }) => status)).toEqual(['done', 'done']);
  expect(looks).toBe(3);

  looks = -100;
  const never = applyInput({ actions, found: late, directory, lagLimitMs: 5000 });
  expect((await all(applySteps(never))).map(({ status }) => status)).toEqual(['notTried', 'notTried']);
  expect(never.clock.slept).toEqual([500, 1000, 2000, 1500]);
});

test('when one request fails for good, those under way come to their end and are recorded before it is told', async () => {
  const actions = Array.from({ length: 4 }, (_, i) => assign(i + 1, { user: `u${i + 1}` }));
  const recorded: string[] = [];
  const writer = scriptedWriter(async (write) => {
    if (write.kind === 'assign' && write.principalId === 'u1') throw new Error('signed out');
    await new Promise((resolve) => setTimeout(resolve, 30));
    return done('x');
  }, 1);
  const record = (kind: string, data: unknown) => void recorded.push(`${kind} ${JSON.stringify(data)}`);
  await expect(all(applySteps(applyInput({ actions, found, writer, record })))).rejects.toThrow('signed out');
  expect(writer.calls).toHaveLength(4);
  expect(recorded.filter((text) => text.startsWith('written'))).toHaveLength(3);
});

test('after an abort nothing more is sent', async () => {
  const stop = new AbortController();
  const writer = scriptedWriter(() => {
    stop.abort();
    return done('x');
  });
  const actions = [user(1), assign(2, { createdBy: 1 })];
  const results = await all(applySteps(applyInput({ actions, found, writer, signal: stop.signal })));
  expect(results.map(({ status }) => status)).toEqual(['done', 'notTried']);
});
