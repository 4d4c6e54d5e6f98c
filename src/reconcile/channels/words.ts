// A removal in words, as the owner of an application reads it in a message or a ticket.
import type { Removal, RemovalCause } from '../../model/removal.ts';

/** Control characters, and those that turn the direction of what follows: they make a text read as what it is not. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** A value from elsewhere, on one line, readable as it is. */
export const oneLine = (text: string): string => text.replace(UNSEEN, ' ').trim();

/** At most `length` characters, cut between whole ones. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;

export const accountText = ({ account }: Removal): string => oneLine(account.key);

/** `2026-12-01`, UTC: a day is enough for a person. */
export const dayText = (time: string): string => time.slice(0, 10);

/** What is to be done, as a sentence without its full stop. */
export const taskText = (removal: Removal): string =>
  removal.role === null
    ? `Remove the account ${accountText(removal)} from ${oneLine(removal.applicationName)}`
    : `Take the role ${oneLine(removal.role)} from the account ${accountText(removal)} in ${oneLine(removal.applicationName)}`;

export const causeText = (cause: RemovalCause): string => {
  switch (cause.kind) {
    case 'denied': {
      const reason = oneLine(cause.justification);
      return `refused by ${oneLine(cause.decidedBy)}${reason === '' ? '' : `: ${reason}`}`;
    }
    case 'expired':
      return `the access ended on ${dayText(cause.ended)}`;
    case 'withdrawn':
      return `withdrawn in the directory by ${oneLine(cause.by)}`;
  }
};

export const userText = ({ account }: Removal): string =>
  account.user === null
    ? 'nobody in the directory'
    : `${oneLine(account.user.displayName)} (${oneLine(account.user.userPrincipalName)})`;

/** Everything about one removal, line by line. */
export const lines = (removal: Removal): string[] => [
  `${taskText(removal)}.`,
  '',
  ...Object.entries(removal.account.cells).map(([column, cell]) => `${oneLine(column)}: ${oneLine(cell)}`),
  `Belongs to: ${userText(removal)}`,
  `Why: ${causeText(removal.cause)}`,
  `Decided: ${dayText(removal.decidedAt)}`,
  `Due: ${dayText(removal.due)}`,
  `Removal: ${removal.id}`,
];

/** What is added to every order: what closes it. */
export const CLOSING =
  'It is confirmed by the next complete list of accounts that lacks it, and by nothing else; what is said to be done and is still there is opened again.';
