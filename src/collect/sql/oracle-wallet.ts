// What Oracle's driver takes certificates from: a wallet, which has to hold a key, even where nothing is to be shown to the server.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/**
 * A wallet in PEM that trusts the authorities. The driver makes one thing of whom it trusts and of what it shows, and refuses
 * certificates without a key. So a key stands before them that was made for this connection alone, is kept nowhere, and is known to no server.
 */
export const walletWith = async (authorities: readonly string[]): Promise<string> => {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const nobody = await x509.X509CertificateGenerator.createSelfSigned({
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    serialNumber: '01',
    name: 'CN=nobody',
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return [nobody.toString('pem'), x509.PemConverter.encode(key, 'PRIVATE KEY'), ...authorities].join('\n');
};
