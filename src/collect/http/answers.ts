// From the bytes of an answer to what they say: text, or JSON. A page for people in place of data is told as one.

import { firstWords } from '../../http/words.ts';
import { type ServerPlace, SourceError } from '../../model/errors.ts';
import type { Answer } from './client.ts';
import { type WebDefect, webError } from './errors.ts';
import { faultPosition, parseJson } from './json.ts';

type Masked = (text: string) => string;

/** The answer as text, in the encoding that it declares; UTF-8 where it declares none. Throws {@link SourceError}. */
export const textOf = ({ headers, body }: Answer, place: ServerPlace): string => {
  const declared = /charset\s*=\s*"?([^\s";,]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(declared, { fatal: true }).decode(body);
  } catch {
    throw webError('invalidEncoding', place, `the answer is not in the encoding that it declares (${declared})`);
  }
};

/** The answer as JSON; numbers as {@link parseJson} has them. Throws {@link SourceError}. */
export const jsonOf = (answer: Answer, place: ServerPlace, masked: Masked): unknown => {
  const text = textOf(answer, place);
  try {
    return parseJson(text);
  } catch {
    throw notJson(text, answer.headers['content-type'], place, masked) ?? brokenJson(place, faultPosition(text));
  }
};

/** The error for what is no JSON at all; undefined where it is meant to be JSON. */
export const notJson = (
  text: string,
  type: string | undefined,
  place: ServerPlace,
  masked: Masked,
): SourceError | undefined => {
  const html = pageInstead(text, type, place, masked);
  if (html) return html;
  const meant = type === undefined || /\bjson\b/i.test(type) || /^\s*[[{]/.test(text);
  if (meant) return undefined;
  return unexpected('wrongContentType', `the answer is not JSON but ${typeText(type)}`, text, place, masked);
};

/** The error for an HTML page; undefined where it is none. */
export const pageInstead = (text: string, type: string | undefined, place: ServerPlace, masked: Masked) => {
  const isHtml = /\bhtml\b/i.test(type ?? '') || /^\s*(?:<!doctype html|<html)\b/i.test(text);
  return isHtml ? unexpected('htmlPage', 'the answer is an HTML page', text, place, masked) : undefined;
};

export const typeText = (type: string | undefined): string =>
  (type ?? '').split(';')[0]!.trim() || 'of no declared type';

const unexpected = (code: WebDefect, what: string, text: string, place: ServerPlace, masked: Masked): SourceError => {
  const words = firstWords(masked(text.slice(0, 8192)));
  return webError(code, place, words === '' ? what : `${what}; it begins: "${words}"`);
};

/** `where`: the position. What stands there is not quoted: it may be anybody's data. */
export const brokenJson = (place: ServerPlace, where: string): SourceError =>
  new SourceError(
    'brokenJson',
    place,
    `the answer is not whole: it stops being JSON ${where}`,
    'Run the same command again; if it stays so, tell those who run the API.',
  );
