// Behind a proxy, as administrators sit: a small one on this machine, before a directory that only it can reach.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as connectSocket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { json, serve } from '../../test/support/http.ts';
import { hostIdentity } from '../../test/support/tls.ts';
import { DirectoryError } from '../model/errors.ts';
import { connect } from './connect.ts';

const HOST = 'graph.contoso.test';
const INSIDE = 'inside.contoso.test';
const TOKEN = 'marked-token.e30.x';

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** A directory for HOST, and a proxy that leads every connection there. What each of them heard is kept. */
const behindProxy = async () => {
  const { ca, cert, key } = await hostIdentity(HOST);
  const heard: { url: string | undefined; authorization: string | undefined }[] = [];
  const directory = createTlsServer({ cert, key }, (request, response) => {
    heard.push({ url: request.url, authorization: request.headers.authorization });
    response.setHeader('connection', 'close');
    json(response, 200, { value: [{ id: '1', displayName: 'CORPDB1' }] });
  });
  const port = await listening(directory);
  const asked: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request, socket) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
    const onward = connectSocket(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [onward, socket]) end.on('error', () => end.destroy());
  });
  // Both names of the variables, as the library reads them: when a connection is made, and once a process.
  process.env['HTTPS_PROXY'] = `http://127.0.0.1:${await listening(proxy)}`;
  process.env['NO_PROXY'] = INSIDE;
  onTestFinished(() => {
    delete process.env['HTTPS_PROXY'];
  });
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-proxy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const caFile = join(folder, 'authority.pem');
  writeFileSync(caFile, ca);
  return { heard, asked, caFile };
};

const connected = (origin: string, caFile?: string) => {
  const clock = handClock();
  const credential = { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: clock.now() + 3_600_000 }) };
  return connect({ graph: `${origin}/v1.0`, credential, clock, ...(caFile !== undefined && { caFile }) });
};

test('a directory is reached through the proxy, which sees neither the token nor what is asked', async () => {
  const { heard, asked, caFile } = await behindProxy();
  const found = await connected(`https://${HOST}`, caFile).findApplicationsByName('CORPDB1');
  expect(found).toMatchObject([{ id: '1', displayName: 'CORPDB1' }]);
  expect(heard).toMatchObject([{ authorization: `Bearer ${TOKEN}` }]);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(new RegExp(`^${HOST}:443 `));
  expect(asked[0]).not.toMatch(/marked-token|CORPDB1/);
});

test('a certificate that is not trusted is told with the setting that helps, and not asked for again', async () => {
  const { heard, asked } = await behindProxy();
  const error = await connected(`https://${HOST}`)
    .countUsers()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DirectoryError);
  expect((error as DirectoryError).failure.status).toBe(0);
  expect((error as DirectoryError).remedy).toContain('"caFile"');
  expect(heard).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('hosts that NO_PROXY names, and this machine itself, are reached without the proxy', async () => {
  const { asked, caFile } = await behindProxy();
  const error = await connected(`https://${INSIDE}`, caFile)
    .countUsers()
    .catch((thrown: unknown) => thrown);
  // There is no such host outside of the proxy.
  expect((error as DirectoryError).failure.code).toMatch(/ENOTFOUND|EAI_AGAIN/);
  const local = await serve((_, response) => json(response, 200, { value: [] }));
  expect(await connected(local.origin).findApplicationsByName('x')).toEqual([]);
  expect(asked).toEqual([]);
});
