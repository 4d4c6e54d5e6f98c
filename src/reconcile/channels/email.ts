// Orders as messages to the application's owners: one for all that is ordered together, with the list as text and as a file.
import { isIP } from 'node:net';
import { createTransport, type Transporter } from 'nodemailer';
import { trustedWith } from '../../http/connections.ts';
import { firstWords, withoutThese } from '../../http/words.ts';
import type { Channel, ChannelTools, OrderReport } from '../../model/channel.ts';
import type { EmailSettings } from '../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../model/errors.ts';
import type { Removal } from '../../model/removal.ts';
import { ordersCsv } from './csv.ts';
import { type MessageKind, messageIdOf, messageOf, messagesBefore } from './message.ts';

const CONNECT_MS = 10_000;
const GREETING_MS = 30_000;
const SILENCE_MS = 60_000;

/**
 * A message leaves no trace that can be read back: states are unknown. Sent again, because nobody knows whether it was
 * taken, it carries the same Message-ID.
 *
 * Errors of all methods: {@link ChannelError} for a message that is refused; {@link ChannelDownError} for a server that
 * cannot be reached, is not to be trusted, or takes nothing now.
 */
export const emailChannel = (settings: EmailSettings, tools: ChannelTools): Channel => {
  const post = new Post(settings, tools);
  const orderAll = async (
    removals: readonly Removal[],
    kind: MessageKind,
    report: OrderReport,
    signal: AbortSignal,
  ) => {
    if (removals.length === 0) return;
    const sent = await post.send(removals, kind, settings.to, signal).catch((error: unknown) => {
      if (error instanceof ChannelError && !(error instanceof ChannelDownError)) return error;
      throw error;
    });
    for (const removal of removals) {
      if (sent instanceof ChannelError) await report.refused(removal, sent);
      else await report.placed(removal, { reference: sent.id, wasThere: false });
    }
    if (!(sent instanceof ChannelError)) assertAllTook(sent);
  };
  return {
    name: 'email',
    kind: 'email',
    check: (signal) => post.check(signal),
    order: (removals, report, signal) => orderAll(removals, 'order', report, signal),
    reopen: (removals, report, signal) => orderAll(removals, 'reopen', report, signal),
    states: async (removals) => new Map(removals.map(({ id }) => [id, { kind: 'unknown' }])),
    remind: async (removals, escalate, signal) => {
      if (removals.length === 0) return;
      const to = escalate ? [...settings.to, ...settings.escalateTo] : settings.to;
      assertAllTook(await post.send(removals, escalate ? 'escalation' : 'reminder', to, signal));
    },
    close: () => post.close(),
  };
};

interface Sent {
  readonly id: string;
  /** Who got the message, and who was refused, each with the server's words. */
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
}

const ADDRESSES =
  'Correct the addresses under removals.channel.email in rollcall.yaml, or ask those who run the mail server.';

/** The message is out; that it did not reach everybody is told when all is kept. */
const assertAllTook = ({ accepted, refused }: Sent): void => {
  if (refused.length === 0) return;
  const whom = accepted.join(', ');
  throw new ChannelError(`The message went to ${whom}, but was refused for ${refused.join('; ')}.`, ADDRESSES);
};

class Post {
  readonly #settings: EmailSettings;
  readonly #tools: ChannelTools;
  #secret: string | undefined;
  #transport: Transporter | undefined;

  constructor(settings: EmailSettings, tools: ChannelTools) {
    this.#settings = settings;
    this.#tools = tools;
  }

  async check(signal: AbortSignal): Promise<string> {
    const { security, signIn } = this.#settings;
    signal.throwIfAborted();
    const transport = await this.#open();
    await transport.verify().catch((error: unknown) => this.#fail(error, false));
    const how = security === 'none' ? 'without TLS, on this machine' : 'over TLS';
    return `${this.#place} answers ${how}${signIn === null ? '' : ` and lets ${signIn.user} in`}`;
  }

  async send(
    removals: readonly Removal[],
    kind: MessageKind,
    to: readonly string[],
    signal: AbortSignal,
  ): Promise<Sent> {
    signal.throwIfAborted();
    const { from, bouncesTo } = this.#settings;
    const transport = await this.#open();
    const before = messagesBefore(removals);
    const id = messageIdOf(removals, kind, this.#tools.clock.now(), from);
    const info = await transport
      .sendMail({
        from,
        to: [...to],
        ...messageOf(removals, kind),
        messageId: id,
        // No machine answers it: neither "out of office" nor another program like this one.
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...(before.length > 0 && kind !== 'order' && { inReplyTo: before[0], references: before }),
        ...(bouncesTo !== null && { envelope: { from: bouncesTo, to: [...to] } }),
        attachments: [
          { filename: 'removals.csv', contentType: 'text/csv; charset=utf-8', content: ordersCsv(removals) },
        ],
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      .catch((error: unknown) => this.#fail(error, true));
    const refused: readonly RefusedError[] = info.rejectedErrors ?? [];
    return {
      id,
      accepted: (info.accepted ?? []).map((address: string | { readonly address: string }) =>
        typeof address === 'string' ? address : address.address,
      ),
      refused: refused.map((error) => `${error.recipient ?? 'a recipient'} (${this.#words(error)})`),
    };
  }

  async close(): Promise<void> {
    this.#transport?.close();
  }

  get #place(): string {
    return `${this.#settings.server}:${this.#settings.port}`;
  }

  async #open(): Promise<Transporter> {
    if (this.#transport) return this.#transport;
    const { server, port, security, signIn, caFile } = this.#settings;
    const ca = await trustedWith(caFile);
    if (signIn !== null) this.#secret = await this.#tools.readSecret(signIn.password);
    this.#transport = createTransport({
      host: server,
      port,
      secure: security === 'tls',
      requireTLS: security === 'startTls',
      ignoreTLS: security === 'none',
      tls: {
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        ...(isIP(server) === 0 && { servername: server }),
        ca,
      },
      ...(signIn && this.#secret !== undefined && { auth: { user: signIn.user, pass: this.#secret } }),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: GREETING_MS,
      socketTimeout: SILENCE_MS,
    });
    return this.#transport;
  }

  #words(error: Pick<SmtpError, 'response' | 'message'>): string {
    const secrets = this.#secret === undefined ? [] : [this.#secret, Buffer.from(this.#secret).toString('base64')];
    return firstWords(withoutThese(secrets, error.response ?? error.message));
  }

  /** Makes an error that says what to do of one of the library's. */
  #fail(thrown: unknown, isSending: boolean): never {
    // The library's error is not kept as the cause: it can hold what was said while signing in.
    const error = thrown as SmtpError;
    const told = `${this.#place}: ${this.#words(error)}`;
    const status = error.responseCode ?? 0;
    if (error.code === 'EAUTH') {
      throw new ChannelDownError(
        `${told}.`,
        'Check what stands under signIn, and whether the server takes passwords from programs.',
      );
    }
    if (error.code === 'ETLS') {
      throw new ChannelDownError(
        `${told}.`,
        'The server offers no TLS here: check port and security. Nothing is sent without.',
      );
    }
    if (status >= 400 && status < 500) {
      throw new ChannelDownError(`${told}.`, 'Run the same command again later: the server refuses for now.');
    }
    if (error.code === 'EENVELOPE') throw new ChannelError(`${told}.`, ADDRESSES);
    if (status >= 500)
      throw new ChannelError(`${told}.`, 'Ask those who run the mail server why it refuses the message.');
    if (isSending && CUT.test(error.message)) {
      const remedy =
        'Run the same command again: a message that was taken all the same is shown once, since it has the same id.';
      throw new ChannelDownError(`${told}; whether the message was taken is not known.`, remedy);
    }
    throw new ChannelDownError(`${told}.`, NETWORK);
  }
}

/** How a connection ends that stood already. */
const CUT = /closed|ECONNRESET|EPIPE|^Timeout/;

const NETWORK =
  'Check server, port and security under removals.channel.email, and that no firewall stands between; a certificate of an authority of your own is named as caFile.';

/** What the library throws. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

interface RefusedError extends SmtpError {
  readonly recipient?: string;
}
