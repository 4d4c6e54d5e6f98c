// Files with certificates, as administrators name them: why one of them cannot be used.

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
