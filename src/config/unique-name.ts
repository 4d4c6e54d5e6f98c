// The key by which an application is found again: display names are not unique in a directory, this is.
import { createHash } from 'node:crypto';

/**
 * `rollcall-` and the name in lower-case ASCII letters, digits and hyphens. Where that loses more than letter case, eight
 * digits of a hash keep two names apart: the same name always gives the same key.
 */
export const defaultUniqueName = (name: string): string => {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  if (slug === name.toLowerCase()) return `rollcall-${slug}`;
  const hash = createHash('sha256').update(name.normalize('NFC')).digest('hex').slice(0, 8);
  return ['rollcall', slug, hash].filter(Boolean).join('-');
};
