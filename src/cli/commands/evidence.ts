// rollcall evidence: a period of the record as a folder, its verification, and the keys that sign it.
import { resolve } from 'node:path';
import { loadSettings } from '../../config/load.ts';
import { readSecret } from '../../config/secrets.ts';
import { storeInKeychain } from '../../config/store-secret.ts';
import { folderAt } from '../../evidence/folder.ts';
import { createKeyFile } from '../../evidence/key-file.ts';
import type { EvidencePublicKey, Signer } from '../../evidence/keys.ts';
import { newPrivateKey } from '../../evidence/keys.ts';
import { keySigner, readPublicKey, signerOf } from '../../evidence/signer.ts';
import { announceNext, signHead } from '../../evidence/told.ts';
import { problemText, verifyFolder } from '../../evidence/verify-folder.ts';
import { RollcallError, UsageError } from '../../model/errors.ts';
import { writeEvidence } from '../../reporting/evidence.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count, counted } from '../print/progress.ts';
import type { CommonOptions } from '../program.ts';
import { shownPath } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface ExportOptions extends CommonOptions {
  readonly to: string;
  readonly from?: string;
  readonly until?: string;
}

export const evidenceExport = (options: ExportOptions, io: Io): Promise<number> =>
  withWork(options, io, 'evidence export', async (work) => {
    const { folder, manifest, hash, isSigned } = await writeEvidence(work, {
      to: resolve(options.to),
      from: options.from,
      until: options.until,
    });
    const { chain, files, notHeld, key } = manifest;
    if (!isSigned && !options.quiet)
      io.err(
        'The folder is not signed: the configuration names no key under evidence.key. See "rollcall evidence keys".\n',
      );
    await print(
      {
        data: { folder, manifest: hash, isSigned, key, chain, files: files.length, notHeld },
        text: [
          `Evidence of ${manifest.application.displayName}: ${counted(chain.records, 'record')}, ${chain.first.seq} to ${chain.last.seq}, in ${shownPath(folder)}`,
          `  signed    ${isSigned ? `with the key ${key}` : 'no'}`,
          `  manifest  ${hash}`,
          `  head      ${chain.head.hash}`,
          ...notHeld.map(({ kind, hash: of, why }) => `  lacks the ${kind} ${of}: ${why}`),
        ].join('\n'),
      },
      options,
      io,
    );
    // Outcomes that nothing was written by are told of, and missed by nobody.
    return notHeld.some(({ kind }) => kind !== 'outcomes') ? 2 : 0;
  });

export interface VerifyOptions extends Pick<CommonOptions, 'output' | 'query'> {
  readonly folder: string;
  readonly publicKey?: string;
  readonly allowUnsigned: boolean;
  readonly head?: string;
}

export const evidenceVerify = async (options: VerifyOptions, io: Io): Promise<number> => {
  const { folder, allowUnsigned, head } = options;
  if (options.publicKey === undefined && !allowUnsigned) {
    throw new UsageError(
      'Without a public key nobody can tell who wrote the folder.',
      'Name the public key with --public-key FILE; for a folder that was never signed, say --allow-unsigned.',
    );
  }
  const publicKey = options.publicKey === undefined ? undefined : await readPublicKey(resolve(options.publicKey));
  const { isWhole, isSigned, problems, manifest, notes } = await verifyFolder(folderAt(resolve(folder)), {
    publicKey,
    allowUnsigned,
    head,
  });
  const chain = manifest?.chain;
  await print(
    {
      data: { folder: resolve(folder), isWhole, isSigned, problems, notes, chain: chain ?? null },
      text: isWhole
        ? [
            `${manifest!.application.displayName}: the evidence holds${isSigned ? '' : ', and is not signed'}`,
            `  records  ${count(chain!.records)}, ${chain!.first.seq} to ${chain!.last.seq}`,
            `  head     ${chain!.head.hash}`,
            ...notes.map((note) => `  note     ${note}`),
          ].join('\n')
        : problems.map(problemText).join('\n'),
    },
    options,
    io,
  );
  if (isWhole) return 0;
  io.err(
    `The evidence in ${folder} does not hold.\nDo not rely on it: ask for the folder as it was written, or have it exported again.\n`,
  );
  return 1;
};

export interface KeysOptions extends CommonOptions {
  readonly to?: string;
  readonly keychain?: string;
  readonly rotate: boolean;
}

export const evidenceKeys = async (options: KeysOptions, io: Io): Promise<number> => {
  const { to, keychain, rotate } = options;
  if (to !== undefined && keychain !== undefined)
    throw new UsageError('A key is kept in one place.', 'Give --to or --keychain, not both.');
  const isNew = to !== undefined || keychain !== undefined;
  if (!isNew && rotate)
    throw new UsageError('--rotate makes a new key, and needs a place for it.', 'Add --to FILE or --keychain NAME.');
  if (!isNew) return tellKey((await configuredSigner(options, io)).publicKey, undefined, options, io);
  if (!rotate) return tellKey((await newSigner(options, io)).publicKey, placeWords(options), options, io);
  return withWork(options, io, 'evidence keys', async (work) => {
    if (!work.signer) throw noKey(options);
    const next = await newSigner(options, io);
    await announceNext(work.evidence, work.told, work.signer, next);
    await signHead(work.evidence, work.told, next);
    return tellKey(next.publicKey, placeWords(options), options, io);
  });
};

const configuredSigner = async (options: KeysOptions, io: Io): Promise<Signer> => {
  const { key } = (await loadSettings(options.config)).evidence;
  if (key === null) throw noKey(options);
  return signerOf(key, (ref) => readSecret(ref, io.env));
};

const noKey = ({ config }: KeysOptions): RollcallError =>
  new RollcallError(
    `${config} names no key under evidence.key.`,
    'Make one with "rollcall evidence keys --to evidence-key.pem", and write into the configuration: evidence: { key: { file: evidence-key.pem } }',
  );

const newSigner = async ({ to, keychain }: KeysOptions, io: Io): Promise<Signer> => {
  const key = newPrivateKey();
  if (to !== undefined) await createKeyFile(resolve(to), key);
  else await storeInKeychain(keychain!, key, io.env);
  return keySigner(key, 'The new key');
};

const placeWords = ({ to, keychain }: KeysOptions): string =>
  to === undefined ? `{ keychain: ${JSON.stringify(keychain)} }` : `{ file: ${JSON.stringify(to)} }`;

const tellKey = async (
  { fingerprint, pem }: EvidencePublicKey,
  place: string | undefined,
  options: KeysOptions,
  io: Io,
): Promise<number> => {
  if (!options.quiet)
    io.err(
      `Public key ${fingerprint}. Whoever verifies the evidence needs it; keep it where nobody can exchange it.\n`,
    );
  if (place !== undefined && !options.quiet) io.err(`In the configuration: evidence: { key: ${place} }\n`);
  await print({ data: { fingerprint, publicKey: pem }, text: pem }, options, io);
  return 0;
};
