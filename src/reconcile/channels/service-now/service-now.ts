// Orders as tickets in ServiceNow: one a removal, whatever is lost between here and there.
import { randomBytes } from 'node:crypto';
import { Waiting } from '../../../http/waiting.ts';
import type { Channel, ChannelTools, OrderReport, OrderState, Placed } from '../../../model/channel.ts';
import type { ServiceNowSettings } from '../../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../../model/errors.ts';
import type { Removal } from '../../../model/removal.ts';
import { doEach, placeEach } from '../one-by-one.ts';
import type { Row } from './answers.ts';
import { TableApi } from './table.ts';
import {
  contentOf,
  correlationOf,
  duplicateNote,
  FIELDS,
  isOpen,
  NEEDED,
  orderAmong,
  queryFor,
  reminderNote,
  reopenNote,
  stateOf,
  TABLES,
  type Ticket,
  ticketOf,
  whoseIs,
} from './tickets.ts';

/** So many removals are asked for by one question: its address stays below three thousand characters. */
const IDS_A_QUESTION = 40;

/** How often a ticket is looked for after it was sent. */
const LOOKS = 2;

const AGAIN = 'Run the same command again; what is done already is not done twice.';

/** Nothing is asked for before the first call. Errors of all methods: {@link ChannelError}, {@link ChannelDownError}. */
export const serviceNowChannel = (settings: ServiceNowSettings, tools: ChannelTools): Channel => {
  const desk = new Desk(settings, tools);
  return {
    name: 'serviceNow',
    kind: 'serviceNow',
    check: (signal) => desk.check(signal),
    order: (removals, report, signal) => desk.order(removals, report, signal),
    states: (removals, signal) => desk.states(removals, signal),
    remind: (removals, escalate, signal) => desk.remind(removals, escalate, signal),
    reopen: (removals, report, signal) => desk.reopen(removals, report, signal),
    close: () => desk.close(),
  };
};

class Desk {
  readonly #settings: ServiceNowSettings;
  readonly #tools: ChannelTools;
  readonly #table: string;
  readonly #api: TableApi;
  /** Whether the table was looked at before the first write. */
  #isProbed = false;
  /** Why nothing more may be written: what was written last cannot be found again. */
  #lostSight: ChannelDownError | undefined;

  constructor(settings: ServiceNowSettings, tools: ChannelTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#table = TABLES[settings.ticket];
    this.#api = new TableApi(settings, tools);
  }

  async check(signal: AbortSignal): Promise<string> {
    const found = await this.#probe(signal);
    const item = await this.#catalogItem(signal);
    return `${this.#settings.instance} lets in, answers for table ${this.#table} by correlation id${found}${item}`;
  }

  async order(removals: readonly Removal[], report: OrderReport, signal: AbortSignal): Promise<void> {
    await this.#eachChunk(removals, signal, async (chunk, there) => {
      await placeEach(chunk, report, signal, async (removal) => {
        this.#assertInSight();
        const tickets = there.get(removal.id) ?? [];
        const found = await this.#settle(removal, tickets, signal);
        if (found) return this.#placed(found, true);
        return this.#place(removal, 1, undefined, signal);
      });
    });
    this.#assertInSight();
  }

  async states(removals: readonly Removal[], signal: AbortSignal): Promise<ReadonlyMap<string, OrderState>> {
    const states = new Map<string, OrderState>();
    await this.#eachChunk(removals, signal, async (chunk, there) => {
      for (const removal of chunk) {
        const tickets = there.get(removal.id) ?? [];
        // One that cannot be cancelled does not stop the reading; whoever orders, reminds or reopens is told of it.
        await this.#settle(removal, tickets, signal).catch(unlessOnlyOne);
        const order = orderAmong(tickets, removal.order?.reference)?.order;
        states.set(removal.id, order ? stateOf(order, this.#settings) : this.#gone(removal));
      }
    });
    return states;
  }

  async remind(removals: readonly Removal[], escalate: boolean, signal: AbortSignal): Promise<void> {
    await this.#eachChunk(removals, signal, async (chunk, there) => {
      await doEach(chunk, signal, async (removal) => {
        const order = await this.#settle(removal, there.get(removal.id) ?? [], signal);
        if (order === undefined || !isOpen(order, this.#settings)) return;
        const raised = escalate ? this.#settings.escalation : {};
        await this.#change(order, { ...raised, work_notes: reminderNote(removal, escalate) }, signal);
      });
    });
  }

  async reopen(removals: readonly Removal[], report: OrderReport, signal: AbortSignal): Promise<void> {
    await this.#eachChunk(removals, signal, async (chunk, there) => {
      await placeEach(chunk, report, signal, async (removal) => {
        this.#assertInSight();
        const order = await this.#settle(removal, there.get(removal.id) ?? [], signal);
        return order ? this.#openAgain(removal, order, signal) : this.#orderAgain(removal, signal);
      });
    });
    this.#assertInSight();
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  /** Looks up a part at a time, right before it is worked on: what is there is never placed again. */
  async #eachChunk(
    removals: readonly Removal[],
    signal: AbortSignal,
    work: (chunk: readonly Removal[], there: ReadonlyMap<string, readonly Ticket[]>) => Promise<void>,
  ): Promise<void> {
    if (!this.#isProbed && removals.length > 0) await this.#probe(signal);
    for (let start = 0; start < removals.length; start += IDS_A_QUESTION) {
      const chunk = removals.slice(start, start + IDS_A_QUESTION);
      const ids = chunk.map(({ id }) => id);
      await work(chunk, await this.#find(this.#table, ids, signal));
    }
  }

  /**
   * The tickets of these removals. A question that the instance does not understand is answered with all rows it has, so
   * every row is held against what was asked.
   *
   * Source: https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_TableAPI.html (sysparm_query)
   */
  async #find(
    table: string,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly Ticket[]>> {
    const asked = new Set(ids);
    const found = new Map<string, Ticket[]>();
    for (const row of await this.#api.rows(table, queryFor(ids), FIELDS, signal)) {
      const whose = whoseIs(this.#wholeRow(table, row)['correlation_id']!);
      if (whose === undefined || !asked.has(whose.id)) throw this.#ignoredQuery(table);
      found.set(whose.id, [...(found.get(whose.id) ?? []), ticketOf(row, whose.generation)]);
    }
    return found;
  }

  #wholeRow(table: string, row: Row): Row {
    const missing = NEEDED.filter((field) => (row[field] ?? '') === '');
    // An unasked row without a correlation id is a sign of another defect, which is told by its own name.
    if (missing.length === 0 || (missing.length === 1 && row['correlation_id'] === '')) return row;
    throw this.#hiddenFields(table, missing);
  }

  #hiddenFields(table: string, missing: readonly string[]): ChannelDownError {
    return new ChannelDownError(
      `${this.#settings.instance}, table ${table}: tickets come without ${missing.join(', ')}.`,
      'Give the account that signs in the right to read these fields; an access rule leaves them out.',
    );
  }

  #ignoredQuery(table: string): ChannelDownError {
    return new ChannelDownError(
      `${this.#settings.instance}, table ${table}: the instance answers with tickets that were not asked for; it seems to ignore the query by correlation_id.`,
      'Check that the table has the field correlation_id and that the account that signs in may read it; then set the system property glide.invalid_query.returns_no_rows to true.',
    );
  }

  /** Asks for what cannot be there, and for any one ticket, to see whether answers can be believed. In words, what was found. */
  async #probe(signal: AbortSignal): Promise<string> {
    const nobody = randomBytes(16).toString('hex');
    await this.#find(this.#table, [nobody], signal);
    const [any] = await this.#api.rows(this.#table, '', FIELDS, signal, 1);
    if (any !== undefined) {
      const missing = NEEDED.filter((field) => any[field] === undefined);
      if (missing.length > 0) throw this.#hiddenFields(this.#table, missing);
    }
    this.#isProbed = true;
    return any === undefined ? '; there is no ticket yet that it may see' : '';
  }

  async #catalogItem(signal: AbortSignal): Promise<string> {
    const { catalogItem, instance } = this.#settings;
    if (catalogItem === null) return '';
    const row = await this.#api.row('sc_cat_item', catalogItem, ['sys_id', 'name', 'active'], signal);
    if (row?.['sys_id'] === catalogItem && row['active'] !== 'false')
      return `; the item is ${row['name'] ?? catalogItem}`;
    throw new ChannelDownError(
      `${instance}: the catalogue has no active item ${catalogItem} that may be seen.`,
      'Correct catalogItem in rollcall.yaml: it is the sys_id of an item in the table sc_cat_item.',
    );
  }

  /** The order among a removal's tickets; what stands beside it and is open is cancelled. */
  async #settle(removal: Removal, tickets: readonly Ticket[], signal: AbortSignal): Promise<Ticket | undefined> {
    const among = orderAmong(tickets, removal.order?.reference);
    if (among === undefined) return undefined;
    const { order, others } = among;
    for (const other of others) {
      if (!isOpen(other, this.#settings)) continue;
      const note = duplicateNote(order);
      await this.#change(other, { state: this.#settings.cancelled, work_notes: note, close_notes: note }, signal);
    }
    return order;
  }

  /** Places a ticket until it is found, looking before each attempt. `before`: the one that it follows up. */
  async #place(removal: Removal, generation: number, before: Ticket | undefined, signal: AbortSignal): Promise<Placed> {
    const parent = await this.#request(removal, generation, signal);
    const content = { ...contentOf(removal, generation, this.#settings, before), ...parent };
    const waiting = new Waiting(this.#settings.reach, this.#tools.clock);
    for (;;) {
      const written = await this.#api.insert(this.#table, content, FIELDS, signal);
      if (written.kind === 'refused') throw written.error;
      let isTriedAgain = true;
      for (let looked = 0; looked < LOOKS && isTriedAgain; looked += 1) {
        const found = await this.#look(removal, generation, signal);
        if (found) return this.#placed(found, written.kind === 'lost');
        // It may have been slow rather than lost.
        isTriedAgain = await waiting.again(written.kind === 'lost' ? written.after : undefined, signal);
      }
      if (written.kind === 'done') return this.#placedOutOfSight(removal, written.row, generation);
      if (isTriedAgain) continue;
      throw new ChannelDownError(
        `${this.#settings.instance}, table ${this.#table}: ${written.why}, again and again.`,
        AGAIN,
      );
    }
  }

  async #look(removal: Removal, generation: number, signal: AbortSignal): Promise<Ticket | undefined> {
    const there = await this.#find(this.#table, [removal.id], signal);
    const tickets = there.get(removal.id) ?? [];
    return tickets.some((ticket) => ticket.generation >= generation)
      ? this.#settle(removal, tickets, signal)
      : undefined;
  }

  /** A catalogue's item stands in a request; found again by the same correlation id in its own table. */
  async #request(removal: Removal, generation: number, signal: AbortSignal): Promise<{ readonly request?: string }> {
    if (this.#settings.ticket !== 'requestItem') return {};
    const waiting = new Waiting(this.#settings.reach, this.#tools.clock);
    for (;;) {
      const there = await this.#find('sc_request', [removal.id], signal);
      const [first] = (there.get(removal.id) ?? []).filter((ticket) => ticket.generation === generation);
      if (first) return { request: first.sysId };
      const { short_description, correlation_id, correlation_display } = contentOf(removal, generation, this.#settings);
      const content = { short_description, correlation_id, correlation_display } as Record<string, string>;
      const written = await this.#api.insert('sc_request', content, FIELDS, signal);
      if (written.kind === 'refused') throw written.error;
      if (written.kind === 'done') return { request: written.row['sys_id']! };
      if (await waiting.again(written.after, signal)) continue;
      throw new ChannelDownError(
        `${this.#settings.instance}, table sc_request: ${written.why}, again and again.`,
        AGAIN,
      );
    }
  }

  /**
   * The answer says that it was made, yet it cannot be found: it is kept as the order, and nothing more is written, since
   * the next run would not find it either.
   */
  #placedOutOfSight(removal: Removal, row: Row, generation: number): Placed {
    const correlation = row['correlation_id'];
    const kept = correlation === correlationOf(removal.id, generation);
    const what = kept ? 'is not found by it' : 'does not show the correlation id that it was given';
    const number = row['number'] || row['sys_id'];
    this.#lostSight = new ChannelDownError(
      `${this.#settings.instance}, table ${this.#table}: ticket ${number} was made with a correlation id and ${what}.`,
      'Give the account that signs in the right to read the tickets that it makes, with all their fields, and look for a business rule that changes correlation_id.',
    );
    if (!number) throw this.#lostSight;
    return { reference: number, wasThere: false, ...(row['sys_id'] && { address: this.#address(row['sys_id']) }) };
  }

  #assertInSight(): void {
    if (this.#lostSight) throw this.#lostSight;
  }

  #placed(ticket: Ticket, wasThere: boolean): Placed {
    return {
      reference: ticket.number,
      address: this.#address(ticket.sysId),
      wasThere,
      state: stateOf(ticket, this.#settings),
    };
  }

  #address(sysId: string): string {
    return `${this.#settings.instance}/${this.#table}.do?sys_id=${sysId}`;
  }

  /** Opens a closed ticket where that can be done, else places one that follows it up. */
  async #openAgain(removal: Removal, order: Ticket, signal: AbortSignal): Promise<Placed> {
    if (isOpen(order, this.#settings)) return this.#placed(order, true);
    const { reopen } = this.#settings;
    if (reopen?.from.includes(order.state)) {
      const change = { state: reopen.to, work_notes: reopenNote(removal) };
      // A closed ticket may be closed for good, by a rule that nobody told us of.
      const opened = await this.#change(order, change, signal).catch(unlessOnlyOne);
      if (opened && isOpen(opened, this.#settings)) return this.#placed(opened, false);
    }
    return this.#place(removal, order.generation + 1, order, signal);
  }

  async #orderAgain(removal: Removal, signal: AbortSignal): Promise<Placed> {
    const { order } = removal;
    if (order === null || this.#settings.whenGone === 'orderAgain') return this.#place(removal, 1, undefined, signal);
    throw new ChannelError(
      this.#goneText(order.reference),
      'Let the account that signs in see it. If it was deleted, set whenGone: orderAgain under removals.channel.serviceNow for one run.',
    );
  }

  #gone({ order }: Removal): OrderState {
    return order === null ? { kind: 'unknown' } : { kind: 'failed', reason: this.#goneText(order.reference) };
  }

  #goneText(reference: string): string {
    return `${reference} is not found any more: it was deleted, or is hidden from the account that signs in`;
  }

  /** Changes a ticket and says how it stands then. What is set twice is the same; a note may stand there twice. */
  async #change(
    ticket: Ticket,
    values: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Ticket | undefined> {
    const waiting = new Waiting(this.#settings.reach, this.#tools.clock);
    for (;;) {
      const written = await this.#api.change(this.#table, ticket.sysId, values, FIELDS, signal);
      if (written.kind === 'refused') throw written.error;
      if (written.kind === 'done')
        return ticketOf({ ...written.row, sys_id: ticket.sysId, number: ticket.number }, ticket.generation);
      const now =
        values['state'] === undefined ? undefined : await this.#api.row(this.#table, ticket.sysId, FIELDS, signal);
      if (now && now['state'] === values['state']) return ticketOf(now, ticket.generation);
      if (await waiting.again(written.after, signal)) continue;
      throw new ChannelDownError(
        `${this.#settings.instance}, ${ticket.number}: ${written.why}, again and again.`,
        AGAIN,
      );
    }
  }
}

const unlessOnlyOne = (error: unknown): undefined => {
  if (error instanceof ChannelError && !(error instanceof ChannelDownError)) return undefined;
  throw error;
};
