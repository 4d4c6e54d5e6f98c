// ServiceNow's Table API: reads that are whole or none, and writes of which it is known whether they may have been carried out.
import { openWebClient, type WebAnswer, type WebClient, type WebRequest } from '../../../http/client.ts';
import { WebFailure } from '../../../http/failures.ts';
import { retryAfter, Waiting } from '../../../http/waiting.ts';
import { firstWords } from '../../../http/words.ts';
import type { ChannelTools } from '../../../model/channel.ts';
import type { ServiceNowSettings } from '../../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../../model/errors.ts';
import { type Row, saidBy } from './answers.ts';
import { SignIn } from './sign-in.ts';

export type { Row } from './answers.ts';

/** What became of a write. */
export type Written =
  | { readonly kind: 'done'; readonly row: Row }
  /** It may have been carried out: it has to be looked for before it is sent again. `after`: seconds to wait, if told. */
  | { readonly kind: 'lost'; readonly why: string; readonly after: number | undefined }
  | { readonly kind: 'refused'; readonly status: number; readonly error: ChannelError };

const AGAIN = 'Run the same command again; what is done already is not done twice.';
const ROWS_A_PAGE = 100;
/** More pages than any question has an answer for. */
const PAGES_AT_MOST = 1000;

const REMEDIES: Readonly<Record<number, string>> = {
  400: 'Compare fields, states and ticket in rollcall.yaml with the table in ServiceNow.',
  401: 'Check what stands under signIn, and whether the account is locked or its secret has expired.',
  403: 'Give the account that signs in the right to create, read and change tickets of this kind (often the role itil), and look for a business rule that refuses.',
  404: 'Check instance and ticket in rollcall.yaml, and whether the account that signs in may see the table.',
};

/** Source: https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_TableAPI.html */
export class TableApi {
  readonly #settings: ServiceNowSettings;
  readonly #tools: ChannelTools;
  readonly #signIn: SignIn;
  #client: Promise<WebClient> | undefined;

  constructor(settings: ServiceNowSettings, tools: ChannelTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#signIn = new SignIn(settings, tools, (request, signal) => this.#untilAnswered(request, signal));
  }

  /** All rows that the instance gives for an encoded query, with these fields. Throws {@link ChannelDownError}. */
  async rows(
    table: string,
    query: string,
    fields: readonly string[],
    signal: AbortSignal,
    atMost?: number,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    const seen = new Set<string>();
    let offset = 0;
    for (let page = 0; page < PAGES_AT_MOST; page += 1) {
      const limit = atMost ?? ROWS_A_PAGE;
      const url = this.#url(table, {
        ...(query !== '' && { sysparm_query: query }),
        sysparm_fields: fields.join(','),
        sysparm_limit: String(limit),
        sysparm_offset: String(offset),
        ...this.#always(),
      });
      const { rows: came, headers } = await this.#read(url, signal);
      for (const row of came) {
        // The same again: the rows moved meanwhile, or the offset is not heeded.
        if (row['sys_id'] !== undefined && seen.has(row['sys_id'])) continue;
        if (row['sys_id'] !== undefined) seen.add(row['sys_id']);
        rows.push(row);
      }
      const next = nextOffset(headers, offset, came.length, limit);
      if (atMost !== undefined || next === undefined) return rows;
      offset = next;
    }
    throw new ChannelDownError(
      `${this.#place(table)}: the pages do not come to an end.`,
      'Ask those who run ServiceNow why the Link header always names a next page.',
    );
  }

  /** One record by its sys_id; undefined where there is none, or none that may be seen. */
  async row(table: string, sysId: string, fields: readonly string[], signal: AbortSignal): Promise<Row | undefined> {
    const url = this.#url(`${table}/${sysId}`, { sysparm_fields: fields.join(','), ...this.#always() });
    return (await this.#read(url, signal, true)).rows[0];
  }

  insert(table: string, values: Readonly<Record<string, string>>, fields: readonly string[], signal: AbortSignal) {
    return this.#write('POST', table, values, fields, signal);
  }

  change(
    table: string,
    sysId: string,
    values: Readonly<Record<string, string>>,
    fields: readonly string[],
    signal: AbortSignal,
  ) {
    return this.#write('PATCH', `${table}/${sysId}`, values, fields, signal);
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
  }

  /** Values and not what people see, whatever the instance's default is. */
  #always(): Record<string, string> {
    return {
      sysparm_display_value: 'false',
      sysparm_exclude_reference_link: 'true',
      ...(this.#settings.acrossDomains && { sysparm_query_no_domain: 'true' }),
    };
  }

  #url(path: string, parameters: Readonly<Record<string, string>>): URL {
    // Version 2 answers a question without an answer with an empty list; version 1 with 404.
    const url = new URL(`/api/now/v2/table/${path}`, this.#settings.instance);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  }

  #place(table: string): string {
    return `${this.#settings.instance}, table ${table.split('/')[0]}`;
  }

  /** Sends a read until it is answered. `maybe`: 404 is an answer. */
  async #read(url: URL, signal: AbortSignal, maybe = false) {
    const waiting = new Waiting(this.#settings.reach, this.#tools.clock);
    const place = this.#place(url.pathname.split('/')[5]!);
    for (;;) {
      const answer = await this.#send({ method: 'GET', url, headers: {} }, signal).catch(unansweredOnly);
      const said = answer instanceof WebFailure ? unanswered(answer) : saidBy(answer);
      if (said.kind === 'rows' && !(answer instanceof WebFailure)) return { rows: said.rows, headers: answer.headers };
      if (said.kind === 'asleep') throw this.#asleep();
      if (said.kind === 'refused') {
        if (maybe && said.status === 404) return { rows: [], headers: {} };
        throw this.#refusal(place, said.status, said.why, ChannelDownError);
      }
      if (await waiting.again(answer instanceof WebFailure ? undefined : this.#askedWait(answer), signal)) continue;
      throw new ChannelDownError(`${place}: ${this.#words('why' in said ? said.why : '')}, again and again.`, AGAIN);
    }
  }

  /** Sends a write once; only what was certainly not carried out is sent again here. */
  async #write(
    method: 'POST' | 'PATCH',
    path: string,
    values: Readonly<Record<string, string>>,
    fields: readonly string[],
    signal: AbortSignal,
  ): Promise<Written> {
    const waiting = new Waiting(this.#settings.reach, this.#tools.clock);
    const url = this.#url(path, { sysparm_fields: fields.join(','), ...this.#always() });
    const request: WebRequest = {
      method,
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(values),
    };
    const place = this.#place(path);
    for (;;) {
      const answer = await this.#send(request, signal).catch(unansweredOnly);
      if (answer instanceof WebFailure) return { kind: 'lost', why: unanswered(answer).why, after: undefined };
      const said = saidBy(answer);
      switch (said.kind) {
        case 'rows':
          return said.rows[0] === undefined
            ? { kind: 'lost', why: 'an answer without a record', after: undefined }
            : { kind: 'done', row: said.rows[0] };
        case 'unclear':
          return { kind: 'lost', why: this.#words(said.why), after: this.#askedWait(answer) };
        case 'later':
          if (await waiting.again(this.#askedWait(answer), signal)) continue;
          throw new ChannelDownError(
            `${place}: ${said.why}.`,
            'Try again later, or ask for a higher limit in ServiceNow (sys_rate_limit_rules).',
          );
        case 'asleep':
          throw this.#asleep();
        case 'refused': {
          const all =
            said.status === 401 ||
            (said.status < 400 && said.status >= 300) ||
            (method === 'POST' && said.status === 404);
          if (all) throw this.#refusal(place, said.status, said.why, ChannelDownError);
          return {
            kind: 'refused',
            status: said.status,
            error: this.#refusal(place, said.status, said.why, ChannelError),
          };
        }
      }
    }
  }

  /** Signs in and sends; once more with a new token where the old one can have been withdrawn. */
  async #send(request: WebRequest, signal: AbortSignal): Promise<WebAnswer> {
    const client = await this.#open();
    for (let renewed = false; ; renewed = true) {
      const authorization = await this.#signIn.authorization(signal);
      const headers = { accept: 'application/json', ...request.headers, authorization };
      const answer = await client.send({ ...request, headers }, signal);
      if (answer.status === 401 && !renewed && this.#signIn.renew()) continue;
      return answer;
    }
  }

  /** For a token: sent until it is answered, whatever the answer is. */
  async #untilAnswered(request: WebRequest, signal: AbortSignal): Promise<WebAnswer> {
    const waiting = new Waiting(this.#settings.reach, this.#tools.clock);
    const client = await this.#open();
    for (;;) {
      const answer = await client.send(request, signal).catch(unansweredOnly);
      if (!(answer instanceof WebFailure) && answer.status !== 429 && answer.status < 500) {
        if (saidBy(answer).kind === 'asleep') throw this.#asleep();
        return answer;
      }
      const asked = answer instanceof WebFailure ? undefined : this.#askedWait(answer);
      if (await waiting.again(asked, signal)) continue;
      if (answer instanceof WebFailure) throw new ChannelDownError(answer.message, answer.remedy, { cause: answer });
      return answer;
    }
  }

  #open(): Promise<WebClient> {
    this.#client ??= openWebClient(this.#settings.reach, this.#tools.env);
    return this.#client;
  }

  #askedWait({ headers }: WebAnswer): number | undefined {
    return retryAfter(headers['retry-after'], this.#tools.clock.now());
  }

  #words(text: string): string {
    return firstWords(this.#signIn.masked(text));
  }

  #refusal<E extends ChannelError>(
    place: string,
    status: number,
    why: string,
    Kind: new (message: string, remedy: string) => E,
  ): E {
    const words = this.#words(why);
    const remedy = REMEDIES[status] ?? 'Compare what stands in rollcall.yaml with ServiceNow.';
    return new Kind(`${place}: refused with status ${status}${words === '' ? '' : `: ${words}`}.`, remedy);
  }

  #asleep(): ChannelDownError {
    const remedy = 'Wake it by signing in to it in a browser, then run the same command again.';
    return new ChannelDownError(`${this.#settings.instance} hibernates.`, remedy);
  }
}

/** Lets a failure of the network be looked at; what never arrived ends the work. */
const unansweredOnly = (error: unknown): WebFailure => {
  if (!(error instanceof WebFailure)) throw error;
  if (!error.mayHaveArrived) throw new ChannelDownError(error.message, error.remedy, { cause: error });
  return error;
};

const unanswered = (failure: WebFailure) => ({ kind: 'unclear' as const, why: failure.message });

/**
 * Where the rows beyond these begin; undefined where there are none. The limit is applied before rows are hidden by access
 * rules, and an instance may have a lower limit of its own: a page can be short, or empty, and not the last. Where it is not
 * told how far a page went, the next one begins no later than after the rows that came.
 */
const nextOffset = (headers: WebAnswer['headers'], offset: number, came: number, limit: number): number | undefined => {
  const link = headers['link'];
  if (link !== undefined) {
    const next = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link)?.[1];
    if (next === undefined) return undefined;
    const told = Number(/[?&]sysparm_offset=(\d+)/.exec(next)?.[1]);
    return told > offset ? told : offset + (came || limit);
  }
  const after = offset + (came || limit);
  const total = headers['x-total-count'];
  if (total !== undefined && /^\d+$/.test(total)) return after < Number(total) ? after : undefined;
  return came > 0 ? after : undefined;
};
