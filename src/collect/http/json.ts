// JSON without loss: what JavaScript's numbers cannot hold as it was written stays the text that it was.

/**
 * Parses JSON. A number that would not be written back as it stood (12345678901234567890, 1.10, 1e5) becomes its text.
 *
 * Errors: `SyntaxError`, whose message quotes the text: only {@link faultPosition} of it may be shown.
 */
export const parseJson = (text: string): unknown =>
  // Most answers hold nothing of the kind; the other way costs a call for each value.
  UNUSUAL_NUMBER.test(text) ? JSON.parse(text, asWritten) : JSON.parse(text);

/** Sixteen digits, a fraction or an exponent; texts that look so just take the slower way. */
const UNUSUAL_NUMBER = /\d{16}|\d[.eE]|-0/;

const asWritten = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
};

/** Where JSON breaks off being JSON, in words. */
export const faultPosition = (error: unknown, text: string): string => {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return `after ${text.length.toLocaleString('en')} characters`;
  const before = text.slice(0, Number(position)).split('\n');
  return `at line ${before.length}, column ${before.at(-1)!.length + 1}`;
};
