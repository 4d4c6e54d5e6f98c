// What the authority answers over HTTP: a document, a page, or the way to somewhere else.

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  body: JSON.stringify(body),
});

/** Forms lead to this server and, by way of it, to clients that listen on this machine. */
const FORMS = "form-action 'self' http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:*";

export const html = (status: number, body: string, scriptNonce?: string): Answer => ({
  status,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; ${FORMS}${scriptNonce === undefined ? '' : `; script-src 'nonce-${scriptNonce}'`}`,
  },
  body,
});

export const redirect = (to: string): Answer => ({
  status: 302,
  headers: { Location: to, 'Cache-Control': 'no-store' },
  body: '',
});
