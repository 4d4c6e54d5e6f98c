// Checks everything that a run will need, before it matters, and says what to do about what is wrong.
import { accessSync, constants, existsSync } from 'node:fs';
import { verifyChain } from '../evidence/verify.ts';
import type { Channel } from '../model/channel.ts';
import { CLOUDS, cloudAt } from '../model/clouds.ts';
import type { Directory, Session } from '../model/directory.ts';
import type { Settings } from '../model/settings.ts';
import type { Source } from '../model/source.ts';
import type { ConsentPlace } from '../permissions/words.ts';
import { applicationState } from './application-check.ts';
import { type Check, checked, checkedValue, type Found, failed } from './check.ts';
import { clockFound, domainsFound, quotaFound, sizeFound } from './directory-checks.ts';
import { licenceChecks } from './licence-checks.ts';
import { permissionChecks } from './permission-checks.ts';
import { reviewersFound } from './reviewer-check.ts';
import { cloudFound, sessionFound } from './sign-in-checks.ts';
import { type SourceFacts, sourceCheck } from './source-check.ts';

export type { Check, CheckStatus } from './check.ts';

export interface DoctorInput {
  readonly settings: Settings;
  readonly source: Source;
  readonly evidenceFile: string;
  /** The newest record's place, as it is kept outside the record; asked where there is a record. */
  readonly lastEvidence: () => Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /** The channel by which removals are ordered; absent where the configuration names none. */
  readonly openChannel?: () => Promise<Channel>;
  readonly connect: () => Promise<Directory>;
  /** Whether that is the embedded directory. */
  readonly isEmbedded?: boolean;
  readonly checkColumns: (columns: readonly string[], notes: readonly string[]) => void;
  readonly signal: AbortSignal;
  /** Told the accounts that have been read so far. */
  readonly onProgress?: (rows: number) => void;
}

/** Runs all checks; one that fails does not stop the others, unless they rest on it. */
export async function* diagnose(input: DoctorInput): AsyncGenerator<Check> {
  const { settings, signal } = input;
  yield { name: 'configuration', status: 'ok', found: `${settings.file} is complete` };
  const { check, facts } = await sourceCheck(input.source, settings, input.checkColumns, signal, input.onProgress);
  yield check;
  yield await checked('evidence', () => evidenceCheck(input));
  const { openChannel } = input;
  if (openChannel) yield await checked('channel', () => channelFound(openChannel, signal));
  let directory: Directory;
  let session: Session;
  try {
    directory = await input.connect();
    yield await checked('cloud', () => cloudFound(directory.addresses));
    session = await directory.session(signal);
  } catch (error) {
    yield failed('sign-in', error);
    return;
  }
  yield { name: 'sign-in', ...sessionFound(session) };
  yield await checked('clock', async () => clockFound(await directory.clockSkew(signal)));
  const application = await applicationState(directory, settings, signal);
  const { create, review } = settings;
  const uses = { create, review, registers: application.registers };
  yield* permissionChecks({ session, uses, place: placeOf(directory, settings) });
  yield* directoryChecks(directory, input, facts);
  const licences = await checkedValue('licences', () => directory.licences(signal));
  if ('check' in licences) yield licences.check;
  else yield* licenceChecks({ licences: licences.value, review, accounts: facts.accounts });
  if (review !== null) yield await checked('reviewers', () => reviewersFound(directory, review, signal));
  yield application.check;
}

/** Size and domains are read once each; what rests on both is left out where one could not be read. */
async function* directoryChecks(
  directory: Directory,
  { settings, isEmbedded, signal }: DoctorInput,
  facts: SourceFacts,
): AsyncGenerator<Check> {
  const users = await checkedValue('size', () => directory.countUsers(signal));
  yield 'check' in users
    ? users.check
    : { name: 'size', ...sizeFound(users.value, settings, facts.accounts, isEmbedded) };
  const tenant = await checkedValue('domains', () => directory.tenant(signal));
  yield 'check' in tenant ? tenant.check : { name: 'domains', ...domainsFound(tenant.value, settings.create, facts) };
  if ('value' in users && 'value' in tenant)
    yield { name: 'quota', ...quotaFound(users.value, tenant.value, settings, facts.accounts) };
}

/** Tries the channel without ordering anything. */
const channelFound = async (open: () => Promise<Channel>, signal: AbortSignal): Promise<Found> => {
  const channel = await open();
  try {
    return { status: 'ok', found: `${channel.kind}: ${await channel.check(signal)}` };
  } finally {
    await channel.close?.();
  }
};

/** Where consent is given, as far as the directory's addresses tell. */
const placeOf = ({ addresses }: Directory, { directory }: Settings): ConsentPlace => {
  const cloud = cloudAt(addresses.graph);
  return {
    authority: addresses.authority,
    cloud: cloud && CLOUDS[cloud],
    isManagedIdentity: directory.kind === 'tenant' && directory.signIn.kind === 'managedIdentity',
  };
};

const evidenceCheck = async ({ evidenceFile: file, lastEvidence }: DoctorInput): Promise<Found> => {
  if (!existsSync(file)) return { status: 'ok', found: `${file} will be made at the first run` };
  accessSync(file, constants.W_OK);
  const chain = await verifyChain(file, await lastEvidence());
  if (chain.whole) return { status: 'ok', found: `${chain.records} records, unbroken; head ${chain.head}` };
  return {
    status: 'failed',
    found: `${file} is not as it was written: line ${chain.line}, ${chain.reason}`,
    remedy: 'Keep the file as it is, move it away for whoever looks into it, and begin a new record.',
  };
};
