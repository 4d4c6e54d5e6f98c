// Opens everything that a command works with, and closes it again, however the command ends.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rosterFileSource } from '../collect/roster-file.ts';
import { sourceOf } from '../collect/sources.ts';
import { loadSettings } from '../config/load.ts';
import type { Signer } from '../evidence/keys.ts';
import type { Directory, DirectoryWriter } from '../model/directory.ts';
import { UsageError } from '../model/errors.ts';
import type { DirectorySettings, Settings, Strategy } from '../model/settings.ts';
import type { Source } from '../model/source.ts';
import { openWork, type Work } from '../work.ts';
import type { Io } from './io.ts';
import { startLocalTenant } from './local-tenant.ts';
import { progressOn } from './print/progress.ts';
import type { CommonOptions } from './program.ts';
import { sourceTools } from './source-tools.ts';

export interface WorkChoices {
  readonly strategy?: Strategy;
  readonly allow?: readonly string[];
  /** Seconds. */
  readonly lagLimit?: number;
  /** A roster file to collect from, in place of the configured source. */
  readonly from?: string;
  /** A file with the private key that the roster file is encrypted to. */
  readonly identity?: string;
}

/** What is known before a command's work begins, and the way to the directory. */
export interface Opened {
  readonly settings: Settings;
  readonly source: Source;
  readonly connect: () => Promise<Directory & DirectoryWriter>;
}

/** Loads the configuration and hands it on, with the way to its source and directory. */
export const withSettings = async <T>(
  options: CommonOptions & WorkChoices,
  io: Io,
  use: (opened: Opened) => Promise<T>,
): Promise<T> => {
  const loaded = await loadSettings(options.config);
  const settings: Settings = options.strategy
    ? { ...loaded, match: { ...loaded.match, strategy: options.strategy } }
    : loaded;
  const closers: (() => Promise<void>)[] = [];
  try {
    return await use({
      settings,
      source:
        options.from === undefined
          ? await sourceOf(settings.source, sourceTools(io), settings.columns)
          : rosterFileSource(resolve(options.from), settings.application.uniqueName, options.identity),
      connect: () => connectTo(settings, options, io, closers),
    });
  } finally {
    for (const close of closers) await close();
  }
};

/** Opens the work of the configured application for as long as `use` lasts. */
export const withWork = <T>(
  options: CommonOptions & WorkChoices,
  io: Io,
  purpose: string,
  use: (work: Work) => Promise<T>,
): Promise<T> =>
  withSettings(options, io, async ({ settings, source, connect }) => {
    const progress = progressOn(io, options);
    const work = await openWork({
      settings,
      source,
      connect,
      signer: await signerIn(settings, io),
      purpose,
      allow: options.allow ?? [],
      ...(options.lagLimit !== undefined && { lagLimitMs: options.lagLimit * 1000 }),
      signal: io.signal,
      onProgress: progress.show,
    });
    try {
      return await use(work);
    } finally {
      progress.clear();
      await work.close();
    }
  });

/** Who signs the evidence, where the configuration names a key. */
const signerIn = async ({ evidence: { key } }: Settings, io: Io): Promise<Signer | undefined> => {
  if (key === null) return undefined;
  const { signerOf } = await import('../evidence/signer.ts');
  const { readSecret } = await import('../config/secrets.ts');
  return signerOf(key, (ref) => readSecret(ref, io.env));
};

/** The JSON line that "tenant start" prints. */
interface ConnectionLine {
  readonly graph: string;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly caFile?: string;
  /** Which limits it keeps to; absent: those that Microsoft publishes. */
  readonly throttle?: string;
  /** How many times faster than the wall's clock its time runs. */
  readonly timeScale?: number;
}

const connectTo = async (
  settings: Settings,
  options: CommonOptions,
  io: Io,
  closers: (() => Promise<void>)[],
): Promise<Directory & DirectoryWriter> => {
  const { connect } = await import('../graph/connect.ts');
  const { credentialFor } = await import('../graph/sign-in.ts');
  const { readSecret } = await import('../config/secrets.ts');
  const line = options.directory
    ? readConnection(options.directory)
    : settings.directory.kind === 'local'
      ? await embedded(settings, closers)
      : undefined;
  const directory: DirectorySettings & { kind: 'tenant' } = line ? asSettings(line) : remote(settings.directory);
  const secret = line?.clientSecret;
  const credential = await credentialFor(directory, {
    readSecret: async (ref) => secret ?? (await readSecret(ref, io.env)),
    onMessage: (text) => io.err(`${text}\n`),
  });
  const notice = (text: string) => {
    if (!options.quiet) io.err(`${text}\n`);
  };
  return connect({
    onNotice: notice,
    graph: directory.graph,
    authority: directory.authority,
    credential,
    ...(line?.throttle === 'none' && { limits: 'none' as const }),
    ...(line?.timeScale !== undefined && { timeScale: line.timeScale }),
    ...(directory.caFile !== null && { caFile: directory.caFile }),
  });
};

const remote = (directory: DirectorySettings): DirectorySettings & { kind: 'tenant' } => {
  if (directory.kind === 'tenant') return directory;
  throw new RangeError('the local tenant has been started already');
};

const asSettings = ({
  graph,
  authority,
  tenantId,
  clientId,
  caFile,
}: ConnectionLine): DirectorySettings & { kind: 'tenant' } => ({
  kind: 'tenant',
  tenant: tenantId,
  graph,
  authority,
  signIn: { kind: 'clientSecret', clientId, secret: { env: 'ROLLCALL_DIRECTORY_SECRET' } },
  caFile: caFile ?? null,
});

const embedded = async (settings: Settings, closers: (() => Promise<void>)[]): Promise<ConnectionLine> => {
  const { directory, stateFolder } = settings;
  const users = directory.kind === 'local' ? directory.users : null;
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const tenant = await startLocalTenant({ data: join(stateFolder, 'tenant.db'), ...(users !== null && { users }) });
  closers.push(() => tenant.close());
  return { ...tenant, throttle: 'none' };
};

const readConnection = (file: string): ConnectionLine => {
  const wrong = (why: string) =>
    new UsageError(
      `--directory ${file}: ${why}.`,
      'Name a file with the JSON line that "rollcall tenant start" prints when it is ready.',
    );
  let line: Partial<ConnectionLine>;
  try {
    line = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw wrong(`it cannot be read: ${(error as Error).message}`);
  }
  const lacking = (['graph', 'authority', 'tenantId', 'clientId', 'clientSecret'] as const).filter(
    (key) => typeof line?.[key] !== 'string',
  );
  if (lacking.length > 0) throw wrong(`it lacks ${lacking.join(', ')}`);
  return line as ConnectionLine;
};
