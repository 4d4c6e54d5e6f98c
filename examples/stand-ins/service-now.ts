/**
 * A stand-in for a ServiceNow instance, written from ServiceNow's public documents and nothing else: it has never been
 * held against a real one. It speaks the Table API and OAuth, and misbehaves as a script says.
 *
 * https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_TableAPI.html
 * https://www.servicenow.com/docs/r/zurich/api-reference/rest-api-explorer/r_RESTAPIHTTPResponseCodes.html
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault =
  /** The connection ends before anything is done. */
  | { readonly kind: 'lostRequest' }
  /** The work is done, and nobody hears of it. */
  | { readonly kind: 'lostReply' }
  /** The work is done, and said with an empty body. */
  | { readonly kind: 'emptyReply' }
  /** The work is done, and the answer comes after so many milliseconds. */
  | { readonly kind: 'lateReply'; readonly ms: number }
  /** The connection ends at once; the work is done after so many milliseconds. */
  | { readonly kind: 'lateWork'; readonly ms: number }
  | { readonly kind: 'throttled'; readonly retryAfter: string }
  | { readonly kind: 'unavailable' }
  /** As `unavailable`, after the work was done. */
  | { readonly kind: 'failedAfterWork' }
  | { readonly kind: 'hibernating' }
  /** Every row there is comes back, whatever was asked. */
  | { readonly kind: 'ignoredQuery' }
  /** The rows that came so far, and an error, with status 200. */
  | { readonly kind: 'cutShort' };

export interface Call {
  /** Counts from 1. */
  readonly n: number;
  readonly method: string;
  readonly table: string;
  readonly query: URLSearchParams;
}

export interface StandInOptions {
  /** What goes wrong with a call; undefined: nothing. */
  faults?: (call: Call) => Fault | undefined;
  /** At most so many rows a page, whatever is asked for. */
  rowsAPage?: number;
  /** Whether pages come with a Link header, and with X-Total-Count. Default: both. */
  tellsLinks?: boolean;
  tellsTotal?: boolean;
  /** Fields that access rules take out of every row. */
  hiddenFields?: readonly string[];
  /** Whether access rules hide a row: after the limit was applied. */
  hiddenRow?: (row: Record<string, string>) => boolean;
  /** glide.invalid_query.returns_no_rows. */
  invalidQueryReturnsNoRows?: boolean;
  /** Fields that the tables lack. */
  missingFields?: readonly string[];
  /** Seconds that a token lives. */
  tokenSeconds?: number;
  /** A business rule: says why a write is refused. */
  refuses?: (
    call: Call,
    values: Record<string, string>,
    before: Record<string, string> | undefined,
  ) => string | undefined;
  /** Called when a call came, and when its answer has been sent. */
  onExchange?: (call: Call, at: 'received' | 'answered') => void;
}

const CLOSED: Readonly<Record<string, readonly string[]>> = {
  incident: ['7', '8'],
  sc_task: ['3', '4', '7'],
  sc_req_item: ['3', '4', '7'],
  sc_request: ['3', '4', '7'],
  change_request: ['3', '4'],
};
const PREFIX: Readonly<Record<string, string>> = {
  incident: 'INC',
  sc_task: 'SCTASK',
  sc_req_item: 'RITM',
  sc_request: 'REQ',
  change_request: 'CHG',
};
const FIRST_STATE: Readonly<Record<string, string>> = { change_request: '-5' };
const TASK_FIELDS = [
  'sys_id',
  'number',
  'state',
  'active',
  'correlation_id',
  'correlation_display',
  'short_description',
  'description',
  'work_notes',
  'comments',
  'close_notes',
  'close_code',
  'parent',
  'urgency',
  'impact',
  'category',
  'assignment_group',
  'caller_id',
  'due_date',
  'sys_created_on',
];
const MORE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  sc_req_item: ['cat_item', 'request'],
  sc_request: ['request_state'],
  sc_task: ['request_item'],
  sc_cat_item: ['sys_id', 'name', 'active'],
};
const REFERENCES = ['parent', 'assignment_group', 'caller_id', 'cat_item', 'request'];

export const STAND_IN = {
  user: 'rollcall',
  password: 'a password of the stand-in',
  clientId: 'rollcall-client',
  clientSecret: 'a client secret of the stand-in',
};

type Row = Record<string, string>;

export class ServiceNowStandIn {
  readonly tables = new Map<string, Row[]>([...Object.keys(CLOSED), 'sc_cat_item'].map((table) => [table, []]));
  readonly calls: Call[] = [];
  readonly options: StandInOptions;
  /** Every note of every ticket, by its sys_id. */
  readonly notes = new Map<string, string[]>();
  readonly #server: Server;
  readonly #tokens = new Map<string, number>();
  readonly #late = new Set<NodeJS.Timeout>();
  #created = 0;

  private constructor(options: StandInOptions) {
    this.options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: StandInOptions = {}): Promise<ServiceNowStandIn> {
    const standIn = new ServiceNowStandIn(options);
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const timer of this.#late) clearTimeout(timer);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  rows(table: string): Row[] {
    return this.tables.get(table)!;
  }

  /** Withdraws every token, as an administrator of the instance can. */
  withdrawTokens(): void {
    this.#tokens.clear();
  }

  /** What a person does to a ticket. */
  set(table: string, find: (row: Row) => boolean, values: Row): void {
    for (const row of this.rows(table).filter(find)) this.#apply(table, row, values);
  }

  add(table: string, values: Row): Row {
    this.#created += 1;
    const state = values['state'] ?? FIRST_STATE[table] ?? '1';
    const row: Row = {
      sys_id: randomBytes(16).toString('hex'),
      number: `${PREFIX[table] ?? 'REC'}${String(10_000 + this.#created).padStart(7, '0')}`,
      state,
      active: 'true',
      correlation_id: '',
      sys_created_on: new Date().toISOString().slice(0, 19).replace('T', ' '),
    };
    this.#apply(table, row, values);
    this.rows(table).push(row);
    return row;
  }

  #apply(table: string, row: Row, values: Row): void {
    const known = [...(table === 'sc_cat_item' ? [] : TASK_FIELDS), ...(MORE_FIELDS[table] ?? [])];
    for (const [field, value] of Object.entries(values)) {
      if (!known.includes(field) || this.options.missingFields?.includes(field)) continue;
      if (field === 'work_notes') {
        this.notes.set(row['sys_id']!, [...(this.notes.get(row['sys_id']!) ?? []), value]);
        continue;
      }
      row[field] = value;
    }
    row['active'] = values['active'] ?? String(!CLOSED[table]?.includes(row['state']!));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const url = new URL(request.url ?? '/', this.origin);
    const path = /^\/api\/now(?:\/v[12])?\/table\/([^/]+)(?:\/([^/]+))?$/.exec(url.pathname);
    const call: Call = {
      n: this.calls.length + 1,
      method: request.method ?? '',
      table: path?.[1] ?? url.pathname,
      query: url.searchParams,
    };
    this.calls.push(call);
    this.options.onExchange?.(call, 'received');
    response.on('close', () => this.options.onExchange?.(call, 'answered'));
    const fault = this.options.faults?.(call);
    const work = () => this.#answer(call, request, path?.[2], body, fault);
    switch (fault?.kind) {
      case 'lostRequest':
        return void request.socket.destroy();
      case 'lostReply':
        work();
        return void request.socket.destroy();
      case 'lateWork':
        this.#later(fault.ms, () => void work());
        return void request.socket.destroy();
      case 'emptyReply':
        work();
        return void response.writeHead(200).end();
      case 'failedAfterWork':
        work();
        return void response
          .writeHead(502, { 'content-type': 'text/html' })
          .end('<html><body>Bad gateway</body></html>');
      case 'throttled':
        return sendJson(response, 429, failure('Rate limit exceeded', 'Requests per hour'), {
          'retry-after': fault.retryAfter,
          'x-ratelimit-limit': '100',
          'x-ratelimit-rule': 'rollcall',
        });
      case 'unavailable':
        return void response
          .writeHead(503, { 'content-type': 'text/html' })
          .end('<html><body>Maintenance</body></html>');
      case 'hibernating':
        return void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<html><div class="instance-hibernating-page">Your instance is hibernating</div></html>');
      case 'lateReply': {
        const answer = work();
        return this.#later(fault.ms, () => sendJson(response, answer.status, answer.body, answer.headers));
      }
      default: {
        const { status, body: said, headers } = work();
        const cutShort = fault?.kind === 'cutShort';
        const error = failure('Transaction cancelled: maximum execution time exceeded', '');
        sendJson(response, status, cutShort ? { ...(said as object), ...error } : said, headers);
      }
    }
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      act();
    }, ms);
    this.#late.add(timer);
  }

  #answer(
    call: Call,
    request: IncomingMessage,
    sysId: string | undefined,
    body: string,
    fault: Fault | undefined,
  ): Answer {
    if (call.table === '/oauth_token.do') return this.#token(new URLSearchParams(body));
    if (!this.#isSignedIn(request.headers.authorization)) {
      return { status: 401, body: failure('User Not Authenticated', 'Required to provide Auth information') };
    }
    if (!/application\/json/.test(request.headers.accept ?? ''))
      return { status: 406, body: failure('Not acceptable', '') };
    if (!this.tables.has(call.table)) return { status: 400, body: failure(`Invalid table ${call.table}`, '') };
    if (call.method === 'GET') return sysId === undefined ? this.#list(call, fault) : this.#one(call, sysId);
    if (!/application\/json/.test(request.headers['content-type'] ?? '')) {
      return { status: 415, body: failure('Unsupported media type', '') };
    }
    const values = JSON.parse(body) as Row;
    return call.method === 'POST' ? this.#insert(call, values) : this.#change(call, sysId ?? '', values);
  }

  #insert(call: Call, values: Row): Answer {
    const why = this.options.refuses?.(call, values, undefined);
    if (why !== undefined) return { status: 403, body: failure('Operation Failed', why) };
    const row = this.add(call.table, values);
    const location = `${this.origin}/api/now/v2/table/${call.table}/${row['sys_id']}`;
    return { status: 201, body: { result: this.#shown(row, call.query) }, headers: { location } };
  }

  #change(call: Call, sysId: string, values: Row): Answer {
    const row = this.#seen(call.table).find((one) => one['sys_id'] === sysId);
    if (row === undefined)
      return {
        status: 404,
        body: failure('No Record found', "Record doesn't exist or ACL restricts the record retrieval"),
      };
    const why = this.options.refuses?.(call, values, row);
    if (why !== undefined) return { status: 403, body: failure('Operation Failed', why) };
    this.#apply(call.table, row, values);
    return { status: 200, body: { result: this.#shown(row, call.query) } };
  }

  #one(call: Call, sysId: string): Answer {
    const row = this.#seen(call.table).find((one) => one['sys_id'] === sysId);
    if (row === undefined)
      return {
        status: 404,
        body: failure('No Record found', "Record doesn't exist or ACL restricts the record retrieval"),
      };
    return { status: 200, body: { result: this.#shown(row, call.query) } };
  }

  #list(call: Call, fault: Fault | undefined): Answer {
    const written = fault?.kind === 'ignoredQuery' ? '' : (call.query.get('sysparm_query') ?? '');
    const found = this.#matching(call.table, written);
    const asked = Number(call.query.get('sysparm_limit') ?? 10_000);
    const limit = Math.min(asked, this.options.rowsAPage ?? asked);
    const offset = Number(call.query.get('sysparm_offset') ?? 0);
    // The limit is applied before access rules hide what may not be seen.
    const page = found.slice(offset, offset + limit).filter((row) => !this.options.hiddenRow?.(row));
    const link = (rel: string, at: number) => {
      const next = new URL(`${this.origin}/api/now/v2/table/${call.table}?${call.query}`);
      next.searchParams.set('sysparm_offset', String(at));
      return `<${next}>;rel="${rel}"`;
    };
    const links = [link('first', 0), ...(offset + limit < found.length ? [link('next', offset + limit)] : [])];
    return {
      status: 200,
      body: { result: page.map((row) => this.#shown(row, call.query)) },
      headers: {
        ...(this.options.tellsLinks !== false && { link: links.join(',') }),
        ...(this.options.tellsTotal !== false && { 'x-total-count': String(found.length) }),
      },
    };
  }

  #seen(table: string): Row[] {
    return this.rows(table).filter((row) => !this.options.hiddenRow?.(row));
  }

  /** Encoded queries of the few operators that are documented; a part that is not understood is ignored. */
  #matching(table: string, encoded: string): Row[] {
    const parts = encoded.split('^').filter((part) => part !== '');
    const order = parts.find((part) => part.startsWith('ORDERBY'))?.slice('ORDERBY'.length);
    const groups: string[][] = [];
    for (const part of parts.filter((one) => !one.startsWith('ORDERBY'))) {
      if (part.startsWith('OR') && groups.length > 0) groups.at(-1)!.push(part.slice(2));
      else groups.push([part]);
    }
    const known = [...TASK_FIELDS, ...(MORE_FIELDS[table] ?? [])].filter(
      (field) => !this.options.missingFields?.includes(field),
    );
    let isInvalid = false;
    const tests = groups.map((group) => {
      const alternatives = group.flatMap((part) => {
        const [, field, operator, value] = /^([a-z_]+?)(=|STARTSWITH)(.*)$/.exec(part) ?? [];
        if (field === undefined || !known.includes(field)) {
          isInvalid = true;
          return [];
        }
        return [
          (row: Row) => (operator === '=' ? (row[field] ?? '') === value : (row[field] ?? '').startsWith(value!)),
        ];
      });
      return (row: Row) => alternatives.length === 0 || alternatives.some((isMet) => isMet(row));
    });
    if (isInvalid && this.options.invalidQueryReturnsNoRows) return [];
    const found = this.rows(table).filter((row) => tests.every((isMet) => isMet(row)));
    return order === undefined ? found : found.sort((a, b) => ((a[order] ?? '') < (b[order] ?? '') ? -1 : 1));
  }

  #shown(row: Row, query: URLSearchParams): Record<string, unknown> {
    const asked = query.get('sysparm_fields')?.split(',') ?? Object.keys(row);
    const display = query.get('sysparm_display_value') ?? 'false';
    const shown: Record<string, unknown> = {};
    for (const field of asked) {
      if (row[field] === undefined || this.options.hiddenFields?.includes(field)) continue;
      const value = row[field];
      const isReference = REFERENCES.includes(field) && query.get('sysparm_exclude_reference_link') !== 'true';
      if (display === 'true') shown[field] = `the label of ${value}`;
      else if (display === 'all') shown[field] = { display_value: `the label of ${value}`, value };
      else shown[field] = isReference && value !== '' ? { link: `${this.origin}/${value}`, value } : value;
    }
    return shown;
  }

  #token(form: URLSearchParams): Answer {
    const isClient = form.get('client_id') === STAND_IN.clientId && form.get('client_secret') === STAND_IN.clientSecret;
    const isUser = form.get('username') === STAND_IN.user && form.get('password') === STAND_IN.password;
    const grant = form.get('grant_type');
    if (!isClient || !(grant === 'client_credentials' || (grant === 'password' && isUser))) {
      return { status: 401, body: { error: 'server_error', error_description: 'access_denied' } };
    }
    const token = randomBytes(24).toString('base64url');
    const seconds = this.options.tokenSeconds ?? 1799;
    this.#tokens.set(token, Date.now() + seconds * 1000);
    return {
      status: 200,
      body: { access_token: token, scope: 'useraccount', token_type: 'Bearer', expires_in: seconds },
    };
  }

  #isSignedIn(authorization = ''): boolean {
    const [scheme, value = ''] = authorization.split(' ');
    if (scheme === 'Basic') return Buffer.from(value, 'base64').toString() === `${STAND_IN.user}:${STAND_IN.password}`;
    return scheme === 'Bearer' && (this.#tokens.get(value) ?? 0) > Date.now();
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

const failure = (message: string, detail: string) => ({ error: { message, detail }, status: 'failure' });

const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers });
  response.end(JSON.stringify(body));
};
