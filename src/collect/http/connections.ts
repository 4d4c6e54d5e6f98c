// Connections to web APIs: which certificates are trusted, and what is shown to the server.
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Connections, type OwnCertificate, openConnections, trustedWith } from '../../http/connections.ts';
import { RollcallError } from '../../model/errors.ts';
import type { SourceTools } from '../../model/source.ts';
import type { WebSettings } from '../../model/web-settings.ts';
import { whyUnusable } from '../certificate-file.ts';
import { webError } from './errors.ts';

/** Throws {@link SourceError} `badCertificates`, `badClientCertificate`. */
export const connectionsFor = async (
  { caFile, clientCertificate, timeLimits }: WebSettings,
  { readSecret, env }: SourceTools,
): Promise<Connections> => {
  if (caFile !== null) await checked(caFile);
  const own = clientCertificate === null ? {} : { own: await ownCertificate(clientCertificate, readSecret) };
  return openConnections({ caFile, connect: timeLimits.connect, ...own }, env);
};

const checked = async (caFile: string): Promise<void> => {
  try {
    await trustedWith(caFile);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    throw webError('badCertificates', { address: caFile }, whyUnusable(error), error);
  }
};

const ownCertificate = async (
  { file, password }: NonNullable<WebSettings['clientCertificate']>,
  readSecret: SourceTools['readSecret'],
): Promise<OwnCertificate> => {
  const passphrase = password === null ? undefined : await readSecret(password);
  try {
    const pem = await readFile(file, 'utf8');
    const shown = { cert: pem, key: pem, ...(passphrase !== undefined && { passphrase }) };
    createSecureContext(shown);
    return shown;
  } catch (error) {
    // The library's words could quote the file; its code says enough.
    const why = whyUnusable(error, 'it holds no certificate with its key in PEM, or its password is another');
    throw webError('badClientCertificate', { address: file }, why);
  }
};
