// Checks everything that a run will need, before it matters, and says what to do about what is wrong.
import { accessSync, constants, existsSync } from 'node:fs';
import { verifyChain } from '../evidence/verify.ts';
import type { Directory, Session } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import type { Source } from '../model/source.ts';

export type CheckStatus = 'ok' | 'warning' | 'failed';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly found: string;
  /** What to do; absent where nothing is to be done. */
  readonly remedy?: string;
}

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
  yield permissionCheck(session, settings);
  yield await checked('directory', async () => {
    const users = await directory.countUsers(input.signal);
    return { status: 'ok', found: `${users.toLocaleString('en-US')} users` };
  });
  yield await checked('domains', () => domainCheck(directory, settings, input.signal));
  yield await checked('licences', () => licenceCheck(directory, settings, input.signal));
  yield await checked('application', () => applicationCheck(directory, settings, input.signal));
}

type Found = Omit<Check, 'name'>;

const checked = async (name: string, check: () => Promise<Found>): Promise<Check> => {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    return failed(name, error);
  }
};

const failed = (name: string, error: unknown): Check => ({
  name,
  status: 'failed',
  found: error instanceof Error ? error.message : String(error),
  remedy: error instanceof RollcallError ? error.remedy : 'Run "rollcall doctor --verbose" to see more.',
});

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

/** The least that each part of a run needs; a permission that includes it does as well. */
const NEEDED: readonly {
  readonly any: readonly string[];
  readonly for: string;
  readonly when?: (settings: Settings) => boolean;
}[] = [
  {
    any: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
    for: 'finding users',
  },
  { any: ['Application.ReadWrite.All', 'Directory.ReadWrite.All'], for: 'registering the application and its roles' },
  { any: ['AppRoleAssignment.ReadWrite.All'], for: 'assigning users' },
  {
    any: ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
    for: 'creating the missing users',
    when: ({ create }) => create !== null,
  },
  { any: ['AuditLog.Read.All', 'Directory.Read.All'], for: 'explaining what is missing' },
];

const permissionCheck = ({ permissions, kind }: Session, settings: Settings): Check => {
  const needed = NEEDED.filter(({ when }) => when?.(settings) ?? true);
  const lacking = needed.filter(({ any }) => !any.some((name) => permissions.includes(name)));
  if (lacking.length === 0)
    return { name: 'permissions', status: 'ok', found: `all ${needed.length} that are needed are held` };
  const list = lacking.map(({ any, for: why }) => `${any[0]} (for ${why})`).join(', ');
  return {
    name: 'permissions',
    status: 'failed',
    found: `not held: ${list}`,
    remedy: `Ask a Global Administrator or Privileged Role Administrator: "Please grant ${kind === 'app' ? 'the application permissions' : 'the delegated permissions'} ${lacking.map(({ any }) => any[0]).join(', ')} of Microsoft Graph, with admin consent."`,
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
