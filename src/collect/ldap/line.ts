// The line to an LDAP server: sends a request, hands on what is answered, and ends in words when it is cut or silent.
import { once } from 'node:events';
import { connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { type Control, MessageParser, SearchEntry, SearchReference } from 'ldapts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { ldapError, lineError, tlsError } from './errors.ts';

/** What was asked, by its number, as the library's parser wants it. */
type Asked = Parameters<MessageParser['read']>[1];
type Message = Asked extends Map<string, { message: infer Each }> ? Each : never;

/** The message that ends an answer. RFC 4511, section 4.1.9. */
export interface LdapResult {
  readonly messageId: number;
  readonly status: number;
  readonly errorMessage: string;
  readonly controls?: readonly Control[] | undefined;
}

/** What came in answer to one request: entries and references of a search, and the result that ends it. */
export interface LdapAnswer {
  readonly entries: readonly SearchEntry[];
  /** Addresses of other servers that keep entries below the base. */
  readonly referrals: readonly string[];
  readonly result: LdapResult;
}

/**
 * The library's client makes a lost connection again in silence, neither signed in nor encrypted, takes a page without
 * entries for the last one, and tells its failures without a code. So its messages alone are used, on a line of our own.
 *
 * Errors: {@link SourceError}; the reason of the signal when that is aborted.
 */
export class LdapLine {
  readonly #settings: LdapSettings;
  readonly #signal: AbortSignal;
  #parser: MessageParser;
  /** The parser looks up by it what was asked. */
  readonly #asked: Asked = new Map();
  #socket: Socket | undefined;
  #lastId = 0;
  #entries: SearchEntry[] = [];
  #referrals: string[] = [];
  #answered: ((answer: LdapAnswer) => void) | undefined;
  #failed: ((reason: unknown) => void) | undefined;
  #broken: unknown;

  constructor(settings: LdapSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
    this.#parser = this.#newParser();
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** `trust` is for TLS from the first byte on. */
  async open(trust: ConnectionOptions | undefined): Promise<void> {
    const { server } = this.#settings;
    if ('socket' in server) await this.#use(netConnect(server.socket), 'connect');
    else if (trust) await this.#use(tlsConnect({ ...trust, port: server.port }), 'secureConnect');
    else await this.#use(netConnect(server.port, server.host), 'connect');
  }

  /** Goes over to TLS, when the server has agreed to it. */
  async secure(trust: ConnectionOptions): Promise<void> {
    const plain = this.#socket!;
    plain.removeAllListeners('data');
    // What somebody may have put behind the last plain answer is no part of what comes encrypted.
    this.#parser = this.#newParser();
    await this.#use(tlsConnect({ ...trust, socket: plain }), 'secureConnect');
  }

  async ask(make: (messageId: number) => Message): Promise<LdapAnswer> {
    this.#lastId += 1;
    const message = make(this.#lastId);
    this.#asked.set(String(this.#lastId), { message });
    this.#entries = [];
    this.#referrals = [];
    const answer = new Promise<LdapAnswer>((resolve) => {
      this.#answered = resolve;
    });
    this.#socket!.write(message.write());
    try {
      return await this.#inTime(answer);
    } finally {
      this.#asked.clear();
    }
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#broken ??= new Error('closed');
    this.#socket?.destroy();
  }

  #newParser(): MessageParser {
    const parser = new MessageParser();
    parser.on('message', (message) => this.#take(message));
    parser.on('error', (cause) =>
      this.#break(ldapError('notLdap', this.#settings, 'what it answers is not LDAP', { cause })),
    );
    return parser;
  }

  readonly #onAbort = (): void => this.#break(this.#signal.reason);

  async #use(socket: Socket, ready: 'connect' | 'secureConnect'): Promise<void> {
    this.#socket = socket;
    let isReady = false;
    socket.once(ready, () => {
      isReady = true;
    });
    const isTls = ready === 'secureConnect';
    socket.on('error', (cause) =>
      this.#break(isTls && !isReady ? tlsError(this.#settings, cause) : lineError(this.#settings, cause)),
    );
    socket.on('close', () =>
      this.#break(
        isTls && !isReady
          ? tlsError(this.#settings, undefined)
          : ldapError('connectionLost', this.#settings, 'the server closed the connection'),
      ),
    );
    // A failure comes by the listener above, in words.
    await this.#inTime(once(socket, ready).catch(() => new Promise<never>(() => {})));
    socket.on('data', (bytes) => this.#parser.read(bytes, this.#asked));
  }

  #take(message: LdapResult): void {
    if (message.messageId === 0) {
      // The server takes its leave (RFC 4511, section 4.4.1).
      const said = message.errorMessage === '' ? '' : ` (it says: ${message.errorMessage})`;
      this.#break(ldapError('connectionLost', this.#settings, `the server ended the connection${said}`));
    } else if (message.messageId !== this.#lastId) {
      // An answer to what nobody waits for any more.
    } else if (message instanceof SearchEntry) {
      this.#entries.push(message);
    } else if (message instanceof SearchReference) {
      this.#referrals.push(...message.uris);
    } else {
      this.#answered?.({ entries: this.#entries, referrals: this.#referrals, result: message });
    }
  }

  #break(reason: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = reason;
    this.#failed?.(reason);
    this.close();
  }

  async #inTime<T>(waitedFor: Promise<T>): Promise<T> {
    const seconds = this.#settings.timeoutSeconds;
    const timer = setTimeout(() => {
      this.#break(ldapError('timedOut', this.#settings, `the server did not answer within ${seconds} s`));
    }, seconds * 1000);
    try {
      return await Promise.race([
        waitedFor,
        new Promise<never>((_, reject) => {
          if (this.#broken !== undefined) reject(this.#broken);
          this.#failed = reject;
        }),
      ]);
    } finally {
      clearTimeout(timer);
      this.#failed = undefined;
    }
  }
}
