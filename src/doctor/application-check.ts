// The application as the directory has it, and whether a run will have to change it.
import type { Application, AppRole, Directory, ServicePrincipal } from '../model/directory.ts';
import type { Settings } from '../model/settings.ts';
import { findApplication } from '../plan/actual.ts';
import { registrationActions } from '../plan/registration.ts';
import { findRole, newRole } from '../plan/roles.ts';
import { type Check, checked } from './check.ts';

export interface ApplicationState {
  readonly check: Check;
  /** Whether a run has to register the application, or something of it; true where that is not known. */
  readonly registers: boolean;
}

type Registering = Pick<Settings, 'application' | 'roles'>;

export const applicationState = async (
  directory: Directory,
  settings: Registering,
  signal: AbortSignal,
): Promise<ApplicationState> => {
  let registers = true;
  const check = await checked('application', async () => {
    const application = await seenByOne(() => findApplication(directory, settings.application, signal));
    const servicePrincipal =
      application && (await seenByOne(() => directory.findServicePrincipal(application.appId, signal)));
    const changes = changesOf(settings, application, servicePrincipal);
    registers = changes.length > 0;
    const { displayName } = application ?? settings.application;
    const found = application
      ? `"${displayName}" is registered, appId ${application.appId}${registers ? `; a run will see to: ${changes.join(', ')}` : ''}`
      : `"${displayName}" will be registered`;
    return { status: 'ok', found, details: { appId: application?.appId ?? null, changes } };
  });
  return { check, registers };
};

const LOOKS = 3;

/** Replicas of a directory may disagree for a while: what one of them does not show yet, another does. */
const seenByOne = async <T>(look: () => Promise<T | undefined>): Promise<T | undefined> => {
  for (let looks = 1; looks < LOOKS; looks += 1) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return look();
};

const changesOf = (
  settings: Registering,
  application: Application | undefined,
  servicePrincipal: ServicePrincipal | undefined,
): readonly string[] => {
  // The service principal shows late what its application has.
  const roles = [...(application?.appRoles ?? []), ...(servicePrincipal?.appRoles ?? [])];
  const kinds = registrationActions(settings, { application, servicePrincipal }, []).map(({ kind }) => kind);
  return [...kinds, ...(hasRoles(settings, roles) ? [] : ['addAppRoles'])];
};

/** Whether every role that the configuration can give is there; a column without a map can name any. */
const hasRoles = ({ application, roles }: Registering, there: readonly AppRole[]): boolean => {
  if ('column' in roles && roles.map === null) return false;
  const named = 'column' in roles ? [...Object.values(roles.map ?? {}), roles.default] : [roles.default];
  const { uniqueName, displayName } = application;
  const isThere = (name: string) =>
    findRole(there, name) ?? there.find(({ id }) => id === newRole(uniqueName, displayName, name, new Set()).id);
  return named.every((name) => name === null || isThere(name) !== undefined);
};
