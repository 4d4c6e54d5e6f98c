// What the directory has now: the application, its roles, and who is assigned. Reads only.
import type { Application, Directory, ServicePrincipal } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';
import { canonicalJson, SetDigest, sha256 } from '../model/hash.ts';
import { PairSet } from '../model/pairs.ts';
import type { DirectoryState } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';

/** The application as the directory has it, without who is assigned. */
export interface ActualApplication {
  readonly application: Application | undefined;
  readonly servicePrincipal: ServicePrincipal | undefined;
  readonly tenantId: string;
  readonly verifiedDomains: readonly string[];
}

export interface ActualState extends ActualApplication {
  /** Whether the user holds the role; roles by id. */
  isAssigned(principalId: string, roleId: string): boolean;
  readonly assignmentCount: number;
  readonly assignmentDigest: string;
}

/** Reads the application by its stable key. */
export const readApplication = async (
  directory: Directory,
  settings: Settings['application'],
  signal?: AbortSignal,
): Promise<ActualApplication> => {
  const { tenantId, verifiedDomains } = await directory.tenant(signal);
  const application = await findApplication(directory, settings, signal);
  const servicePrincipal = application && (await directory.findServicePrincipal(application.appId, signal));
  return { application, servicePrincipal, tenantId, verifiedDomains };
};

/** Reads the application, and all of its assignments. */
export const readActual = async (
  directory: Directory,
  settings: Settings['application'],
  signal?: AbortSignal,
): Promise<ActualState> => {
  const found = await readApplication(directory, settings, signal);
  const pairs = new PairSet();
  const digest = new SetDigest();
  if (found.servicePrincipal) {
    for await (const page of directory.assignments(found.servicePrincipal.id, signal)) {
      for (const { id, principalId, appRoleId } of page) {
        // A list that changes while it is read can show a row twice.
        if (pairs.add(principalId, appRoleId)) digest.add(id);
      }
    }
  }
  return {
    ...found,
    isAssigned: (principalId, roleId) => pairs.has(principalId, roleId),
    assignmentCount: pairs.size,
    assignmentDigest: digest.text(),
  };
};

/**
 * Finds the application by `appId`, where the configuration names one, or by the unique name it was registered with.
 * A display name is no key: an application that merely has the same name is never taken.
 */
export const findApplication = async (
  directory: Directory,
  { displayName, uniqueName, appId }: Settings['application'],
  signal?: AbortSignal,
): Promise<Application | undefined> => {
  if (appId !== null) {
    const found = await directory.findApplicationByAppId(appId, signal);
    if (found) return found;
    throw new RollcallError(
      `The directory has no application with the appId ${appId}.`,
      'Correct application.appId in the configuration, or leave it out to have the application registered.',
    );
  }
  const found = await directory.findApplicationByUniqueName(uniqueName, signal);
  if (found) return found;
  const namesakes = await directory.findApplicationsByName(displayName, signal);
  if (namesakes.length === 0) return undefined;
  // Replicas of a directory may disagree for a while: the one that was just asked need not know it by its key yet.
  const own = namesakes.find((one) => one.uniqueName === uniqueName);
  if (own) return own;
  const list = namesakes
    .map((other) => `  ${other.displayName}  appId ${other.appId}  object id ${other.id}`)
    .join('\n');
  throw new RollcallError(
    `The directory has ${namesakes.length === 1 ? 'an application' : `${namesakes.length} applications`} named "${displayName}" that Rollcall did not register:\n${list}`,
    `If one of them is meant, write "application: { name: ${displayName}, appId: … }" in the configuration; else choose another name.`,
  );
};

/** The state that a plan rests on, as digests. */
export const directoryState = (
  actual: Omit<ActualState, 'isAssigned' | 'verifiedDomains'>,
  outcomes: string,
): DirectoryState => {
  const { application, servicePrincipal } = actual;
  const parts = {
    application: application
      ? sha256(canonicalJson({ application, servicePrincipal: servicePrincipal ?? null }))
      : 'none',
    assignments: actual.assignmentDigest,
    assignmentCount: actual.assignmentCount,
    outcomes,
  };
  return { hash: sha256(canonicalJson(parts)), ...parts };
};
