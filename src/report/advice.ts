// What an administrator does about an account, by its outcome and by what became of its changes. Pure.
// The choices are those of https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-application-unmatched-users
import { isNotEnabled, type MatchedUser, type Outcome, type OutcomeKind } from '../model/outcome.ts';
import type { RowChange, RowFacts } from './row.ts';

/** `person`: somebody has to decide or act; `look`: worth a look, and right as it may be; `none`: nothing to do. */
export type Severity = 'person' | 'look' | 'none';

export interface Advice {
  readonly severity: Severity;
  /** Sentences in the administrator's words; empty where nothing is to be done. */
  readonly text: string;
}

/** What to do about one account. Every trouble that it has is told, the first to take first. */
export const adviceFor = (outcome: Outcome, facts: RowFacts = {}): Advice => {
  const parts = [...changeAdvice(facts), ...outcomeAdvice(outcome, facts), ...sharedAdvice(outcome)];
  return {
    severity: worst(parts.map(({ severity }) => severity)),
    text: parts.map(({ text }) => text).join(' '),
  };
};

const worst = (severities: readonly Severity[]): Severity =>
  (['person', 'look'] as const).find((severity) => severities.includes(severity)) ?? 'none';

const person = (text: string): Advice => ({ severity: 'person', text });

const outcomeAdvice = (outcome: Outcome, facts: RowFacts): readonly Advice[] => {
  const own = ownAdvice(outcome, facts);
  if (outcome.kind === 'duplicate' || outcome.sameAs === undefined || own.length === 0) return own;
  const text = `A further role of the account in row ${outcome.sameAs}: what is decided there holds here, too.`;
  return [{ severity: worst(own.map(({ severity }) => severity)), text }];
};

const ownAdvice = (outcome: Outcome, facts: RowFacts): readonly Advice[] => {
  switch (outcome.kind) {
    case 'matched':
      return isNotEnabled(outcome) ? [person(NOT_ENABLED)] : [];
    case 'notMatched':
      return notMatchedAdvice(outcome, facts);
    case 'ambiguous':
      return [
        person(
          `Decide whose account it is: ${named(outcome.candidates ?? [])}. Name that user in the overrides file, or correct the attribute of the others.`,
        ),
      ];
    case 'notQueried':
      return [
        person(
          'There is nothing to match by. Fill the column in the application, or name the user in the overrides file. A test or service account: delete it, or record it as ignored.',
        ),
      ];
    case 'duplicate':
      return [
        person(
          `Row ${outcome.sameAs} has the same value, and counts. Delete the surplus account in the application, or correct its value.`,
        ),
      ];
    case 'queryFailed':
      return [
        person(`The directory could not be asked: ${sentence(outcome.reason ?? 'no reason was given')} Run again.`),
      ];
    case 'ignored':
      return [];
  }
};

const NOT_ENABLED =
  'The user cannot sign in. A leaver: remove the account from the application. A new user: find out whose it is, then enable the user.';

const notMatchedAdvice = (outcome: Outcome, { changes = [] }: RowFacts): readonly Advice[] => {
  // The user of a further role is made for the row that holds the account's first; here stands the assignment alone.
  const creation = changes.find(({ kind }) => kind === (outcome.sameAs === undefined ? 'createUser' : 'assign'));
  if (creation?.status === 'done' || creation?.status === 'alreadySo')
    return [person('A user was created, disabled. Find out whose account it is, then enable the user.')];
  if (creation?.status === 'planned')
    return [
      {
        severity: 'look',
        text: 'The plan creates a user, disabled. A leaver or a test account: delete it in the application, or record it as ignored, before the plan is applied.',
      },
    ];
  if (creation) return [];
  if (outcome.by === 'override') return [person(`Correct the override: ${sentence(outcome.reason ?? '')}`)];
  return [
    person(
      `${outcome.reason ? `${sentence(outcome.reason)} ` : ''}Find out whose account it is. Correct the value in the application or the attribute of the user, name the user in the overrides file, or have the user created. A leaver: delete the account in the application. A service account that stays: record it as ignored.`,
    ),
  ];
};

const sharedAdvice = ({ sharesUserWith }: Outcome): readonly Advice[] =>
  sharesUserWith === undefined
    ? []
    : [
        {
          severity: 'look',
          text: `Row ${sharesUserWith} is of the same user by another value. If the person does not need two accounts, delete one in the application.`,
        },
      ];

const changeAdvice = ({ changes = [], problem, assignment, missingReason }: RowFacts): readonly Advice[] => {
  const failed = changes.filter(({ status }) => status === 'refused' || status === 'notTried').map(failure);
  return [
    ...failed,
    ...(problem === undefined ? [] : [planProblem(problem)]),
    ...(assignment === 'missing' && failed.length === 0 ? [person(missing(missingReason))] : []),
  ];
};

const planProblem = ({ code, message }: NonNullable<RowFacts['problem']>): Advice =>
  isRoleProblem(code)
    ? person(
        `No role can be assigned: ${sentence(message)} Correct the role in the application, or add it to the map in rollcall.yaml.`,
      )
    : person(`The user cannot be created: ${sentence(message)}`);

const ROLE_PROBLEMS: readonly string[] = ['unknownRole', 'noRole'];

/** Whether a problem is with an account's role; all others are with the user to be created. */
export const isRoleProblem = (code: string): boolean => ROLE_PROBLEMS.includes(code);

const failure = ({ kind, status, reason }: RowChange): Advice => {
  const what = kind === 'createUser' ? 'create the user' : 'assign the role';
  const why = sentence(reason ?? 'no reason was given');
  return status === 'refused'
    ? person(`The directory refused to ${what}: ${why} Remove the cause, then run again.`)
    : person(`Rollcall did not try to ${what}: ${why} Run again.`);
};

const missing = (reason: string | undefined): string =>
  `The assignment is missing in the directory.${reason ? ` Its audit log says: ${sentence(reason)}` : ''} Run again.`;

const NAMED = 5;

const named = (users: readonly MatchedUser[]): string => {
  const names = users.slice(0, NAMED).map(({ userPrincipalName }) => userPrincipalName);
  const more = users.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
};

/** Text that others wrote, closed with a full stop. */
const sentence = (text: string): string => (/[.!?]$/.test(text.trimEnd()) ? text.trimEnd() : `${text.trimEnd()}.`);

/** An outcome in few words, as a badge or a filter shows it. */
export const OUTCOME_LABELS: Readonly<Record<OutcomeKind, string>> = {
  matched: 'Matched',
  notMatched: 'No user',
  ambiguous: 'Several users',
  notQueried: 'Nothing to match by',
  duplicate: 'Duplicate',
  queryFailed: 'Query failed',
  ignored: 'Ignored',
};
