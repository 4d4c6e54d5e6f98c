// What people write of any web API: sign-in, certificates, time limits. Each kind of source puts these among its own keys.
import { z } from 'zod';
import { secretName } from '../../collect/secret-look.ts';
import type { SecretRef } from '../../model/settings.ts';
import type { WebSettings, WebSignIn } from '../../model/web-settings.ts';
import { choice, either, object, SECRET_EXPECTED, secretPlace, secretRef, type ToPath, text, url } from '../shapes.ts';

/** An address that may carry a query, but no secret. */
export const apiAddress = text.superRefine((written, context) => {
  const problem = addressProblem(written);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const addressProblem = (written: string): string | undefined => {
  const bare = written.replace(/\?[^#]*$/, '');
  if (!url.safeParse(bare).success) return 'expected an https address (http only for this machine itself)';
  const secret = [...new URL(written).searchParams.keys()].find((name) => secretName(name) !== undefined);
  return secret === undefined ? undefined : `${SECRET_EXPECTED}; "${secret}" belongs under signIn.apiKey`;
};

const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerName = text.regex(HEADER, 'expected the name of a header');

/** Names that are not those of this pattern; said here, because of a wrong key the library says only that it is wrong. */
export const namedBy =
  (pattern: RegExp, message: string) => (record: Readonly<Record<string, unknown>>, context: z.RefinementCtx) => {
    for (const name of Object.keys(record)) {
      if (!pattern.test(name)) context.addIssue({ code: 'custom', path: [name], message });
    }
  };

/** What the client sets itself. */
const OWN_HEADERS = ['host', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding'];

export const headersWritten = z
  .record(z.string(), either([text, secretRef], `expected a text; ${SECRET_EXPECTED}`))
  .superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const refuse = (message: string) => context.addIssue({ code: 'custom', path: [name], message });
      if (!HEADER.test(name)) refuse('expected the name of a header');
      if (OWN_HEADERS.includes(name.toLowerCase())) refuse('this header cannot be set');
      if (typeof value !== 'string') continue;
      const secret = /^(?:proxy-)?authorization$|^cookie$/i.test(name) || secretName(name) !== undefined;
      if (secret) refuse(SECRET_EXPECTED);
      if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) refuse('expected a text on one line');
    }
  })
  .optional()
  .describe('Further headers of each request. A value is a text, or the place of a secret.');

export const headerSettings = (
  written: Readonly<Record<string, string | SecretRef>> | undefined,
  path: ToPath,
): Record<string, string | SecretRef> =>
  Object.fromEntries(
    Object.entries(written ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : secretPlace(value, path),
    ]),
  );

const signIn = either(
  [
    choice(['none']),
    object({ basic: object({ user: text, password: secretRef }) }),
    object({ bearer: secretRef.describe('A token that does not change.') }),
    object({
      apiKey: object({
        header: headerName.optional().describe('The header that carries the key.'),
        query: text.optional().describe('The parameter of the query that carries the key.'),
        key: secretRef,
      }).refine(
        ({ header, query }) => (header === undefined) !== (query === undefined),
        'expected either header or query',
      ),
    }),
    object({
      clientCredentials: object({
        tokenUrl: url.describe('The token endpoint.'),
        clientId: text,
        secret: secretRef,
        scope: text.optional(),
        as: choice(['basic', 'body']).optional().describe('Where client id and secret stand. Default: basic.'),
        parameters: z.record(text, text).optional().describe('Further parameters, such as audience or resource.'),
      }),
    }),
  ],
  'expected none, or one of { basic }, { bearer }, { apiKey }, { clientCredentials }',
).describe('How to sign in.');

const seconds = z.number().positive('expected seconds').max(86_400, 'expected at most 86400 seconds');

/** Keys that every web API has. */
export const webKeys = {
  signIn,
  caFile: text.optional().describe('Certificates (PEM) to trust besides those of the operating system.'),
  clientCertificate: text.optional().describe('A PEM file with certificate and private key, shown to the server.'),
  clientCertificatePassword: secretRef.optional(),
  timeLimits: object({
    connect: seconds.optional().describe('To connect. Default: 10.'),
    answer: seconds.optional().describe('For a whole answer. Default: 300.'),
    silence: seconds.optional().describe('Between two pieces of an answer, and before the first. Default: 60.'),
  })
    .optional()
    .describe('In seconds.'),
  repeats: z
    .int('expected a whole number')
    .min(0, 'expected 0 to 20')
    .max(20, 'expected 0 to 20')
    .optional()
    .describe('How often a read is sent again when the connection was cut, or the server says "later". Default: 5.'),
  longestWait: seconds
    .optional()
    .describe('For how many seconds a server that says "later" is waited for, for each request. Default: 300.'),
  maxAnswerMiB: z
    .int('expected a whole number')
    .min(1, 'expected 1 to 1024')
    .max(1024, 'expected 1 to 1024')
    .optional()
    .describe('A larger answer is not read. Default: 64.'),
};

const webWritten = object(webKeys);
type WebWritten = z.infer<typeof webWritten>;

export const webSettings = (written: WebWritten, path: ToPath): WebSettings => ({
  signIn: signInSettings(written.signIn, path),
  caFile: written.caFile === undefined ? null : path(written.caFile),
  clientCertificate:
    written.clientCertificate === undefined
      ? null
      : {
          file: path(written.clientCertificate),
          password:
            written.clientCertificatePassword === undefined
              ? null
              : secretPlace(written.clientCertificatePassword, path),
        },
  timeLimits: {
    connect: written.timeLimits?.connect ?? 10,
    answer: written.timeLimits?.answer ?? 300,
    silence: written.timeLimits?.silence ?? 60,
  },
  repeats: written.repeats ?? 5,
  longestWait: written.longestWait ?? 300,
  maxAnswerBytes: (written.maxAnswerMiB ?? 64) * 2 ** 20,
});

const signInSettings = (written: WebWritten['signIn'], path: ToPath): WebSignIn => {
  if (written === 'none') return { kind: 'none' };
  if ('basic' in written) {
    const { user, password } = written.basic;
    return { kind: 'basic', user, password: secretPlace(password, path) };
  }
  if ('bearer' in written) return { kind: 'bearer', token: secretPlace(written.bearer, path) };
  if ('apiKey' in written) {
    const { header, query, key } = written.apiKey;
    const place =
      header === undefined ? ({ in: 'query', name: query! } as const) : ({ in: 'header', name: header } as const);
    return { kind: 'apiKey', ...place, key: secretPlace(key, path) };
  }
  const { tokenUrl, clientId, secret, scope, as, parameters } = written.clientCredentials;
  return {
    kind: 'clientCredentials',
    tokenUrl,
    clientId,
    secret: secretPlace(secret, path),
    scope: scope ?? null,
    as: as ?? 'basic',
    more: parameters ?? {},
  };
};
