// Distinguished names, to be compared: servers and people write one name in several ways.
import { unescapeDn } from '../directory-values.ts';

/** One form for all ways to write a name: case, blanks and escapes do not matter (RFC 4514). */
export const comparableDn = (dn: string): string =>
  cut(dn, /[,;]/)
    .map((part) => cut(part, /\+/).map(comparablePart).sort().join('+'))
    .join(',');

const comparablePart = (part: string): string => {
  const at = part.indexOf('=');
  if (at === -1) return part.trim().toLowerCase();
  const value = unescapeDn(part.slice(at + 1).trimStart());
  // Escaped again in one way only, so that no value can pass for a border between parts.
  return `${part.slice(0, at).trim()}=${value.replace(/\s+/g, ' ').replace(/[\\,+=]/g, '\\$&')}`.toLowerCase();
};

/** Cuts where the sign is not escaped. */
const cut = (text: string, sign: RegExp): string[] => {
  const parts: string[] = [];
  let part = '';
  for (const [piece] of text.matchAll(/\\[\s\S]|[\s\S]/gu)) {
    if (sign.test(piece) && piece.length === 1) {
      parts.push(part);
      part = '';
    } else part += piece;
  }
  return [...parts, part];
};

/** Whether `dn` is `base` or lies below it. */
export const isWithin = (dn: string, base: string): boolean => {
  const [inner, outer] = [comparableDn(dn), comparableDn(base)];
  return outer === '' || inner === outer || inner.endsWith(`,${outer}`);
};
