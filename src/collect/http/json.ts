// JSON without loss: what JavaScript's numbers cannot hold as it was written stays the text that it was.

/**
 * Parses JSON. A number that would not be written back as it stood (12345678901234567890, 1.10, 1e5) becomes its text.
 *
 * Errors: `SyntaxError`, whose message quotes the text: it may not be shown.
 */
export const parseJson = (text: string): unknown =>
  // Most answers hold nothing of the kind; the other way costs a call for each value.
  UNUSUAL_NUMBER.test(text) ? JSON.parse(text, asWritten) : JSON.parse(text);

/** Sixteen digits, a fraction or an exponent; texts that look so just take the slower way. */
const UNUSUAL_NUMBER = /\d{16}|\d[.eE]|-0/;

const asWritten = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return writtenNumber(context.source);
};

/** The number that is written, or the text where the number would not be written back so. */
export const writtenNumber = (written: string): number | string => {
  const value = Number(written);
  return String(value) === written ? value : written;
};

/** Where a text stops being JSON, in words; for a text that {@link parseJson} refuses. */
export const faultPosition = (text: string): string => {
  if (mayGoOn(text)) return `after ${text.length.toLocaleString('en')} characters`;
  // Some of the parser's messages quote the text in place of telling where: then the longest beginning is looked for.
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (mayGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  const before = text.slice(0, good).split('\n');
  return `at line ${before.length}, column ${before.at(-1)!.length + 1}`;
};

/** Whether a text is the beginning of JSON: the parser has nothing against it but that it ends. */
const mayGoOn = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    return position === undefined ? /^Unexpected end/.test(message) : Number(position) >= text.length;
  }
};
