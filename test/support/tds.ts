// The beginning of SQL Server's protocol, as far as TLS is agreed on in it; there is no database behind.
// Source: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/60f56408-0188-4cd5-8b90-25c6f2423868
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

const HEADER_BYTES = 8;
const PRELOGIN = 0x12;
const REPLY = 0x04;

/** What the server answers first: its version, and that everything is to be encrypted. */
const AGREED = Buffer.from([0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 0x01]);

const packet = (type: number, content: Buffer): Buffer => {
  const header = Buffer.from([type, 0x01, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(HEADER_BYTES + content.length, 2);
  return Buffer.concat([header, content]);
};

/** Listens until the test ends. `met` gets a word for each client that has agreed on TLS with it. */
export const serveTds = async (identity: {
  readonly cert: string;
  readonly key: string;
}): Promise<{ readonly port: number; readonly met: readonly string[] }> => {
  const met: string[] = [];
  const server = createServer((socket) => {
    // The first messages of TLS travel in packets of the protocol's own.
    const inside = new Duplex({
      read: () => undefined,
      write: (piece: Buffer, _encoding, done) => void socket.write(packet(PRELOGIN, piece), () => done()),
    });
    let waiting = Buffer.alloc(0);
    let greeted = false;
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      waiting = Buffer.concat([waiting, piece]);
      while (waiting.length >= HEADER_BYTES && waiting.length >= waiting.readUInt16BE(2)) {
        const end = waiting.readUInt16BE(2);
        const content = waiting.subarray(HEADER_BYTES, end);
        waiting = waiting.subarray(end);
        if (greeted) {
          inside.push(content);
          continue;
        }
        greeted = true;
        socket.write(packet(REPLY, AGREED));
        const secure = new TLSSocket(inside, { ...identity, isServer: true });
        secure.on('error', () => socket.destroy());
        secure.once('secure', () => {
          met.push('a client that trusts');
          // It says what it signs in with, and hears nothing.
          setImmediate(() => socket.destroy());
        });
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, met };
};
