// Whom a server's certificate may be signed by: those of the operating system and of Node.js, and whom a file names.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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

/**
 * The usual authorities, and those of a file in PEM; null: the usual alone.
 *
 * Errors: those of the file system, and of Node.js for what is no certificate. Neither may be shown: they could quote the file.
 */
export const authoritiesWith = async (file: string | null): Promise<string[]> => {
  if (file === null) return usualAuthorities();
  const written = await readFile(file, 'utf8');
  // TLS itself takes a file without any certificate for one that adds none.
  new X509Certificate(written);
  return [...usualAuthorities(), written];
};
