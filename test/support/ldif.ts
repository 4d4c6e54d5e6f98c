// Writes files as directories export them, for tests.

/** Attributes with their values; bytes and odd texts are written in base64. */
export type Entry = readonly (readonly [attribute: string, value: string | Buffer])[];

/** RFC 2849: what may stand as it is. */
const SAFE = /^(?:[\x01-\x09\x0b\x0c\x0e-\x1f\x21-\x39\x3b\x3d-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*)?$/;

export const ldif = (entries: Iterable<Entry>, lineEnd = '\n'): string => {
  let text = `version: 1${lineEnd}${lineEnd}`;
  for (const entry of entries) {
    for (const [attribute, value] of entry) text += folded(fieldText(attribute, value), lineEnd);
    text += lineEnd;
  }
  return text;
};

const fieldText = (attribute: string, value: string | Buffer): string =>
  typeof value === 'string' && SAFE.test(value) && !value.endsWith(' ')
    ? `${attribute}: ${value}`
    : `${attribute}:: ${Buffer.from(value).toString('base64')}`;

const LINE = 76;

const folded = (line: string, lineEnd: string): string => {
  let text = line.slice(0, LINE);
  for (let at = LINE; at < line.length; at += LINE - 1) text += `${lineEnd} ${line.slice(at, at + LINE - 1)}`;
  return text + lineEnd;
};

/** A cell of csvde: values one after the other, bytes as X'…'. */
export const csvdeCell = (...values: readonly (string | Buffer)[]): string => {
  const written = values.map((value) =>
    typeof value === 'string' ? value.replaceAll(';', '\\;') : `X'${value.toString('hex')}'`,
  );
  const cell = written.join(';');
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
};
