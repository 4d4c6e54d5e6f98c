// A client's certificate and key, made for one test.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export interface ClientCertificate {
  /** In PEM, as it is registered. */
  readonly certificate: string;
  /** In PEM, PKCS #8. */
  readonly key: string;
}

export const makeClientCertificate = async (): Promise<ClientCertificate> => {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Rollcall trial client',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
  });
  return {
    certificate: certificate.toString('pem'),
    key: x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
  };
};
