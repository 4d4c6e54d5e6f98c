// Reads from a web API: signs in, keeps time, repeats what may pass by itself, and says what went wrong in words.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request as send } from 'undici';
import type { Connections } from '../../http/connections.ts';
import { addressText, firstWords, withoutThese } from '../../http/words.ts';
import type { ServerPlace, SourceError } from '../../model/errors.ts';
import type { SecretRef } from '../../model/settings.ts';
import type { SourceTools } from '../../model/source.ts';
import type { WebSettings } from '../../model/web-settings.ts';
import { connectionsFor } from './connections.ts';
import { type WebDefect, webError } from './errors.ts';
import { Passing, passingStatus, sentError } from './failures.ts';
import { type Limit, Patience } from './patience.ts';
import { type SignedIn, signInTo } from './sign-in.ts';

/** One read. Nothing is ever sent that changes anything: GET, or a POST that the configuration describes as a read. */
export interface Ask {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Where this is among many, for errors: `page 3`. */
  readonly at?: string;
  /**
   * Looks at an answer that refuses or fails: says in words why, or makes the error; undefined for the first words of it.
   * Not asked where the answer says that it may pass.
   */
  readonly explain?: (text: string) => string | Error | undefined;
}

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; of one that stands there several times all values, joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where it came from, after redirects. */
  readonly url: URL;
}

export interface Answer extends AnswerHead {
  readonly body: Uint8Array;
}

export interface StreamedAnswer extends AnswerHead {
  readonly pieces: AsyncIterable<Uint8Array>;
}

export interface WebClient {
  /** A whole answer, whose status says that it is one. Throws {@link SourceError}. */
  read(ask: Ask): Promise<Answer>;
  /** As `read`, but piece by piece: once the first has come, nothing is repeated. */
  stream(ask: Ask): Promise<StreamedAnswer>;
  /** Reads a secret that a request carries besides its sign-in. */
  secret(ref: SecretRef): Promise<string>;
  /** Takes secrets out of a text that came from the server. */
  masked(text: string): string;
  close(): Promise<void>;
}

const REDIRECTS_AT_MOST = 5;
/** So much of an answer that refuses is read, to tell its first words. */
const EXPLANATION_BYTES = 64 * 1024;

export const placeOf = ({ url, at }: Pick<Ask, 'url' | 'at'>): ServerPlace => ({
  address: addressText(url),
  ...(at !== undefined && { at }),
});

/**
 * Errors: {@link SourceError}, whose code is one of {@link WebDefect}; the signal's reason after it was aborted.
 */
export const openWebClient = async (
  settings: WebSettings,
  tools: SourceTools,
  signal: AbortSignal,
): Promise<WebClient> => {
  const connections = await connectionsFor(settings, tools);
  return new Client(settings, tools, connections, signal);
};

interface Sent {
  readonly head: AnswerHead;
  readonly body: Dispatcher.ResponseData['body'];
  readonly patience: Patience;
  /** The error for what happened while the answer was read. */
  failed(error: unknown): unknown;
}

class Client implements WebClient {
  readonly #settings: WebSettings;
  readonly #connections: Connections;
  readonly #signal: AbortSignal;
  readonly #signedIn: SignedIn;
  readonly #tools: SourceTools;
  readonly #secrets = new Set<string>();

  constructor(settings: WebSettings, tools: SourceTools, connections: Connections, signal: AbortSignal) {
    this.#settings = settings;
    this.#connections = connections;
    this.#signal = signal;
    this.#tools = tools;
    this.#signedIn = signInTo(settings.signIn, tools, async (url, headers, form) => {
      const ask: Ask = {
        method: 'POST',
        url,
        headers: { ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        at: 'token',
      };
      return this.#persist(ask, async () => {
        const sent = await this.#follow(ask, {});
        const text = new TextDecoder().decode(await this.#whole(sent, ask));
        const passing = passingStatus(sent.head, placeOf(ask), '');
        if (passing) throw passing;
        return { status: sent.head.status, text };
      });
    });
  }

  async read(ask: Ask): Promise<Answer> {
    return this.#persist(ask, async () => {
      const sent = await this.#accepted(ask);
      return { ...sent.head, body: await this.#whole(sent, ask) };
    });
  }

  async stream(ask: Ask): Promise<StreamedAnswer> {
    return this.#persist(ask, async () => {
      const sent = await this.#accepted(ask);
      return { ...sent.head, pieces: this.#pieces(sent) };
    });
  }

  async secret(ref: SecretRef): Promise<string> {
    const read = await this.#tools.readSecret(ref);
    this.#secrets.add(read);
    return read;
  }

  masked(text: string): string {
    return withoutThese([...this.#signedIn.secrets, ...this.#secrets], text);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** Repeats what may pass by itself, bounded in count and time. */
  async #persist<T>(ask: Ask, attempt: () => Promise<T>): Promise<T> {
    let waited = 0;
    for (let repeated = 0; ; repeated += 1) {
      this.#signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        if (repeated >= this.#settings.repeats) throw error.told;
        const wait = error.after ?? backOff(repeated);
        if (waited + wait > this.#settings.longestWait) throw tooLong(error, wait, ask);
        waited += wait;
        await sleep(wait * 1000, undefined, { signal: this.#signal }).catch((reason: Error) => {
          this.#signal.throwIfAborted();
          throw reason;
        });
      }
    }
  }

  /** Sends it, and once more with a new pass where the old one can have expired. */
  async #accepted(ask: Ask): Promise<Sent> {
    for (let renewed = false; ; renewed = true) {
      const pass = await this.#signedIn.pass();
      const sent = await this.#follow(ask, pass.headers, pass.query);
      const { status } = sent.head;
      if (status >= 200 && status < 300) {
        const encoding = sent.head.headers['content-encoding'] ?? 'identity';
        if (encoding === 'identity') return sent;
        drop(sent);
        throw webError('compressed', placeOf(ask), `the answer is compressed (${encoding})`);
      }
      const error = await this.#refusal(sent, ask);
      if (status === 401 && !renewed && this.#signedIn.renew()) continue;
      throw error;
    }
  }

  /** Follows redirects within the host; to any other neither the request nor the sign-in is sent. */
  async #follow(ask: Ask, passHeaders: Readonly<Record<string, string>>, query: Readonly<Record<string, string>> = {}) {
    let { url } = ask;
    for (let redirects = 0; ; redirects += 1) {
      const sent = await this.#sendOnce({ ...ask, url }, passHeaders, query);
      const { status, headers } = sent.head;
      const location = headers['location'];
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return sent;
      drop(sent);
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      const told = next === undefined ? 'a place that is no address' : addressText(next);
      if (next === undefined || next.origin !== url.origin || (ask.method === 'POST' && status < 307)) {
        throw webError('redirected', placeOf({ ...ask, url }), `status ${status} leads to ${this.masked(told)}`);
      }
      if (redirects === REDIRECTS_AT_MOST) {
        throw webError('redirected', placeOf(ask), `more than ${REDIRECTS_AT_MOST} redirects, the last to ${told}`);
      }
      url = next;
    }
  }

  async #sendOnce(
    ask: Ask,
    passHeaders: Readonly<Record<string, string>>,
    query: Readonly<Record<string, string>>,
  ): Promise<Sent> {
    const stop = new AbortController();
    const place = placeOf(ask);
    const patience = new Patience(this.#settings.timeLimits, (limit) => stop.abort(this.#late(limit, place)));
    const failed = (error: unknown): unknown => {
      if (this.#signal.aborted) return this.#signal.reason;
      if (stop.signal.aborted) return stop.signal.reason;
      return sentError(error, place, this.#settings.timeLimits.connect, (text) => this.masked(text));
    };
    const url = new URL(ask.url.href);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const awaited = send(url, {
        dispatcher: this.#connections.to(url),
        method: ask.method,
        headers: { 'user-agent': 'rollcall', 'accept-encoding': 'identity', ...ask.headers, ...passHeaders },
        ...(ask.body !== undefined && { body: ask.body }),
        signal: AbortSignal.any([this.#signal, stop.signal]),
      });
      const { statusCode, headers, body } = await patience.within(awaited, this.#settings.timeLimits.connect * 1000);
      const head = { status: statusCode, headers: plain(headers), url: ask.url };
      return { head, body, patience, failed };
    } catch (error) {
      throw failed(error);
    }
  }

  #late(limit: Limit, place: ServerPlace): SourceError {
    const seconds = this.#settings.timeLimits[limit];
    const message =
      limit === 'silence' ? `nothing came for ${seconds} seconds` : `the answer took longer than ${seconds} seconds`;
    return webError('timeout', place, message);
  }

  async *#pieces({ body, patience, failed }: Sent): AsyncGenerator<Uint8Array> {
    const pieces = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await patience.within(pieces.next());
        if (done) return;
        yield value as Uint8Array;
      }
    } catch (error) {
      const told = failed(error);
      throw told instanceof Passing ? told.told : told;
    } finally {
      drop({ body });
    }
  }

  async #whole({ head, body, patience, failed }: Sent, ask: Ask): Promise<Uint8Array> {
    const most = this.#settings.maxAnswerBytes;
    const pieces: Uint8Array[] = [];
    let size = 0;
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await patience.within(iterator.next());
        if (done) break;
        size += (value as Uint8Array).length;
        if (size > most) break;
        pieces.push(value as Uint8Array);
      }
    } catch (error) {
      throw failed(error);
    } finally {
      drop({ body });
    }
    if (size <= most) return Buffer.concat(pieces, size);
    const place = placeOf({ ...ask, url: head.url });
    throw webError('tooLarge', place, `the answer is larger than ${Math.round(most / 2 ** 20)} MiB`);
  }

  /** The error for an answer that refuses or fails, with what it says. */
  async #refusal(sent: Sent, ask: Ask): Promise<unknown> {
    const said = await this.#beginning(sent);
    const { status } = sent.head;
    const explained = ask.explain?.(said);
    if (explained instanceof Error && ![429, 502, 503, 504].includes(status)) return explained;
    const inWords = typeof explained === 'string' ? explained : undefined;
    const words = firstWords(this.masked(inWords ?? said));
    const told = words === '' ? '' : inWords === undefined ? `; it begins: "${words}"` : `: ${words}`;
    const place = placeOf({ ...ask, url: sent.head.url });
    const passing = passingStatus(sent.head, place, told);
    if (passing) return passing;
    const [code, what] = refusalOf(status);
    return webError(code, place, `${what}: status ${status}${told}`);
  }

  async #beginning({ body, patience }: Sent): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    const iterator = body[Symbol.asyncIterator]();
    try {
      while (text.length < EXPLANATION_BYTES) {
        const { done, value } = await patience.within(iterator.next());
        if (done) break;
        text += decoder.decode(value as Uint8Array, { stream: true });
      }
    } catch {
      // The status says what matters; what is missing is only more words about it.
      this.#signal.throwIfAborted();
    } finally {
      drop({ body });
    }
    return text;
  }
}

const refusalOf = (status: number): readonly [code: WebDefect, what: string] => {
  if (status === 401) return ['signInRefused', 'the server refuses the sign-in'];
  if (status === 407) return ['signInRefused', 'the proxy refuses the sign-in'];
  if (status === 403) return ['noPermission', 'the account that signs in may not read this'];
  if (status === 404 || status === 410) return ['notFound', 'there is nothing at this address'];
  if (status < 400) return ['redirected', 'the server answers with something else than data'];
  return status < 500 ? ['refused', 'the server refuses the request'] : ['serverError', 'the server fails'];
};

/** Ends what is not read any further; that it ends is no error of anybody's. */
const drop = ({ body }: Pick<Sent, 'body'>): void => {
  body.on('error', () => {}).destroy();
};

/** Half a second, then twice as long each time, with a little chance in it. */
const backOff = (repeated: number): number => Math.min(30, 0.5 * 2 ** repeated) * (0.75 + Math.random() / 2);

const tooLong = ({ told, code }: Passing, wait: number, ask: Ask): SourceError =>
  webError(
    code,
    told.place as ServerPlace,
    `the server asks to wait ${Math.ceil(wait).toLocaleString('en')} seconds more, which is longer than longestWait`,
    ask.at === undefined ? undefined : told,
  );

const plain = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
