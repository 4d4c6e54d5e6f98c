// One application's work while a command lasts: its settings, its store, its lease, its record, its directory.
import { join } from 'node:path';
import type { Signer } from './evidence/keys.ts';
import { type EvidenceLog, openEvidence } from './evidence/log.ts';
import { announceFirst, signHead, Told } from './evidence/told.ts';
import { type Clock, systemClock } from './model/clock.ts';
import { decidingParts } from './model/deciding.ts';
import type { Directory, DirectoryUsage, DirectoryWriter } from './model/directory.ts';
import { canonicalJson, sha256 } from './model/hash.ts';
import type { Settings } from './model/settings.ts';
import type { Source } from './model/source.ts';
import type { Lease } from './store/lease.ts';
import { Store } from './store/store.ts';

/** How far a stage is. `of` is null where the end is not known. */
export interface Progress {
  readonly stage: 'collect' | 'match' | 'plan' | 'apply' | 'verify';
  readonly done: number;
  readonly of: number | null;
  /** What the directory allows of it: so many at once, then so many a second. Absent where nothing limits it. */
  readonly allowed?: { readonly atOnce: number; readonly perSecond: number };
}

export interface WorkOptions {
  readonly settings: Settings;
  readonly source: Source;
  /** Signs in and connects; asked once, when a stage needs the directory. */
  readonly connect: () => Promise<Directory & DirectoryWriter>;
  /** Signs the evidence when the work ends; absent where no key is configured. */
  readonly signer?: Signer | undefined;
  /** What is done, for whoever else finds the application busy: `apply`. */
  readonly purpose: string;
  /** Guards that a person allows this once, by name. */
  readonly allow?: readonly string[];
  /** How long the directory may take to show what was written. Milliseconds; default ten minutes. */
  readonly lagLimitMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onProgress?: (progress: Progress) => void;
}

/** One application's work: its settings, its store, its record, and its lease while it lasts. */
export interface Work extends Required<Omit<WorkOptions, 'signer'>>, Pick<WorkOptions, 'signer'> {
  readonly store: Store;
  readonly evidence: EvidenceLog;
  readonly evidenceFile: string;
  /** What the evidence has told already. */
  readonly told: Told;
  /** What has been spent on the directory since it was connected. */
  usage(): DirectoryUsage;
  readonly lease: Lease;
  close(): Promise<void>;
}

const LAG_LIMIT_MS = 10 * 60_000;

/** Opens store, lease and evidence of an application. Nothing has been sent to the directory when it fails. */
export const openWork = async (options: WorkOptions): Promise<Work> => {
  const { settings } = options;
  const key = settings.application.uniqueName;
  const store = await Store.open(settings.stateFolder);
  let lease: Lease | undefined;
  try {
    lease = await store.lease(key, options.purpose);
    const file = evidenceFile(settings);
    const told = new Told();
    const evidence = await openEvidence(file, { known: await store.lastEvidence(key), onRecord: told.see });
    const { signer } = options;
    begin(evidence, told, options);
    let connecting: ReturnType<WorkOptions['connect']> | undefined;
    let connected: Directory | undefined;
    const connect = async () => {
      connecting ??= options.connect();
      const directory = await connecting;
      connected = directory;
      return directory;
    };
    const close = async () => {
      try {
        try {
          if (signer) await signHead(evidence, told, signer);
        } finally {
          evidence.close();
          await rememberEvidence({ store, evidence, settings });
        }
      } finally {
        await lease!.release();
        await store.close();
      }
    };
    return {
      allow: [],
      lagLimitMs: LAG_LIMIT_MS,
      signal: new AbortController().signal,
      clock: systemClock,
      onProgress: () => undefined,
      ...options,
      store,
      evidence,
      evidenceFile: file,
      told,
      lease,
      connect,
      usage: () => connected?.usage() ?? NOTHING_SPENT,
      close,
    };
  } catch (error) {
    await lease?.release();
    await store.close();
    throw error;
  }
};

/** Records what the work begins with, where it is another than before: the key that signs, the configuration. */
const begin = (evidence: EvidenceLog, told: Told, { settings, signer }: WorkOptions): void => {
  try {
    if (signer) announceFirst(evidence, told, signer);
    const { directory, source, columns, accounts, complete, review, roleDescriptions, removals } = settings;
    const { evidence: signing } = settings;
    const deciding = decidingParts(settings);
    const others = {
      directory,
      source,
      columns,
      accounts,
      complete,
      review,
      roleDescriptions,
      removals,
      evidence: signing,
    };
    const hash = sha256(canonicalJson({ deciding, others }));
    if (hash === told.configuration) return;
    evidence.append({ kind: 'configurationRead', data: { configuration: settings.hash, hash, deciding, others } });
    told.configuration = hash;
  } catch (error) {
    evidence.close();
    throw error;
  }
};

/** Keeps the newest record's place outside the record, so that an end that is cut off is missed. */
export const rememberEvidence = async ({
  store,
  evidence,
  settings,
}: Pick<Work, 'store' | 'evidence' | 'settings'>): Promise<void> => {
  const position = evidence.position();
  if (position) await store.saveEvidence(settings.application.uniqueName, position);
};

/** The place of the newest record, as the store has kept it; for whoever looks at a record without working with it. */
export const lastEvidence = async ({
  stateFolder,
  application,
}: Pick<Settings, 'stateFolder' | 'application'>): Promise<
  { readonly seq: number; readonly hash: string } | undefined
> => {
  const store = await Store.open(stateFolder);
  try {
    return await store.lastEvidence(application.uniqueName);
  } finally {
    await store.close();
  }
};

/** Where an application's record is kept. */
export const evidenceFile = ({ stateFolder, application }: Pick<Settings, 'stateFolder' | 'application'>): string =>
  join(stateFolder, 'evidence', `${application.uniqueName}.ndjson`);

/** What a stage took. */
export interface Cost {
  readonly seconds: number;
  readonly requests: number;
  readonly resourceUnits: number;
  readonly writes: number;
  readonly throttled: number;
}

const NOTHING_SPENT: DirectoryUsage = { requests: 0, resourceUnits: 0, writes: 0, throttled: 0 };

/** Runs a stage and says what it took. */
export const measured = async <T>(work: Work, stage: () => Promise<T>): Promise<{ result: T; cost: Cost }> => {
  const meter = startMeter(work);
  const result = await stage();
  return { result, cost: meter() };
};

/** Starts counting; the function it answers says what has been spent since. */
export const startMeter = (work: Work): (() => Cost) => {
  const began = work.clock.now();
  const before = work.usage();
  return () => {
    const now = work.usage();
    return {
      seconds: Math.round(work.clock.now() - began) / 1000,
      requests: now.requests - before.requests,
      resourceUnits: now.resourceUnits - before.resourceUnits,
      writes: now.writes - before.writes,
      throttled: now.throttled - before.throttled,
    };
  };
};
