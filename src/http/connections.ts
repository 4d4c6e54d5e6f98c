// Connections to web APIs: which certificates are trusted, and whether a proxy stands between.
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { RollcallError } from '../model/errors.ts';
import { authoritiesWith } from './authorities.ts';

export interface Connections {
  to(url: URL): Dispatcher;
  /** Ends all that are open. */
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A client's certificate with its key, as they are shown to a server that asks for one. In PEM. */
export interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
}

/** A server is always verified; there is no way around it. `connect`: seconds. */
export const openConnections = async (
  { caFile, connect, own }: { readonly caFile: string | null; readonly connect: number; readonly own?: OwnCertificate },
  env: Environment,
): Promise<Connections> => {
  const ca = await trustedWith(caFile);
  const proxyTls = { ca, rejectUnauthorized: true, timeout: connect * 1000 };
  const tls = { ...proxyTls, ...own };
  const options = {
    connect: tls,
    allowH2: false,
    // The client keeps its own time.
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
        requestTls: tls,
        proxyTls,
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

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

/** The usual authorities and those of a file, if one is named. Throws {@link RollcallError}. */
export const trustedWith = async (caFile: string | null): Promise<string[]> => {
  try {
    return await authoritiesWith(caFile);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const why = /^E[A-Z]+$/.test(code) ? code : 'no certificate in PEM';
    throw new RollcallError(
      `${caFile}: the certificates cannot be used (${why}).`,
      'Name a file with certificates in PEM as caFile.',
      { cause: error },
    );
  }
};
