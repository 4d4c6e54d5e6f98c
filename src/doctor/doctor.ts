// Checks everything that a run will need, before it matters, and says what to do about what is wrong.
import { accessSync, constants, existsSync } from 'node:fs';
import { verifyChain } from '../evidence/verify.ts';
import { CLOUDS, cloudAt } from '../model/clouds.ts';
import type { Directory, Session } from '../model/directory.ts';
import type { Settings } from '../model/settings.ts';
import type { Source } from '../model/source.ts';
import type { ConsentPlace } from '../permissions/words.ts';
import { type Check, checked, type Found, failed } from './check.ts';
import { permissionChecks } from './permission-checks.ts';

export type { Check, CheckStatus } from './check.ts';

export interface DoctorInput {
  readonly settings: Settings;
  readonly source: Source;
  readonly evidenceFile: string;
  readonly connect: () => Promise<Directory>;
  readonly checkColumns: (columns: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** Runs all checks; one that fails does not stop the others, unless they rest on it. */
export async function* diagnose(input: DoctorInput): AsyncGenerator<Check> {
  const { settings } = input;
  yield { name: 'configuration', status: 'ok', found: `${settings.file} is complete` };
  yield await checked('source', () => sourceCheck(input));
  yield await checked('evidence', () => evidenceCheck(input.evidenceFile));
  let directory: Directory;
  let session: Session;
  try {
    directory = await input.connect();
    session = await directory.session(input.signal);
  } catch (error) {
    yield failed('sign-in', error);
    return;
  }
  yield {
    name: 'sign-in',
    status: 'ok',
    found: `signed in as ${session.name} (${session.kind === 'app' ? 'application' : 'user'} session) in ${session.tenantId}`,
  };
  yield* permissionChecks({ session, settings, place: placeOf(directory, settings) });
  yield await checked('directory', async () => {
    const users = await directory.countUsers(input.signal);
    return { status: 'ok', found: `${users.toLocaleString('en-US')} users` };
  });
  yield await checked('domains', () => domainCheck(directory, settings, input.signal));
  yield await checked('licences', () => licenceCheck(directory, settings, input.signal));
  yield await checked('application', () => applicationCheck(directory, settings, input.signal));
}

/** Where consent is given, as far as the directory's addresses tell. */
const placeOf = ({ addresses }: Directory, { directory }: Settings): ConsentPlace => {
  const cloud = cloudAt(addresses.graph);
  return {
    authority: addresses.authority,
    portal: cloud === undefined ? null : CLOUDS[cloud].portal,
    isManagedIdentity: directory.kind === 'tenant' && directory.signIn.kind === 'managedIdentity',
  };
};

const sourceCheck = async ({ source, checkColumns, signal }: DoctorInput): Promise<Found> => {
  const opened = await source.open(signal);
  checkColumns(opened.columns);
  let rows = 0;
  for await (const _account of opened.rows()) rows += 1;
  return {
    status: 'ok',
    found: `${opened.description}: ${rows.toLocaleString('en-US')} accounts, columns ${opened.columns.join(', ')}`,
  };
};

const evidenceCheck = async (file: string): Promise<Found> => {
  if (!existsSync(file)) return { status: 'ok', found: `${file} will be made at the first run` };
  accessSync(file, constants.W_OK);
  const chain = await verifyChain(file);
  if (chain.whole) return { status: 'ok', found: `${chain.records} records, unbroken; head ${chain.head}` };
  return {
    status: 'failed',
    found: `${file} is not as it was written: line ${chain.line}, ${chain.reason}`,
    remedy: 'Keep the file as it is, move it away for whoever looks into it, and begin a new record.',
  };
};

const domainCheck = async (directory: Directory, settings: Settings, signal: AbortSignal): Promise<Found> => {
  const { verifiedDomains, displayName } = await directory.tenant(signal);
  const found = `${displayName}: ${verifiedDomains.join(', ')}`;
  if (settings.create === null || verifiedDomains.length > 0) return { status: 'ok', found };
  return { status: 'failed', found, remedy: 'Verify a domain in the tenant before users can be created.' };
};

const licenceCheck = async (directory: Directory, settings: Settings, signal: AbortSignal): Promise<Found> => {
  const servicePlans = await directory.servicePlans(signal);
  if (servicePlans === null) {
    return {
      status: 'warning',
      found: 'the licences could not be read',
      remedy: 'Grant LicenseAssignment.Read.All to have them checked.',
    };
  }
  const hasGovernance = servicePlans.includes('Entra_Identity_Governance');
  const hasP2 = servicePlans.includes('AAD_PREMIUM_P2');
  const found = `service plans: ${servicePlans.length > 0 ? servicePlans.join(', ') : 'none'}`;
  if (hasGovernance || hasP2) return { status: 'ok', found };
  return {
    status: 'warning',
    found,
    remedy: `Users can be matched and assigned. Reviewing the access to ${settings.application.displayName} needs Microsoft Entra ID P2 or Microsoft Entra ID Governance.`,
  };
};

const applicationCheck = async (directory: Directory, settings: Settings, signal: AbortSignal): Promise<Found> => {
  const { displayName, uniqueName, appId } = settings.application;
  const application = appId
    ? await directory.findApplicationByAppId(appId, signal)
    : await directory.findApplicationByUniqueName(uniqueName, signal);
  if (application)
    return { status: 'ok', found: `"${application.displayName}" is registered, appId ${application.appId}` };
  if (appId)
    return {
      status: 'failed',
      found: `no application has the appId ${appId}`,
      remedy: 'Correct application.appId in the configuration.',
    };
  const namesakes = await directory.findApplicationsByName(displayName, signal);
  if (namesakes.length === 0) return { status: 'ok', found: `"${displayName}" will be registered` };
  return {
    status: 'failed',
    found: `${namesakes.length} applications are named "${displayName}" that Rollcall did not register: ${namesakes.map((one) => one.appId).join(', ')}`,
    remedy: 'Write the appId of the one that is meant under application in the configuration, or choose another name.',
  };
};
