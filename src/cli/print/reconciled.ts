// What a new roster says, on the screen and as rows of a table.
import type { Reconciled } from '../../pipeline.ts';
import type { RosterDifferences, ToldAccount } from '../../reconcile/compare.ts';
import type { Output } from './output.ts';
import { count, counted } from './progress.ts';
import { removalLines } from './removals.ts';

/** How many of each kind are shown. */
const SHOWN = 10;

const accountText = ({ key, role, user }: ToldAccount): string =>
  `${key}${role === null ? '' : `, role "${role}"`}${user === null || user === key ? '' : ` (${user})`}`;

const section = <T>(items: readonly T[], one: string, many: string, text: (item: T) => string): string[] =>
  items.length === 0
    ? []
    : [
        `${count(items.length)} ${items.length === 1 ? one : many}`,
        ...items.slice(0, SHOWN).map((item) => `  ${text(item)}`),
        ...(items.length > SHOWN ? [`  and ${count(items.length - SHOWN)} more`] : []),
      ];

export const differenceLines = ({ added, gone, renamed, rolesGained, rolesLost }: RosterDifferences): string[] => [
  ...section(added, 'account came', 'accounts came', accountText),
  ...section(gone, 'account is gone', 'accounts are gone', accountText),
  ...section(renamed, 'account was renamed', 'accounts were renamed', (one) => `${one.was} is ${accountText(one)} now`),
  ...section(rolesGained, 'role was gained', 'roles were gained', accountText),
  ...section(rolesLost, 'role was lost', 'roles were lost', accountText),
];

export const reconciledText = (reconciled: Reconciled, now: string): string => {
  const { roster, before, removals, found, differences, unordered, disabled, left, directory, notes } = reconciled;
  const { confirmed, returned, remaining, untold } = removals;
  const { unassigned, withoutAccount } = directory;
  const isSame = differenceLines(differences).length === 0;
  return [
    `${counted(roster.rows, 'account')} collected from ${roster.source}`,
    ...(before ? [`Compared with the roster of ${before.collectedAt}${isSame ? ': no difference' : ''}`] : []),
    ...notes,
    ...(confirmed.length + returned.length + remaining.length > 0
      ? [
          `Removals: ${count(confirmed.length)} confirmed gone, ${count(returned.length)} there again, ${count(remaining.length)} there still`,
        ]
      : []),
    ...removalLines([...returned, ...remaining, ...confirmed], now),
    ...untold.map(({ removal, reason }) => `  ${removal.account.key} is neither confirmed nor not: ${reason}`),
    ...(found.length > 0
      ? [`${counted(found.length, 'removal was', 'removals were')} found`, ...removalLines(found, now)]
      : []),
    ...differenceLines(differences),
    ...section(
      unordered,
      'account or role came that nobody has ordered',
      'accounts or roles came that nobody has ordered',
      accountText,
    ),
    ...section(
      disabled,
      'account belongs to a user who cannot sign in',
      'accounts belong to users who cannot sign in',
      accountText,
    ),
    ...section(
      left,
      'account belongs to a user who has left the directory',
      'accounts belong to users who have left the directory',
      accountText,
    ),
    ...(unassigned > 0
      ? [
          `${counted(unassigned, 'assignment is', 'assignments are')} to be made: the directory was never seen to have them`,
        ]
      : []),
    ...section(
      withoutAccount,
      'assignment has no account any more',
      'assignments have no account any more',
      ({ principalName }) => principalName,
    ),
  ].join('\n');
};

/** Every finding, a row each. */
export const reconciledTable = ({
  removals,
  found,
  differences,
  unordered,
  disabled,
  left,
  directory,
}: Reconciled): NonNullable<Output['table']> => ({
  columns: ['finding', 'account', 'role', 'user', 'row', 'was', 'removal', 'what'],
  rows: (async function* () {
    const { confirmed, returned, remaining, untold } = removals;
    const lists = { confirmed, returned, remaining, found, untold: untold.map(({ removal }) => removal) };
    for (const [finding, list] of Object.entries(lists)) {
      for (const { id, account, role, seen } of list)
        yield [finding, account.key, role ?? '', account.user?.userPrincipalName ?? '', '', '', id, seen?.as ?? ''];
    }
    yield* differenceRows(differences);
    for (const [finding, list] of Object.entries({ unordered, disabled, left }))
      for (const one of list) yield [finding, one.key, one.role ?? '', one.user ?? '', one.row, '', '', ''];
    for (const { principalName, roleId } of directory.withoutAccount)
      yield ['withoutAccount', '', roleId, principalName, '', '', '', ''];
  })(),
});

export function* differenceRows({ renamed, ...others }: RosterDifferences): Generator<readonly unknown[]> {
  for (const [finding, list] of Object.entries(others))
    for (const one of list) yield [finding, one.key, one.role ?? '', one.user ?? '', one.row, '', '', ''];
  for (const one of renamed) yield ['renamed', one.key, one.role ?? '', one.user ?? '', one.row, one.was, '', ''];
}
