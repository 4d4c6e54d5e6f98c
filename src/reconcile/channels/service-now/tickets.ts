// A removal's tickets: how each is told by its correlation id, which of them is the order, and what its state is taken for.
import type { OrderState } from '../../../model/channel.ts';
import type { ServiceNowSettings, TicketKind } from '../../../model/channel-settings.ts';
import type { Removal } from '../../../model/removal.ts';
import { CLOSING, cut, dayText, lines, oneLine, taskText } from '../words.ts';
import type { Row } from './answers.ts';

export const TABLES: Readonly<Record<TicketKind, string>> = {
  incident: 'incident',
  requestTask: 'sc_task',
  requestItem: 'sc_req_item',
  change: 'change_request',
};

export interface Ticket {
  readonly sysId: string;
  readonly number: string;
  /** 1 for the first ticket of a removal, 2 for the one that follows it up, … */
  readonly generation: number;
  readonly state: string;
  /** Undefined where the table does not say. */
  readonly isActive: boolean | undefined;
  readonly createdOn: string;
  readonly closeNotes: string;
}

/** What is read of a ticket. */
export const FIELDS = ['sys_id', 'number', 'correlation_id', 'state', 'active', 'sys_created_on', 'close_notes'];

/** Fields without which nothing can be told of a ticket: access rules take them out without a word. */
export const NEEDED = ['sys_id', 'number', 'correlation_id', 'state'];

/** The first ticket carries the removal's id, a follow-up the id and its number. At most 100 characters. */
export const correlationOf = (id: string, generation: number): string =>
  generation === 1 ? id : `${id}-${generation}`;

const CORRELATION = /^([0-9a-f]{32})(?:-([2-9]|[1-9]\d{1,3}))?$/;

/** Whose ticket it is; undefined for what is none of ours. */
export const whoseIs = (correlation: string): { readonly id: string; readonly generation: number } | undefined => {
  const [, id, generation] = CORRELATION.exec(correlation) ?? [];
  return id === undefined ? undefined : { id, generation: Number(generation ?? 1) };
};

/** Only these characters stand in a query: nothing of the roster's does. */
export const queryFor = (ids: readonly string[]): string =>
  `${ids.map((id) => `correlation_idSTARTSWITH${id}`).join('^OR')}^ORDERBYsys_id`;

export const ticketOf = (row: Row, generation: number): Ticket => ({
  sysId: row['sys_id']!,
  number: row['number']!,
  generation,
  state: row['state']!,
  isActive: row['active'] === undefined ? undefined : row['active'] === 'true',
  createdOn: row['sys_created_on'] ?? '',
  closeNotes: row['close_notes'] ?? '',
});

/**
 * Of all tickets of a removal: its order, which is the one that is known already or else the oldest of the newest
 * generation; and those that stand beside it, placed twice because two were at work or an answer came very late.
 */
export const orderAmong = (
  tickets: readonly Ticket[],
  known: string | undefined,
): { readonly order: Ticket; readonly others: readonly Ticket[] } | undefined => {
  const newest = Math.max(...tickets.map(({ generation }) => generation));
  const alike = tickets.filter(({ generation }) => generation === newest).sort(byAge);
  const order = alike.find(({ number }) => number === known) ?? alike[0];
  return order && { order, others: alike.filter((ticket) => ticket !== order) };
};

const byAge = (a: Ticket, b: Ticket): number => compare(a.createdOn, b.createdOn) || compare(a.sysId, b.sysId);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** A state that nobody has given a meaning counts as ordered, until the ticket is not active any more. */
export const meaningOf = (ticket: Ticket, { states }: Pick<ServiceNowSettings, 'states'>) =>
  states[ticket.state] ?? (ticket.isActive === false ? 'claimedDone' : 'ordered');

export const isOpen = (ticket: Ticket, settings: Pick<ServiceNowSettings, 'states'>): boolean => {
  const meaning = meaningOf(ticket, settings);
  return meaning === 'ordered' || meaning === 'accepted';
};

export const stateOf = (ticket: Ticket, settings: Pick<ServiceNowSettings, 'states'>): OrderState => {
  const kind = meaningOf(ticket, settings);
  if (kind !== 'failed') return { kind };
  const notes = cut(oneLine(ticket.closeNotes), 300);
  return {
    kind,
    reason: `${ticket.number} came to nothing (state ${ticket.state})${notes === '' ? '' : `: ${notes}`}`,
  };
};

/** Lengths: those of the fields as ServiceNow ships them. */
const SHORT = 160;
const LONG = 4000;

/** The fields of a new ticket. `before`: the one that it follows up. */
export const contentOf = (
  removal: Removal,
  generation: number,
  settings: Pick<ServiceNowSettings, 'fields' | 'catalogItem'>,
  before?: Ticket,
): Record<string, string> => {
  const follows =
    before === undefined ? [] : [`Follows ${before.number}, which was closed while the account was still there.`, ''];
  return {
    ...settings.fields,
    ...(settings.catalogItem !== null && { cat_item: settings.catalogItem }),
    ...(before && { parent: before.sysId }),
    due_date: `${dayText(removal.due)} ${removal.due.slice(11, 19)}`,
    correlation_id: correlationOf(removal.id, generation),
    correlation_display: 'Rollcall',
    short_description: plainText(cut(taskText(removal), SHORT)),
    description: plainText(cut([...follows, ...lines(removal), '', CLOSING].join('\n'), LONG)),
  };
};

export const reopenNote = (removal: Removal): string =>
  plainText(
    cut([`Opened again: the account is still there.${seenAs(removal)}`, '', ...lines(removal)].join('\n'), LONG),
  );

export const reminderNote = (removal: Removal, escalate: boolean): string => {
  const long = escalate ? 'Escalated: this' : 'Reminder: this';
  return plainText(
    `${long} was due on ${dayText(removal.due)} and is not confirmed.${seenAs(removal)} ${taskText(removal)}.`,
  );
};

export const duplicateNote = (order: Ticket): string => `Placed twice: ${order.number} is the order.`;

const seenAs = ({ seen }: Removal): string =>
  seen?.as === undefined ? '' : ` It now stands there as ${oneLine(seen.as)}.`;

/** A journal renders what stands between [code] and [/code] as HTML. */
const plainText = (text: string): string => text.replace(/\[(\/?)code\]/gi, '($1code)');
