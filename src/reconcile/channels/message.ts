// A message with removals: its subject, its text, the same as simple HTML, and its id. Nothing in it can be run.
import { createHash } from 'node:crypto';
import type { Removal } from '../../model/removal.ts';
import { accountText, CLOSING, causeText, cut, dayText, lines, oneLine, taskText, userText } from './words.ts';

export type MessageKind = 'order' | 'reminder' | 'escalation' | 'reopen';

export interface Message {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const OPENINGS: Readonly<Record<MessageKind, string>> = {
  order: 'Please carry out what is listed below.',
  reminder: 'What is listed below was due and is not confirmed. Please carry it out.',
  escalation: 'What is listed below has been overdue for long. Please see to it that it is carried out.',
  reopen: 'What is listed below is still in the application, or is there again. Please carry it out once more.',
};

const SUBJECTS: Readonly<Record<MessageKind, string>> = {
  order: 'to carry out',
  reminder: 'overdue',
  escalation: 'long overdue',
  reopen: 'to carry out again',
};

/** So many are written out; all of them stand in the attached file. */
const WRITTEN_OUT = 200;

export const messageOf = (removals: readonly Removal[], kind: MessageKind): Message => {
  const application = cut(oneLine(removals[0]!.applicationName), 60);
  const due = removals.map((removal) => removal.due).sort()[0]!;
  const number = `${removals.length.toLocaleString('en')} ${removals.length === 1 ? 'removal' : 'removals'}`;
  const shown = removals.slice(0, WRITTEN_OUT);
  const more =
    removals.length > shown.length ? `The attached file has all ${removals.length.toLocaleString('en')}.` : '';
  return {
    subject: `${application}: ${number} ${SUBJECTS[kind]}, due ${dayText(due)}`,
    text: textOf(shown, kind, more),
    html: htmlOf(shown, kind, more),
  };
};

const textOf = (removals: readonly Removal[], kind: MessageKind, more: string): string =>
  [
    OPENINGS[kind],
    ...removals.map(
      (removal, index) =>
        `${index + 1}. ${lines(removal)
          .join('\n   ')
          .replace(/\n {3}\n/g, '\n')}`,
    ),
    ...(more === '' ? [] : [more]),
    CLOSING,
    '',
  ].join('\n\n');

const HEADER = ['What', 'Account', 'Details', 'Belongs to', 'Why', 'Due', 'Removal'];

/** No style sheet, no picture, no link: nothing that a mail program would have to fetch or could be made to run. */
const htmlOf = (removals: readonly Removal[], kind: MessageKind, more: string): string => {
  const row = (name: 'th' | 'td', cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${name} align="left" valign="top">${escaped(cell)}</${name}>`).join('')}</tr>`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body>',
    `<p>${escaped(OPENINGS[kind])}</p>`,
    '<table border="1" cellpadding="4" cellspacing="0">',
    row('th', HEADER),
    ...removals.map((removal) => row('td', cellsOf(removal))),
    '</table>',
    ...(more === '' ? [] : [`<p>${escaped(more)}</p>`]),
    `<p>${escaped(CLOSING)}</p>`,
    '</body></html>',
  ].join('\n');
};

const cellsOf = (removal: Removal): string[] => [
  taskText(removal),
  accountText(removal),
  Object.entries(removal.account.cells)
    .map(([column, cell]) => `${oneLine(column)}: ${oneLine(cell)}`)
    .join('; '),
  userText(removal),
  causeText(removal.cause),
  dayText(removal.due),
  removal.id,
];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/**
 * The same message has the same id, so that a mail program that gets it twice shows it once: the same removals, ordered for
 * the first time; opened again after the same order; or reminded of on the same day.
 */
export const messageIdOf = (removals: readonly Removal[], kind: MessageKind, now: number, sender: string): string => {
  const hash = createHash('sha256').update(kind);
  if (kind === 'reminder' || kind === 'escalation') hash.update(dayText(new Date(now).toISOString()));
  const parts = removals.map(({ id, order }) => (kind === 'reopen' ? `${id} ${order?.orderedAt ?? ''}` : id));
  for (const part of parts.sort()) hash.update(`\n${part}`);
  const domain = sender.slice(sender.lastIndexOf('@') + 1).replace(/>$/, '');
  return `<rollcall.${kind}.${hash.digest('hex').slice(0, 40)}@${domain}>`;
};

/** The ids of the messages by which these were ordered before: a mail program shows them together. */
export const messagesBefore = (removals: readonly Removal[]): string[] => [
  ...new Set(
    removals.flatMap(({ order }) => (order && /^<[^\s<>]+@[^\s<>]+>$/.test(order.reference) ? [order.reference] : [])),
  ),
];
