// What the network and TLS say of a server that cannot be talked to, in words, and what to do where that depends on it.

export interface NetworkFailure {
  readonly code: 'unreachable' | 'notTrusted' | 'noTls';
  readonly message: string;
  /** In place of the usual one. */
  readonly remedy?: string;
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no server of this name',
  EAI_AGAIN: 'the name of the server cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not use the socket',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ETIMEDOUT: 'nothing answers there',
};

/** By the code of Node.js's error; undefined where it is something else, such as a connection that was lost. */
export const networkFailureOf = (code: string, said: string): NetworkFailure | undefined => {
  const unreachable = UNREACHABLE[code];
  if (unreachable !== undefined) return { code: 'unreachable', message: unreachable };
  const certificate = CERTIFICATE_CODES.test(code) ? certificateFailure(`${code} ${said}`) : undefined;
  if (certificate) return { code: 'notTrusted', ...certificate };
  if (/^ERR_(?:SSL|TLS|OSSL)|^EPROTO/.test(code)) {
    return { code: 'noTls', message: `no TLS could be agreed on with the server (${code})` };
  }
  return undefined;
};

/** What the checks of certificates say; anything else about TLS is another matter. */
const CERTIFICATE_CODES =
  /^(?:CERT_|CRL_|ERR_TLS_CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|PATH_LENGTH|HOSTNAME_)/;

interface Told {
  readonly message: string;
  readonly remedy: string;
}

/** How the certificate of an authority is had: an administrator has to ask somebody, or knows the Windows domain's. */
const GET_AUTHORITY =
  'Ask who runs the server for the certificate of the authority that signed its own, in PEM, and name that file as caFile under source; in a Windows domain "certutil -ca.cert ca.cer", then "certutil -encode ca.cer ca.pem" write it.';

const REASONS: readonly (readonly [said: RegExp, of: (said: string) => Told])[] = [
  [
    /ALTNAME|HOSTNAME_MISMATCH|altnames?\b/i,
    (said) => ({
      message: `the server's certificate is made out to another name${namesIn(said)}`,
      remedy:
        'Write the host by the name that the certificate is made out to, or have the server given one for the name that is written.',
    }),
  ],
  [
    /HAS_EXPIRED|has expired/i,
    () => ({
      message: "the server's certificate has expired",
      remedy: "Ask who runs the server to renew it, or correct this machine's clock.",
    }),
  ],
  [
    /NOT_YET_VALID|not yet valid/i,
    () => ({
      message: "the server's certificate is not valid yet",
      remedy: "Correct this machine's clock, or ask who runs the server.",
    }),
  ],
  [
    /REVOKED|revoked/i,
    () => ({ message: "the server's certificate was revoked", remedy: 'Ask who runs the server for a new one.' }),
  ],
  [
    /DEPTH_ZERO|self.signed certificate(?! in)/i,
    () => ({
      message: "the server's certificate is not trusted here: it is signed by nobody but itself",
      remedy: 'Ask who runs the server for this certificate in PEM, and name that file as caFile under source.',
    }),
  ],
  [
    /CERT|ISSUER|SELF_SIGNED|UNABLE_TO_|INVALID_CA|PATH_LENGTH|self.signed|certificate|issuer/i,
    () => ({
      message: "the server's certificate is not trusted here: it is signed by an authority that is not known",
      remedy: GET_AUTHORITY,
    }),
  ],
];

/** What is wrong with a server's certificate, by what TLS says of it; undefined where it says nothing of one. */
export const certificateFailure = (said: string): Told | undefined =>
  REASONS.find(([words]) => words.test(said))?.[1](said);

/** As Node.js tells them: `… is not in the cert's altnames: DNS:dc1.contoso.com, DNS:dc1`. */
const namesIn = (said: string): string => {
  const names = /altnames: ((?:DNS|IP Address):.+)$/.exec(said)?.[1]?.replaceAll(/(?:DNS|IP Address):/g, '');
  return names === undefined ? '' : ` (${names.slice(0, 200)})`;
};
