// What of all that fails on the network was certainly not carried out, in words.
import { RollcallError } from '../model/errors.ts';

/** A request that was not answered. */
export class WebFailure extends RollcallError {
  override readonly name = 'WebFailure';
  /** The request may have been carried out all the same: it has to be looked for before it is sent again. */
  readonly mayHaveArrived: boolean;

  constructor(message: string, remedy: string, mayHaveArrived: boolean, options?: ErrorOptions) {
    super(message, remedy, options);
    this.mayHaveArrived = mayHaveArrived;
  }
}

const NETWORK =
  'Check the address, the name service, the proxy (HTTPS_PROXY, NO_PROXY), and that no firewall stands between.';
const TRUST = "Name a file with the certificates (PEM) of the server's authority as caFile.";
const PROXY = 'Check HTTPS_PROXY and NO_PROXY, and whether the proxy lets this address pass.';
const AGAIN = 'Run the same command again; what is done already is not done twice.';

/** What fails before a request is sent. */
const BEFORE: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  ENOTFOUND: ['there is no such host', NETWORK],
  EAI_AGAIN: ['the host could not be looked up', NETWORK],
  ECONNREFUSED: ['the connection was refused', NETWORK],
  EHOSTUNREACH: ['the host cannot be reached', NETWORK],
  ENETUNREACH: ['the network cannot be reached', NETWORK],
  UND_ERR_CONNECT_TIMEOUT: ['no connection could be made in time', NETWORK],
  UND_ERR_PRX_CONN: ['the proxy ended the connection', PROXY],
  UND_ERR_PRX_TLS: ["the proxy's certificate is not trusted", PROXY],
};

/** What the certificate checks of TLS say. */
const UNTRUSTED =
  /^(?:CERT_|ERR_TLS_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|CRL_|INVALID_CA|HOSTNAME_MISMATCH)/;

/** The failure for what the library reports. `place`: the address, as it may be shown. */
export const sentFailure = (error: unknown, place: string): WebFailure => {
  const cause = innermost(error);
  const code = cause.code ?? '';
  const told = (message: string, remedy: string, mayHaveArrived: boolean) =>
    new WebFailure(`${place}: ${message}.`, remedy, mayHaveArrived, { cause });
  if (/Proxy (?:response|Authentication)/.test(cause.message)) {
    const status = /\((\d{3})\)/.exec(cause.message)?.[1];
    return told(`the proxy refused with status ${status ?? 'unknown'}`, PROXY, false);
  }
  const before = BEFORE[code];
  if (before) return told(...before, false);
  if (UNTRUSTED.test(code)) return told(`the server's certificate is not trusted (${code})`, TRUST, false);
  if (/^(?:ERR_SSL_|ERR_TLS_|EPROTO)/.test(code)) {
    return told(`TLS failed (${code})`, 'Check that the server speaks TLS at this port.', false);
  }
  const known = code === '' ? 'the connection was cut' : `the connection was cut (${code})`;
  return told(known, AGAIN, true);
};

export const lateFailure = (place: string, seconds: number): WebFailure =>
  new WebFailure(`${place}: no whole answer within ${seconds} seconds.`, AGAIN, true);

/** Where several addresses of a host were tried, the first failure. */
const innermost = (error: unknown): Error & { readonly code?: string } => {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
};
