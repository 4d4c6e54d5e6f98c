// Connections to web APIs: which certificates are trusted, what is shown to the server, and whether a proxy stands between.
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { SourceTools } from '../../model/source.ts';
import type { WebSettings } from '../../model/web-settings.ts';
import { webError } from './errors.ts';

export interface Connections {
  to(url: URL): Dispatcher;
  /** Ends all that are open. */
  close(): Promise<void>;
}

/** A server is always verified; there is no way around it. */
export const openConnections = async (
  { caFile, clientCertificate, timeLimits }: WebSettings,
  { readSecret, env }: SourceTools,
): Promise<Connections> => {
  const ca = caFile === null ? undefined : await trusted(caFile);
  const shown = clientCertificate === null ? {} : await ownCertificate(clientCertificate, readSecret);
  const tls = { ...(ca && { ca }), ...shown, rejectUnauthorized: true };
  const connect = { ...tls, timeout: timeLimits.connect * 1000 };
  const options = {
    connect,
    connectTimeout: connect.timeout,
    allowH2: false,
    // The client keeps its own time: from the outside it is seen whether it waits for the server or for the reader.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  let direct: Dispatcher | undefined;
  let proxied: Dispatcher | undefined;
  return {
    to: (url) => {
      // A proxy cannot reach this machine's own addresses.
      if (isLoopback(url)) {
        direct ??= new Agent(options);
        return direct;
      }
      proxied ??= new EnvHttpProxyAgent({
        ...options,
        requestTls: connect,
        proxyTls: { ...(ca && { ca }), timeout: connect.timeout },
        // Empty, not absent: what is absent it takes from the environment of the process.
        httpProxy: '',
        httpsProxy: env['https_proxy'] || env['HTTPS_PROXY'] || '',
        noProxy: env['no_proxy'] || env['NO_PROXY'] || '',
      });
      return proxied;
    },
    close: async () => {
      await Promise.all([direct?.destroy(), proxied?.destroy()]);
    },
  };
};

export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

const trusted = async (caFile: string): Promise<string[]> => {
  try {
    const ca = [...getCACertificates('default'), await readFile(caFile, 'utf8')];
    createSecureContext({ ca });
    return ca;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'no certificate in PEM';
    throw webError('badCertificates', { address: caFile }, `the certificates cannot be used (${why})`);
  }
};

const ownCertificate = async (
  { file, password }: NonNullable<WebSettings['clientCertificate']>,
  readSecret: SourceTools['readSecret'],
) => {
  const passphrase = password === null ? undefined : await readSecret(password);
  try {
    const pem = await readFile(file, 'utf8');
    const shown = { cert: pem, key: pem, ...(passphrase !== undefined && { passphrase }) };
    createSecureContext(shown);
    return shown;
  } catch (error) {
    // The library's words could quote the file; its code says enough.
    const why = (error as NodeJS.ErrnoException).code ?? 'no certificate with its key in PEM';
    throw webError('badClientCertificate', { address: file }, `it cannot be used (${why})`);
  }
};
