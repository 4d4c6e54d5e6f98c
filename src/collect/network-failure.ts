// What the network and TLS say of a server that cannot be talked to, in words; for sources that speak a protocol of their own.

export interface NetworkFailure {
  readonly code: 'unreachable' | 'notTrusted' | 'noTls';
  readonly message: string;
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
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return { code: 'notTrusted', message: "the server's certificate is made out to another name" };
  }
  if (/^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|PATH_LENGTH|HOSTNAME_)/.test(code)) {
    return { code: 'notTrusted', message: `the server's certificate is not trusted: ${said}` };
  }
  if (/^ERR_(?:SSL|TLS|OSSL)|^EPROTO/.test(code)) {
    return { code: 'noTls', message: `no TLS could be agreed on with the server (${code})` };
  }
  return undefined;
};
