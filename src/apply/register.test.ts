import { expect, test } from 'vitest';
import { answered, applyInput, directoryOf, done, failed, scriptedWriter } from '../../test/support/directory.ts';
import type { Application, AppRole, ServicePrincipal } from '../model/directory.ts';
import { register, type Target } from './register.ts';

const TAG = 'WindowsAzureActiveDirectoryIntegratedApp';
const role = (id: string): AppRole => ({
  id,
  displayName: id,
  description: '',
  value: id,
  isEnabled: true,
  allowedMemberTypes: ['User'],
});
const application = (more: Partial<Application> = {}): Application => ({
  id: 'a',
  appId: 'app',
  displayName: 'CORPDB1',
  uniqueName: 'corpdb1',
  appRoles: [],
  tags: [],
  ...more,
});
const principal = (more: Partial<ServicePrincipal> = {}): ServicePrincipal => ({
  id: 'sp',
  appId: 'app',
  displayName: 'CORPDB1',
  appRoles: [],
  tags: [],
  appRoleAssignmentRequired: false,
  ...more,
});
const target = (more: Partial<Target> = {}): Target => ({ awaited: new Set(), ...more });

/** Answers the first time with nothing, as reads do that come too soon after a write. */
const shownLate = <T>(value: T) => {
  let looks = 0;
  return async (): Promise<T | undefined> => {
    looks += 1;
    return looks === 1 ? undefined : value;
  };
};

test('each step waits until the directory shows it, and hands on what it shows', async () => {
  const known = target();
  const directory = directoryOf({
    findApplicationByUniqueName: shownLate(application()),
    findServicePrincipal: shownLate(principal()),
  });
  const input = applyInput({ directory, writer: scriptedWriter(() => done('new')) });
  const create = {
    n: 1,
    kind: 'createApplication',
    uniqueName: 'corpdb1',
    displayName: 'CORPDB1',
    tags: [TAG],
  } as const;
  expect(await register(create, known, input)).toMatchObject({ status: 'done', id: 'a', requestId: 'request of new' });
  const enterprise = { n: 2, kind: 'createServicePrincipal', displayName: 'CORPDB1' } as const;
  expect(await register(enterprise, known, input)).toMatchObject({ status: 'done', id: 'sp' });
  expect(known).toMatchObject({ application: { appId: 'app' }, servicePrincipal: { id: 'sp' } });
  expect(input.clock.slept).toEqual([500, 500]);
  expect(input.recorded.map(({ kind }) => kind)).toEqual(['intended', 'written', 'intended', 'written']);
});

test('a write that came too early or without an answer is sent again', async () => {
  const writer = scriptedWriter((_, before) =>
    before === 0
      ? answered('notYet', failed(400, 'Request_BadRequest', 'NoBackingApplicationObject'))
      : before === 1
        ? answered('unknown', failed(0, 'NoAnswer'))
        : answered('exists', failed(409, 'Request_BadRequest')),
  );
  let looks = 0;
  const findServicePrincipal = async () => {
    looks += 1;
    return looks === 1 ? undefined : principal();
  };
  const input = applyInput({ writer, directory: directoryOf({ findServicePrincipal }) });
  const step = { n: 1, kind: 'createServicePrincipal', displayName: 'CORPDB1' } as const;
  const result = await register(step, target({ application: application() }), input);
  expect(result).toMatchObject({ status: 'alreadySo', id: 'sp' });
  expect(writer.calls).toHaveLength(3);
});

test('a write without an answer is not sent again where the directory shows what it was to do', async () => {
  const lost = answered('unknown', failed(0, 'NoAnswer'));
  const registered = directoryOf({
    findApplicationByUniqueName: async () => application(),
    findServicePrincipal: async () => principal(),
  });
  const steps = [
    { n: 1, kind: 'createApplication', uniqueName: 'corpdb1', displayName: 'CORPDB1', tags: [TAG] },
    { n: 2, kind: 'createServicePrincipal', displayName: 'CORPDB1' },
  ] as const;
  for (const step of steps) {
    const writer = scriptedWriter(() => lost);
    const input = applyInput({ writer, directory: registered });
    const result = await register(step, target({ application: application() }), input);
    expect(result).toMatchObject({ n: step.n, status: 'alreadySo' });
    expect(writer.calls).toHaveLength(1);
  }
});

test('stopped while the directory does not show it yet, a step that is done is recorded as done', async () => {
  const stop = new AbortController();
  const directory = directoryOf({
    findServicePrincipal: async () => {
      stop.abort(new Error('Ctrl-C'));
      return undefined;
    },
  });
  const input = applyInput({ writer: scriptedWriter(() => done('sp')), directory, signal: stop.signal });
  const step = { n: 1, kind: 'createServicePrincipal', displayName: 'CORPDB1' } as const;
  expect(await register(step, target({ application: application() }), input)).toMatchObject({ status: 'done' });
  expect(input.recorded.map(({ kind }) => kind)).toEqual(['intended', 'written']);
});

test('roles are added to those that the application has at that moment, and none of them is lost', async () => {
  const writer = scriptedWriter(() => done('a'));
  const newest = application({ appRoles: [role('old'), role('added meanwhile')] });
  const directory = directoryOf({
    findApplicationByUniqueName: async () => newest,
    findServicePrincipal: async () => principal({ appRoles: [...newest.appRoles, role('new')] }),
  });
  const known = target({ application: application({ appRoles: [role('old')] }), servicePrincipal: principal() });
  const step = { n: 1, kind: 'addAppRoles', roles: [role('new'), role('old')] } as const;
  expect(await register(step, known, applyInput({ writer, directory }))).toMatchObject({ status: 'done' });
  expect(writer.calls).toEqual([
    [{ kind: 'setAppRoles', applicationId: 'a', appRoles: [role('old'), role('added meanwhile'), role('new')] }],
  ]);
  const again = { n: 2, kind: 'addAppRoles', roles: [role('old')] } as const;
  expect(await register(again, known, applyInput({ writer, directory }))).toEqual({ n: 2, status: 'alreadySo' });
  expect(writer.calls).toHaveLength(1);
});

test('a tag is added to those that the service principal has', async () => {
  const writer = scriptedWriter(() => done('sp'));
  const directory = directoryOf({ findServicePrincipal: async () => principal({ tags: ['HideApp', TAG] }) });
  const known = target({ application: application(), servicePrincipal: principal({ tags: ['HideApp'] }) });
  const step = { n: 1, kind: 'addTags', tags: [TAG] } as const;
  expect(await register(step, known, applyInput({ writer, directory }))).toMatchObject({ status: 'done' });
  expect(writer.calls).toEqual([[{ kind: 'setTags', servicePrincipalId: 'sp', tags: ['HideApp', TAG] }]]);
});

test('what the directory accepts, but does not show in time, is told and not taken for done', async () => {
  const directory = directoryOf({ findServicePrincipal: async () => principal() });
  const input = applyInput({ directory, writer: scriptedWriter(() => done('sp')), lagLimitMs: 3000 });
  const known = target({ application: application(), servicePrincipal: principal() });
  expect(await register({ n: 1, kind: 'requireAssignment' }, known, input)).toEqual({
    n: 1,
    status: 'refused',
    reason: 'the directory accepted it, but did not show it within 3 seconds',
    requestId: 'request of sp',
  });
});

test('a refusal is told with its request, and what needs it is not tried', async () => {
  const failure = { ...failed(403, 'Authorization_RequestDenied', 'Insufficient privileges'), requestId: 'req' };
  const known = target();
  const input = applyInput({ writer: scriptedWriter(() => answered('refused', failure)) });
  const create = { n: 1, kind: 'createApplication', uniqueName: 'corpdb1', displayName: 'CORPDB1', tags: [] } as const;
  expect(await register(create, known, input)).toMatchObject({ status: 'refused', requestId: 'req' });
  const enterprise = { n: 2, kind: 'createServicePrincipal', displayName: 'CORPDB1' } as const;
  expect(await register(enterprise, known, input)).toMatchObject({ status: 'notTried' });
  for (const kind of ['requireAssignment'] as const)
    expect(await register({ n: 3, kind }, known, input)).toMatchObject({ status: 'notTried' });
  expect(input.recorded).toHaveLength(2);
});
