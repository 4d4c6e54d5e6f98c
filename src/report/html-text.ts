// Text on its way into a page: whatever an account says, it stays text.

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute. Control characters are shown as their pictures: ␀. */
export const escaped = (text: string): string =>
  text
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter]!)
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replaceAll('\u007f', '\u2421');

const LONGEST = 300;

/**
 * A cell. Addresses break after the @, other words only if they are long. It is isolated, so that letters which run
 * from right to left, or say so, do not reorder what stands beside it.
 */
export const cell = (text: string): string => {
  const isolated = /[^\s@]{22}/.test(text) ? '<bdi class="long">' : '<bdi>';
  const told = escaped(text.slice(0, LONGEST)).replaceAll('@', '@<wbr>');
  if (text.length <= LONGEST) return `${isolated}${told}</bdi>`;
  return `${isolated}${told}…</bdi> (${number(text.length)} characters)`;
};

/** `12,345` */
export const number = (value: number): string => value.toLocaleString('en-US');

/** A time for people and for programs. */
export const time = (iso: string): string =>
  `<time datetime="${escaped(iso)}">${escaped(iso.slice(0, 16).replace('T', ' '))} UTC</time>`;
