// Who asks for a token: the tenant's one client, by its secret, a certificate, an identity of elsewhere, or as a public client.
import { createPublicKey, type KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto';
import { type FederatedCredential, keyOf, matching } from './federated.ts';
import { isSignedBy, type Jwt, readJwt } from './jwt.ts';
import { OAuthError, unknownClient } from './oauth-error.ts';

/** `appidacr` of the token: 0 a public client, 1 a secret, 2 a certificate or another proof with a key. */
export type Proof = '0' | '1' | '2';

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Certificates in PEM whose keys the client may sign with. */
  readonly certificates: readonly string[];
  readonly federated: readonly FederatedCredential[];
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Certificate {
  readonly thumbprints: Readonly<Record<string, string>>;
  readonly key: KeyObject;
}

const certificateOf = (pem: string): Certificate => {
  const certificate = new X509Certificate(pem);
  const thumbprint = (hex: string) => Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
  return {
    thumbprints: { x5t: thumbprint(certificate.fingerprint), 'x5t#S256': thumbprint(certificate.fingerprint256) },
    key: createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' })),
  };
};

export interface ClientCheck {
  /**
   * Tells how the client proved who it is.
   *
   * Errors: AADSTS700016 for another client, AADSTS7000215 for a wrong secret, AADSTS70002x for an assertion that does not hold.
   */
  prove(form: URLSearchParams, basic: string | undefined, audiences: readonly string[]): Promise<Proof>;
  /** Errors: AADSTS700016. */
  known(clientId: string | null | undefined): void;
}

export const createClientCheck = (credentials: ClientCredentials): ClientCheck => {
  const { clientId, clientSecret, federated } = credentials;
  const certificates = credentials.certificates.map(certificateOf);

  const known = (id: string | null | undefined): void => {
    if (id !== clientId) throw unknownClient();
  };

  const proveByAssertion = async (assertion: string, audiences: readonly string[]): Promise<Proof> => {
    const jwt = readJwt(assertion);
    if (!jwt) throw new OAuthError('invalid_request', 50027, 'JWT token is invalid or malformed.');
    if (jwt.header['x5t'] !== undefined || jwt.header['x5t#S256'] !== undefined) byCertificate(jwt, audiences);
    else await byFederation(jwt);
    checkLifetime(jwt);
    return '2';
  };

  const byCertificate = (jwt: Jwt, audiences: readonly string[]): void => {
    const certificate = certificates.find(({ thumbprints }) =>
      Object.entries(thumbprints).some(([name, value]) => jwt.header[name] === value),
    );
    if (!certificate || !isSignedBy(jwt, certificate.key, ['PS256', 'RS256'])) {
      const why = certificate
        ? 'Client assertion failed signature validation.'
        : 'The certificate with identifier used to sign the client assertion is not registered on application.';
      throw new OAuthError('invalid_client', 700027, why);
    }
    const { iss, sub, aud, jti } = jwt.claims;
    if (iss !== clientId || sub !== clientId) {
      const message = "Client assertion application identifier doesn't match 'client_id' parameter.";
      throw new OAuthError('invalid_client', 700021, message);
    }
    if (typeof aud !== 'string' || !audiences.includes(aud)) {
      const message = 'Client assertion audience claim does not match Realm issuer.';
      throw new OAuthError('invalid_client', 700023, message);
    }
    if (typeof jti !== 'string' || jti === '')
      throw new OAuthError('invalid_client', 50027, 'JWT token is invalid or malformed: it has no jti claim.');
  };

  const byFederation = async (jwt: Jwt): Promise<void> => {
    const key = await keyOf(matching(federated, jwt), jwt);
    if (!key || !isSignedBy(jwt, key, ['RS256']))
      throw new OAuthError('invalid_client', 50013, 'Assertion failed signature validation.');
  };

  return {
    known,
    prove: async (form, basic, audiences) => {
      const [basicId, basicSecret] = basic === undefined ? [] : decodeBasic(basic);
      known(form.get('client_id') ?? basicId);
      const assertion = form.get('client_assertion');
      if (assertion !== null) {
        if (form.get('client_assertion_type') !== JWT_BEARER)
          throw new OAuthError('invalid_request', 900144, `The client_assertion_type must be ${JWT_BEARER}.`);
        return proveByAssertion(assertion, audiences);
      }
      const secret = form.get('client_secret') ?? basicSecret;
      if (secret === undefined) return '0';
      if (!isSame(secret, clientSecret))
        throw new OAuthError('invalid_client', 7000215, 'Invalid client secret provided.');
      return '1';
    },
  };
};

const isSame = (given: string, right: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** By this machine's clock, which who made the assertion goes by too; the tenant's may have been moved. */
const checkLifetime = ({ claims }: Jwt): void => {
  const { exp, nbf } = claims;
  const now = Date.now();
  const isNow = typeof exp === 'number' && exp * 1000 > now && (typeof nbf !== 'number' || nbf * 1000 <= now + SKEW_MS);
  if (!isNow) throw new OAuthError('invalid_client', 700024, 'Client assertion is not within its valid time range.');
};

const SKEW_MS = 300_000;

/** Client id and secret of HTTP Basic, each form-encoded. What is encoded wrongly is no secret of ours. */
const decodeBasic = (header: string): readonly string[] => {
  const encoded = /^Basic (.+)$/i.exec(header)?.[1];
  if (!encoded) return [];
  try {
    return Buffer.from(encoded, 'base64').toString().split(':').map(decodeURIComponent);
  } catch {
    return [];
  }
};
