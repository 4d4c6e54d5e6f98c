// TLS: the tenant's certificates, who has to trust them, and what is left of them.
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { connect, getCACertificates, type PeerCertificate, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { clientOf } from './support.ts';

const trustFromNowOn = (caFile: string): void => {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, readFileSync(caFile, 'utf8')]);
  onTestFinished(() => setDefaultCACertificates(before));
};

test('whoever trusts the authority reaches directory, tokens and control plane over TLS, and nobody else does', async () => {
  const tenant = await startTenant({ tls: true });
  onTestFinished(() => tenant.close());
  expect(tenant.graph).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/v1\.0$/);
  await expect(fetch(`${tenant.authority}/_tenant/stats`)).rejects.toThrow();

  trustFromNowOn(tenant.caFile!);
  const client = await clientOf(tenant);
  expect((await client.get('/users')).status).toBe(200);
  expect(await client.control('GET', 'stats')).toMatchObject({ requests: 1 });
  await expect(fetch(tenant.graph.replace('https:', 'http:'))).rejects.toThrow();
  expect((await fetch(`${tenant.authority.replace('127.0.0.1', 'localhost')}/_tenant/stats`)).status).toBe(200);
});

test('the certificate is for this machine alone, and signs nothing', async () => {
  const tenant = await startTenant({ tls: true });
  onTestFinished(() => tenant.close());
  const ca = readFileSync(tenant.caFile!, 'utf8');
  const { port } = new URL(tenant.authority);
  const peer = await new Promise<PeerCertificate>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
  const server = new X509Certificate(peer.raw);
  expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  expect(server.ca).toBe(false);
  const authority = new X509Certificate(ca);
  expect(authority.ca).toBe(true);
  expect(server.verify(authority.publicKey)).toBe(true);
});

test('each start has an authority of its own, whose file holds no key and is gone at the end', async () => {
  const tenants = [await startTenant({ tls: true }), await startTenant({ tls: true })];
  const files = tenants.map(({ caFile }) => caFile!);
  const [first, second] = files.map((file) => readFileSync(file, 'utf8'));
  expect(first).not.toBe(second);
  for (const file of files) {
    expect(readdirSync(dirname(file))).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE KEY');
  }
  for (const tenant of tenants) await tenant.close();
  expect(files.map((file) => existsSync(dirname(file)))).toEqual([false, false]);
});

test('without TLS there is no authority to trust', async () => {
  const tenant = await startTenant();
  onTestFinished(() => tenant.close());
  expect(tenant).not.toHaveProperty('caFile');
});
