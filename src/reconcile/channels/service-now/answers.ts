// What an answer of the Table API says, and what its silence may mean. Nothing is believed that is not written there.
import type { WebAnswer } from '../../../http/client.ts';

/** A record: only the fields that came, as the database has them. */
export type Row = Readonly<Record<string, string>>;

export type Said =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  /** No answer that can be used: the request may have been carried out. */
  | { readonly kind: 'unclear'; readonly why: string }
  /** Not carried out, but worth another attempt. */
  | { readonly kind: 'later'; readonly why: string }
  /** The instance is switched off until a person wakes it. */
  | { readonly kind: 'asleep' }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string };

/** Error texts and codes: https://www.servicenow.com/docs/r/zurich/api-reference/rest-api-explorer/r_RESTAPIHTTPResponseCodes.html */
export const saidBy = ({ status, headers, text }: WebAnswer): Said => {
  if (isPage(headers['content-type'], text)) return pageSaid(status, text);
  if (status === 429) return { kind: 'later', why: 'it is asked too often (status 429)' };
  const body = parsed(text);
  const why = errorText(body);
  if (status === 408 || status >= 500)
    return { kind: 'unclear', why: `status ${status}${why === '' ? '' : `: ${why}`}` };
  if (status < 200 || status >= 300) return { kind: 'refused', status, why };
  // Also with status 200: a transaction that was cut short has the rows that came so far, and an error.
  if (why !== '') return { kind: 'unclear', why };
  const rows = rowsOf(body);
  return rows === undefined
    ? { kind: 'unclear', why: `an answer without a result (status ${status})` }
    : { kind: 'rows', rows };
};

const isPage = (type: string | undefined, text: string): boolean =>
  /\bhtml\b/i.test(type ?? '') || /^\s*(?:<!doctype html|<html)\b/i.test(text);

/** An instance that hibernates answers everything with a page, whatever the status. */
const pageSaid = (status: number, text: string): Said => {
  if (/hibernat/i.test(text)) return { kind: 'asleep' };
  if (status === 401 || status === 403) return { kind: 'refused', status, why: 'a page for people' };
  return { kind: 'unclear', why: `a page for people in place of data (status ${status})` };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Empty, or cut off: what it means is decided by who asked.
    return undefined;
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const errorText = (body: unknown): string => {
  if (!isRecord(body)) return '';
  const { error } = body;
  if (typeof error === 'string') return error;
  if (!isRecord(error)) return '';
  return [error['message'], error['detail']].filter((part) => typeof part === 'string' && part !== '').join(': ');
};

const rowsOf = (body: unknown): readonly Row[] | undefined => {
  if (!isRecord(body)) return undefined;
  const { result } = body;
  if (Array.isArray(result)) return result.every(isRecord) ? result.map(rowOf) : undefined;
  return isRecord(result) ? [rowOf(result)] : undefined;
};

const rowOf = (record: Readonly<Record<string, unknown>>): Row =>
  Object.fromEntries(
    Object.entries(record).flatMap(([field, written]) => {
      const value = textOf(written);
      return value === undefined ? [] : [[field, value]];
    }),
  );

/** A reference comes as `{ link, value }`, and with display values as `{ display_value, value }`. */
const textOf = (written: unknown): string | undefined => {
  if (isRecord(written)) return textOf(written['value']);
  if (typeof written === 'string') return written;
  return typeof written === 'number' || typeof written === 'boolean' ? String(written) : undefined;
};
