// Where the tenant listens: the loopback interface alone, over HTTP or TLS.
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsIdentity } from './tls.ts';

export interface Listening {
  readonly origin: string;
  /** With TLS: the file of the authority to trust. */
  readonly caFile: string | undefined;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Listens on a port, 0 for a free one. Throws what the system says when it cannot. */
export const listen = async (onRequest: RequestListener, port: number, isTls: boolean): Promise<Listening> => {
  // What makes certificates is heavy, so it is loaded when they are asked for.
  const identity: TlsIdentity | undefined = isTls ? await (await import('./tls.ts')).makeTlsIdentity() : undefined;
  const server = identity
    ? createTlsServer({ cert: identity.cert, key: identity.key }, onRequest)
    : createServer(onRequest);
  server.keepAliveTimeout = 60_000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, LOOPBACK, resolve);
    });
  } catch (error) {
    identity?.remove();
    throw error;
  }
  return {
    origin: `${isTls ? 'https' : 'http'}://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    caFile: identity?.caFile,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      identity?.remove();
    },
  };
};
