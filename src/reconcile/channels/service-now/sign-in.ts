// Signing in to ServiceNow. A secret is read when it is needed, put into one request, and kept no longer than the channel is open.
import type { WebAnswer, WebRequest } from '../../../http/client.ts';
import { firstWords, withoutThese } from '../../../http/words.ts';
import type { ChannelTools } from '../../../model/channel.ts';
import type { ServiceNowSettings } from '../../../model/channel-settings.ts';
import { ChannelDownError } from '../../../model/errors.ts';
import type { SecretRef } from '../../../model/settings.ts';

const REMEDY = 'Check what stands under signIn, and whether the account is locked or its secret has expired.';

/** A token is not used in its last moments: it could expire on its way. */
const MARGIN_MS = 60_000;

export class SignIn {
  readonly #settings: Pick<ServiceNowSettings, 'instance' | 'signIn'>;
  readonly #tools: ChannelTools;
  readonly #send: (request: WebRequest, signal: AbortSignal) => Promise<WebAnswer>;
  readonly #secrets = new Set<string>();
  #token: { readonly text: string; readonly until: number } | undefined;

  /** `send` repeats what may pass by itself. */
  constructor(
    settings: Pick<ServiceNowSettings, 'instance' | 'signIn'>,
    tools: ChannelTools,
    send: (request: WebRequest, signal: AbortSignal) => Promise<WebAnswer>,
  ) {
    this.#settings = settings;
    this.#tools = tools;
    this.#send = send;
  }

  async authorization(signal: AbortSignal): Promise<string> {
    const { signIn } = this.#settings;
    if (signIn.kind === 'basic') {
      const pair = Buffer.from(`${signIn.user}:${await this.#secret(signIn.password)}`).toString('base64');
      this.#secrets.add(pair);
      return `Basic ${pair}`;
    }
    if (this.#token === undefined || this.#tools.clock.now() >= this.#token.until)
      this.#token = await this.#fetch(signal);
    return `Bearer ${this.#token.text}`;
  }

  /** After a refusal: whether another attempt is worth a try, because a token can have been withdrawn. */
  renew(): boolean {
    const had = this.#token !== undefined;
    this.#token = undefined;
    return had;
  }

  /** Takes what was read or received out of what the instance says. */
  masked(text: string): string {
    return withoutThese(this.#secrets, text);
  }

  /** The secret is read once and held as long as the channel is open: to be taken out of errors, too. */
  async #secret(ref: SecretRef): Promise<string> {
    const secret = await this.#tools.readSecret(ref);
    this.#secrets.add(secret);
    return secret;
  }

  /** Source: https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_TableAPI.html (OAuth: oauth_token.do). */
  async #fetch(signal: AbortSignal) {
    const { instance, signIn } = this.#settings;
    if (signIn.kind === 'basic') throw new RangeError('a sign-in by password needs no token');
    const form = new URLSearchParams({ client_id: signIn.clientId, client_secret: await this.#secret(signIn.secret) });
    if (signIn.kind === 'password') {
      form.set('grant_type', 'password');
      form.set('username', signIn.user);
      form.set('password', await this.#secret(signIn.password));
    } else {
      form.set('grant_type', 'client_credentials');
    }
    const url = new URL('/oauth_token.do', instance);
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await this.#send({ method: 'POST', url, headers, body: form.toString() }, signal);
    return this.#read(answer, `${instance}/oauth_token.do`);
  }

  #read({ status, text }: WebAnswer, place: string) {
    const said = members(text);
    const token = said['access_token'];
    if (status !== 200 || typeof token !== 'string' || token === '') {
      // OAuth says why in two members; whatever else stands there may be a token.
      const why = [said['error'], said['error_description']].filter((part) => typeof part === 'string').join(': ');
      const told = why === '' ? '' : `, ${firstWords(this.masked(why))}`;
      throw new ChannelDownError(`${place}: no token was given: status ${status}${told}.`, REMEDY);
    }
    this.#secrets.add(token);
    const seconds = Number(said['expires_in'] ?? 1799);
    const lifetime = Number.isFinite(seconds) ? seconds * 1000 : 0;
    return { text: token, until: this.#tools.clock.now() + Math.max(lifetime - MARGIN_MS, lifetime / 2) };
  }
}

const members = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    // A page in place of a token: told by its status.
    return {};
  }
};
