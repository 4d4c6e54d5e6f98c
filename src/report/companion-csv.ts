// The companion as CSV: every person, with the columns that "review decide" takes first, to be filled in.
import { stringify } from 'csv-stringify/sync';
import { harmlessCell } from '../model/cells.ts';
import { WEIGHT_LABELS } from './companion-advice.ts';
import {
  type CompanionData,
  type CompanionRow,
  decisionTexts,
  enabledTexts,
  loginTexts,
  peerTexts,
  sinceTexts,
  typeTexts,
} from './companion-row.ts';
import { CSV_FORMAT } from './csv.ts';

const COLUMNS = [
  'person',
  'decision',
  'justification',
  'name',
  'roles',
  'advice',
  'reasons',
  'lastLogin',
  'enabledInApplication',
  'accountType',
  'accounts',
  'sinceLastReview',
  'lastDecisions',
  'peers',
  'enabledInDirectory',
  'id',
] as const;

const CHUNK = 500;

/** The text in chunks, written as reports are: for Excel, and with no cell that a spreadsheet would run. */
export async function* companionCsv({ rows }: CompanionData): AsyncGenerator<string> {
  yield `\ufeff${stringify([COLUMNS], CSV_FORMAT)}`;
  for (let from = 0; from < rows.length; from += CHUNK)
    yield stringify(rows.slice(from, from + CHUNK).map(record), CSV_FORMAT);
}

const record = ({ person, advice }: CompanionRow): readonly string[] => [
  nameToDecideBy(person),
  '',
  '',
  person.displayName,
  person.roles.map(({ name }) => name).join('\n'),
  WEIGHT_LABELS[advice.weight],
  advice.reasons.join('\n'),
  loginTexts(person).join('\n'),
  enabledTexts(person).join('\n'),
  typeTexts(person).join('\n'),
  [...new Set(person.accounts.map(({ key }) => key))].join('\n'),
  sinceTexts(person).join('\n'),
  decisionTexts(person).join('\n'),
  peerTexts(person).join('\n'),
  person.isEnabled === null ? '' : person.isEnabled ? 'yes' : 'no',
  person.id,
];

/** The user principal name, unless a spreadsheet would have it altered: then the id, by which the person is found as well. */
const nameToDecideBy = ({ userPrincipalName, id }: CompanionRow['person']): string =>
  userPrincipalName !== null && harmlessCell(userPrincipalName) === userPrincipalName ? userPrincipalName : id;
