import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { serve } from '../../test/support/http.ts';
import { hostIdentity } from '../../test/support/tls.ts';
import { RollcallError } from '../model/errors.ts';
import { openWebClient, type WebClient, type WebRequest } from './client.ts';

const LIMITS = { connect: 10, answer: 30 };
const ever = new AbortController().signal;
const get = (url: string): WebRequest => ({ method: 'GET', url: new URL(url), headers: {} });

const clientOf = async (parts: {
  caFile?: string;
  answer?: number;
  env?: Record<string, string>;
}): Promise<WebClient> => {
  const timeLimits = { ...LIMITS, answer: parts.answer ?? LIMITS.answer };
  const client = await openWebClient({ caFile: parts.caFile ?? null, timeLimits }, parts.env ?? {});
  onTestFinished(() => client.close());
  return client;
};

test('a whole answer comes back, whatever its status', async () => {
  const { origin, heard } = await serve((_, response) =>
    response.writeHead(418, { 'x-a': 'b' }).end('short and stout'),
  );
  const client = await clientOf({});
  const answer = await client.send(
    { method: 'POST', url: new URL(`${origin}/pot?key=1`), headers: { a: '1' }, body: 'tea' },
    ever,
  );
  expect(answer).toMatchObject({ status: 418, text: 'short and stout' });
  expect(answer.headers['x-a']).toBe('b');
  expect(heard[0]).toMatchObject({ method: 'POST', url: '/pot?key=1', body: 'tea' });
});

test('what was cut off, or comes late, may have been carried out; what never got there was not', async () => {
  const cutting = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setTimeout(() => response.destroy(), 10);
  });
  const silent = await serve(() => undefined);
  const client = await clientOf({});
  await expect(client.send(get(`${cutting.origin}/a?secret=1`), ever)).rejects.toMatchObject({ mayHaveArrived: true });
  await expect(client.send(get(`${cutting.origin}/a?secret=1`), ever)).rejects.not.toThrow(/secret/);
  await expect(client.send(get('http://127.0.0.1:9'), ever)).rejects.toMatchObject({ mayHaveArrived: false });
  const hasty = await openWebClient({ caFile: null, timeLimits: { connect: 0.1, answer: 0.1 } }, {});
  onTestFinished(() => hasty.close());
  await expect(hasty.send(get(silent.origin), ever)).rejects.toMatchObject({ mayHaveArrived: true });
});

test('an aborted request ends with the reason', async () => {
  const { origin } = await serve(() => undefined);
  const client = await clientOf({});
  const stop = new AbortController();
  const sent = client.send(get(origin), stop.signal);
  stop.abort(new Error('stopped by hand'));
  await expect(sent).rejects.toThrow('stopped by hand');
});

test('a server is believed only with a certificate of an authority that is trusted', async () => {
  const { ca, cert, key } = await hostIdentity('localhost');
  const server = createServer({ cert, key }, (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const address = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-http-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, ca);

  const stranger = await clientOf({});
  await expect(stranger.send(get(address), ever)).rejects.toThrow(/certificate is not trusted/);
  const friend = await clientOf({ caFile });
  expect(await friend.send(get(address), ever)).toMatchObject({ status: 200, text: 'hello' });

  writeFileSync(caFile, 'no certificate');
  await expect(openWebClient({ caFile, timeLimits: LIMITS }, {})).rejects.toThrow(RollcallError);
});

test('a proxy of the environment is asked for any host but this machine itself', async () => {
  const other = await serve((_, response) => response.end('direct'));
  const client = await clientOf({ env: { HTTPS_PROXY: 'http://127.0.0.1:9' } });
  await expect(client.send(get('https://hooks.contoso.com/'), ever)).rejects.toMatchObject({ mayHaveArrived: false });
  expect(await client.send(get(other.origin), ever)).toMatchObject({ text: 'direct' });
});
