// Whom a server's certificate may be signed by when nobody says more: those of the operating system, and those of Node.js.
import { getCACertificates } from 'node:tls';

let usual: readonly string[] | undefined;

/**
 * Certificates in PEM. An administrator expects those of the operating system to be trusted, where a company puts its own; Node.js by
 * itself knows those of Mozilla alone. Read when they are first wanted: that takes a tenth of a second.
 * Source: https://nodejs.org/api/tls.html#tlsgetcacertificatestype
 */
export const usualAuthorities = (): string[] => {
  usual ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return [...usual];
};
