import { expect, test } from 'vitest';
import { directoryOf } from '../../test/support/directory.ts';
import type { Application, AppRole, ServicePrincipal } from '../model/directory.ts';
import { applicationState } from './application-check.ts';

const settings = {
  application: { displayName: 'CORPDB1', uniqueName: 'corpdb1', appId: null },
  roles: { default: 'General' },
};
const role: AppRole = {
  id: 'r',
  displayName: 'General',
  description: 'General',
  value: 'General',
  isEnabled: true,
  allowedMemberTypes: ['User'],
};
const tags = ['WindowsAzureActiveDirectoryIntegratedApp'];
const application: Application = {
  id: 'a',
  appId: 'app',
  displayName: 'CORPDB1',
  uniqueName: 'corpdb1',
  appRoles: [role],
  tags,
};
const principal: ServicePrincipal = {
  id: 'sp',
  appId: 'app',
  displayName: 'CORPDB1',
  appRoles: [],
  tags,
  appRoleAssignmentRequired: true,
};

/** Answers nothing the first time: a replica that lags was asked. */
const atSecondLook = <T>(value: T) => {
  let looks = 0;
  return async (): Promise<T | undefined> => {
    looks += 1;
    return looks > 1 ? value : undefined;
  };
};

const stateOf = (parts: Parameters<typeof directoryOf>[0]) =>
  applicationState(
    directoryOf({ findApplicationsByName: async () => [], ...parts }),
    settings,
    new AbortController().signal,
  );

test('an application that one replica does not show yet, or shows without its roles, is there for the doctor', async () => {
  const { check, registers } = await stateOf({
    findApplicationByUniqueName: atSecondLook(application),
    findServicePrincipal: atSecondLook(principal),
  });
  expect(check).toMatchObject({ status: 'ok', details: { appId: 'app', changes: [] } });
  expect(registers).toBe(false);
});

test('an application that no replica shows will be registered', async () => {
  const { check, registers } = await stateOf({ findApplicationByUniqueName: async () => undefined });
  expect(check.found).toBe('"CORPDB1" will be registered');
  expect(registers).toBe(true);
});
