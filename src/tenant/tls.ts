// The certificates that the tenant serves TLS with: an authority of its own, made at each start and trusted by nobody else.
import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

export interface TlsIdentity {
  /** The authority's certificate in PEM, for those who connect. */
  readonly caFile: string;
  readonly cert: string;
  /** In memory only. */
  readonly key: string;
  /** Takes the file away again. */
  remove(): void;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/**
 * An authority, and a server's certificate for 127.0.0.1 and localhost that it signed. The authority's key is dropped at once,
 * so that nothing else can ever be signed with it; the server's key is never written to disk.
 */
export const makeTlsIdentity = async (): Promise<TlsIdentity> => {
  const pair = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [authorityKeys, serverKeys] = await Promise.all([pair(), pair()]);
  // By this machine's clock, whatever the tenant's own says. A day back, for clients whose clock is behind.
  const period = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 30 * DAY_MS) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...period,
    serialNumber: '01',
    name: 'CN=Rollcall local tenant authority',
    keys: authorityKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const server = await x509.X509CertificateGenerator.create({
    ...period,
    serialNumber: '02',
    subject: 'CN=localhost',
    issuer: authority.subject,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  const caFile = join(folder, 'authority.pem');
  writeFileSync(caFile, `${authority.toString('pem')}\n`);
  return {
    caFile,
    cert: server.toString('pem'),
    key: x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', serverKeys.privateKey), 'PRIVATE KEY'),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
};
