// Files with certificates, as administrators name them under caFile: read, and held to hold one.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { usualAuthorities } from '../http/authorities.ts';

/** The usual authorities, those of the operating system among them, and those of a file in PEM. Throws what {@link whyUnusable} has words for. */
export const authoritiesWith = async (file: string | null): Promise<string[]> => {
  if (file === null) return usualAuthorities();
  const written = await readFile(file, 'utf8');
  // TLS itself takes a file without any certificate for one that adds none.
  new X509Certificate(written);
  return [...usualAuthorities(), written];
};

const FILE_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
};

/** Why a file with certificates cannot be used, in words. What the libraries say could quote the file. */
export const whyUnusable = (error: unknown, otherwise = 'it holds no certificate in PEM'): string => {
  const { code = '', cause } = error as NodeJS.ErrnoException;
  return FILE_WORDS[code] ?? FILE_WORDS[(cause as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? otherwise;
};
