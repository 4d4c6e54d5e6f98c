// Removals on the screen, and as rows of a table.
import type { Removal, RemovalCause, RemovalState } from '../../model/removal.ts';
import { REMOVAL_STATES } from '../../model/removal.ts';
import { isOverdue } from '../../reconcile/overdue.ts';
import type { Output } from './output.ts';
import { count, counted } from './progress.ts';

export const STATE_WORDS: Readonly<Record<RemovalState, string>> = {
  open: 'to be ordered',
  ordered: 'ordered',
  accepted: 'being worked on',
  claimedDone: 'said to be done',
  confirmed: 'confirmed gone',
  returned: 'there again',
  excepted: 'excepted',
};

/** How much of an id is shown: enough to tell some thousands apart. */
const SHOWN_ID = 8;

/** How many removals a list on the screen shows. */
const SHOWN = 50;

const dayOf = (time: string): string => time.slice(0, 10);

export const causeText = (cause: RemovalCause): string => {
  switch (cause.kind) {
    case 'denied':
      return `refused by ${cause.decidedBy}${cause.justification && `: ${cause.justification}`}`;
    case 'expired':
      return `ended on ${dayOf(cause.ended)}`;
    case 'withdrawn':
      return `withdrawn by ${cause.by}`;
    default:
      return cause satisfies never;
  }
};

/** `1a2b3c4d  ann@contoso.com, role "General"  ordered, INC0012, overdue since 2026-01-15` */
export const removalText = (removal: Removal, now: string): string => {
  const { id, account, role, state, order, due, exception, failure, seen, confirmedBy } = removal;
  const parts = [
    STATE_WORDS[state],
    ...(order && state !== 'confirmed' ? [order.reference] : []),
    ...(seen?.as === undefined || state === 'confirmed' ? [] : [`stands there as ${seen.as} now`]),
    ...(exception ? [`by ${exception.by} until ${dayOf(exception.until)}: ${exception.reason}`] : []),
    ...(failure === null ? [] : [`its order came to nothing: ${failure}`]),
    ...(confirmedBy ? [`by the roster of ${dayOf(confirmedBy.at)}`] : []),
    ...(isOverdue(removal, now) ? [`overdue since ${dayOf(due)}`] : []),
  ];
  const what = `${account.key}${role === null ? '' : `, role "${role}"`}`;
  return `${id.slice(0, SHOWN_ID)}  ${what}  ${parts.join(', ')}`;
};

/** The first removals, a line each, and how many more there are. */
export const removalLines = (removals: readonly Removal[], now: string): string[] => [
  ...removals.slice(0, SHOWN).map((removal) => `  ${removalText(removal, now)}`),
  ...(removals.length > SHOWN ? [`  and ${count(removals.length - SHOWN)} more`] : []),
];

/** `12 removals: 3 to be ordered, 9 confirmed gone` */
export const countsText = (counts: Readonly<Partial<Record<RemovalState, number>>>): string => {
  const there = REMOVAL_STATES.filter((state) => (counts[state] ?? 0) > 0);
  const total = there.reduce((sum, state) => sum + counts[state]!, 0);
  if (total === 0) return 'No removals';
  const parts = there.map((state) => `${count(counts[state]!)} ${STATE_WORDS[state]}`);
  return `${counted(total, 'removal')}: ${parts.join(', ')}`;
};

export const countsOf = (removals: readonly Removal[]): Partial<Record<RemovalState, number>> => {
  const counts: Partial<Record<RemovalState, number>> = {};
  for (const { state } of removals) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

export const removalTable = (removals: readonly Removal[], now: string): NonNullable<Output['table']> => ({
  columns: [
    'removal',
    'account',
    'user',
    'role',
    'state',
    'overdue',
    'due',
    'why',
    'decided',
    'channel',
    'order',
    'address',
    'standsAs',
    'exceptedBy',
    'exceptedUntil',
    'exceptionReason',
    'failure',
    'confirmedBy',
    'confirmedAt',
  ],
  rows: (async function* () {
    for (const removal of removals) {
      const { id, account, role, state, due, cause, decidedAt, order, seen, exception, failure, confirmedBy } = removal;
      yield [
        id,
        account.key,
        account.user?.userPrincipalName ?? '',
        role ?? '',
        state,
        isOverdue(removal, now) ? 'yes' : 'no',
        due,
        causeText(cause),
        decidedAt,
        order?.channel ?? '',
        order?.reference ?? '',
        order?.address ?? '',
        seen?.as ?? '',
        exception?.by ?? '',
        exception?.until ?? '',
        exception?.reason ?? '',
        failure ?? '',
        confirmedBy?.roster ?? '',
        confirmedBy?.at ?? '',
      ];
    }
  })(),
});
