import { expect, test } from 'vitest';
import { directoryOf } from '../../test/support/directory.ts';
import type { Application, Assignment, ServicePrincipal } from '../model/directory.ts';
import { directoryState, findApplication, readActual } from './actual.ts';

const application = (id: string, more: Partial<Application> = {}): Application => ({
  id,
  appId: `app of ${id}`,
  displayName: 'CORPDB1',
  uniqueName: null,
  appRoles: [],
  tags: [],
  ...more,
});
const principal = (more: Partial<ServicePrincipal> = {}): ServicePrincipal => ({
  id: 'sp',
  appId: 'app of a',
  displayName: 'CORPDB1',
  appRoles: [],
  tags: [],
  appRoleAssignmentRequired: true,
  ...more,
});
const settings = { displayName: 'CORPDB1', uniqueName: 'corpdb1', appId: null };
const assignment = (id: string): Assignment => ({
  id,
  principalId: `user of ${id}`,
  principalType: 'User',
  principalDisplayName: '',
  appRoleId: 'r',
});

test('an application is found by its unique name, whatever others are called', async () => {
  const directory = directoryOf({
    findApplicationByUniqueName: async () => application('a', { displayName: 'Renamed' }),
  });
  expect(await findApplication(directory, settings)).toMatchObject({ id: 'a' });
});

test('two applications of the same name are never taken, and are listed with their ids', async () => {
  const directory = directoryOf({
    findApplicationByUniqueName: async () => undefined,
    findApplicationsByName: async () => [application('a'), application('b')],
  });
  await expect(findApplication(directory, settings)).rejects.toMatchObject({
    message: expect.stringMatching(/2 applications named "CORPDB1".*appId app of a.*\n.*appId app of b/s),
    remedy: expect.stringContaining('appId: …'),
  });
});

test('an appId that the configuration names is the one that counts, and must be there', async () => {
  const directory = directoryOf({
    findApplicationByAppId: async (appId) => (appId === 'known' ? application('a') : undefined),
  });
  expect(await findApplication(directory, { ...settings, appId: 'known' })).toMatchObject({ id: 'a' });
  await expect(findApplication(directory, { ...settings, appId: 'other' })).rejects.toThrow(/no application.*other/);
});

test('an assignment that is listed twice, as happens while a list changes, counts once', async () => {
  const read = async (...pages: Assignment[][]) => {
    const directory = directoryOf({
      tenant: async () => ({ tenantId: 't', displayName: 'T', verifiedDomains: [], ownDomains: [] }),
      findApplicationByUniqueName: async () => application('a'),
      findServicePrincipal: async () => principal(),
      async *assignments() {
        yield* pages;
      },
    });
    const { assignmentCount, assignmentDigest } = await readActual(directory, settings);
    return { assignmentCount, assignmentDigest };
  };
  const once = await read([assignment('1'), assignment('2')]);
  expect(await read([assignment('1'), assignment('2')], [assignment('2')])).toEqual(once);
});

test('the state of the directory changes with each of its parts, and not with the order of its lists', async () => {
  const stateOf = async (pages: Assignment[][], servicePrincipal = principal(), outcomes = 'sha256:o') => {
    const directory = directoryOf({
      tenant: async () => ({ tenantId: 't', displayName: 'T', verifiedDomains: [], ownDomains: [] }),
      findApplicationByUniqueName: async () => application('a'),
      findServicePrincipal: async () => servicePrincipal,
      async *assignments() {
        yield* pages;
      },
    });
    const actual = await readActual(directory, settings);
    expect(actual.assignmentCount).toBe(pages.flat().length);
    for (const { principalId } of pages.flat()) expect(actual.isAssigned(principalId.toUpperCase(), 'R')).toBe(true);
    return directoryState(actual, outcomes);
  };
  const state = await stateOf([[assignment('1'), assignment('2')], [assignment('3')]]);
  expect(await stateOf([[assignment('3')], [], [assignment('2'), assignment('1')]])).toEqual(state);
  const others = [
    await stateOf([[assignment('1'), assignment('2')]]),
    await stateOf([[assignment('1'), assignment('2'), assignment('4')]]),
    await stateOf([[assignment('1'), assignment('2'), assignment('3')]], principal({ tags: ['HideApp'] })),
    await stateOf([[assignment('1'), assignment('2'), assignment('3')]], principal(), 'sha256:p'),
  ];
  expect(new Set([state, ...others].map(({ hash }) => hash)).size).toBe(5);
});
