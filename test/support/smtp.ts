// A mail server on this machine, with TLS and a sign-in, that keeps what it takes and refuses what it is told to.
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../journeys/support/world.ts';
import { hostIdentity } from './tls.ts';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  /** As it came. */
  readonly raw: string;
}

export interface MailServerOptions {
  /** TLS from the first byte; else by STARTTLS. */
  readonly tls?: boolean;
  readonly offersStartTls?: boolean;
  readonly wantsSignIn?: boolean;
  /** Says how a recipient is refused. */
  readonly refuses?: (recipient: string) => { readonly code: number; readonly words: string } | undefined;
  /** What becomes of a message: refused with a code, or taken and the connection cut before that is said. */
  readonly onMessage?: (n: number) => { readonly code: number; readonly words: string } | 'cut' | undefined;
}

export const MAIL_USER = { user: 'rollcall', password: 'a password of the mail server' };

const errorOf = ({ code, words }: { code: number; words: string }) =>
  Object.assign(new Error(words), { responseCode: code });

export const startMailServer = async (options: MailServerOptions = {}) => {
  const { ca, cert, key } = await hostIdentity('localhost');
  const caFile = join(temporaryFolder(), 'ca.pem');
  writeFileSync(caFile, ca);
  const mails: Mail[] = [];
  const server = new SMTPServer({
    secure: options.tls ?? false,
    cert,
    key,
    hideSTARTTLS: options.offersStartTls === false,
    disabledCommands: options.offersStartTls === false ? ['STARTTLS'] : [],
    authOptional: !(options.wantsSignIn ?? false),
    // So that a program that says its password in the clear can be caught at it.
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _, done) => {
      const isRight = username === MAIL_USER.user && password === MAIL_USER.password;
      return isRight ? done(null, { user: username }) : done(new Error(`Invalid: ${password}`));
    },
    onRcptTo: ({ address }, _, done) => {
      const refusal = options.refuses?.(address);
      done(refusal && errorOf(refusal));
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const told = options.onMessage?.(mails.length + 1);
        if (typeof told === 'object') return done(errorOf(told));
        mails.push({
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map(({ address }) => address),
          isSecure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
          raw: Buffer.concat(pieces).toString('utf8'),
        });
        if (told === 'cut') for (const connection of server.connections) connection.close();
        else done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, caFile, mails };
};

/** The headers of a message, unfolded, names in lower case. */
export const headersOf = (part: string): Map<string, string> =>
  new Map(
    part
      .split('\r\n\r\n')[0]!
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );

/** Every part of a message that is no container, decoded, by its type. */
export const partsOf = (part: string): Map<string, string> => {
  const headers = headersOf(part);
  const type = headers.get('content-type') ?? 'text/plain';
  const body = part.slice(part.indexOf('\r\n\r\n') + 4);
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary === undefined)
    return new Map([[type.split(';')[0]!, decoded(body, headers.get('content-transfer-encoding'))]]);
  const inner = body.split(`--${boundary}`).slice(1, -1);
  return new Map(inner.flatMap((one) => [...partsOf(one.replace(/^\r\n/, ''))]));
};

const decoded = (body: string, encoding = '7bit'): string => {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
};
