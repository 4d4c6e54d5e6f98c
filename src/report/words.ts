// The parts of a row in words, alike in every format.
import type { AccountFacts } from '../model/account-facts.ts';
import type { Comparison, MatchedUser, Outcome } from '../model/outcome.ts';
import { isRoleProblem } from './advice.ts';
import type { ReportRow, RowChange } from './row.ts';

/** `rule 1: employeeId equals "A1", 2 found` */
export const comparisonText = ({ rule, test, value, found }: Comparison): string =>
  `rule ${rule}: ${test} "${value}", ${found === null ? 'not answered' : `${found} found`}`;

/** Who decided about an account: a rule or an override; empty where nothing could. */
export const decidedByText = ({ by }: Outcome): string =>
  by === undefined ? '' : by === 'override' ? 'override' : `rule ${by}`;

/** `Ann Field <ann@contoso.com>`, with a word on whether the user can sign in. */
export const candidateText = ({ displayName, userPrincipalName, accountEnabled }: MatchedUser): string =>
  `${displayName} <${userPrincipalName}>${accountEnabled === false ? ', disabled' : ''}`;

const CHANGES: Readonly<Record<RowChange['kind'], Readonly<Record<RowChange['status'], string>>>> = {
  createUser: {
    planned: 'user to create',
    done: 'user created',
    alreadySo: 'user was there already',
    refused: 'user refused',
    notTried: 'user not tried',
  },
  assign: {
    planned: 'role to assign',
    done: 'role assigned',
    alreadySo: 'role was assigned already',
    refused: 'role refused',
    notTried: 'role not tried',
  },
};

/** What the application knows of an account, in words. */
export const knownTexts = ({ enabled, lastLogin, created, ends, owner, type }: AccountFacts): string[] => [
  ...(enabled === null ? [] : [enabled ? 'can be used' : 'cannot be used']),
  ...(type === null || type === 'person' ? [] : [`${type} account`]),
  ...(lastLogin === null ? [] : [`last login ${lastLogin}`]),
  ...(created === null ? [] : [`created ${created}`]),
  ...(ends === null ? [] : [`ends ${ends}`]),
  ...(owner === null ? [] : [`owner ${owner}`]),
];

/** What the plan does and did about an account, and what verification saw. */
export const stateTexts = ({ changes = [], assignment, problem }: Omit<ReportRow, 'account' | 'outcome'>): string[] => [
  ...(problem === undefined ? [] : [isRoleProblem(problem.code) ? 'no role to assign' : 'user cannot be created']),
  ...changes.map(({ kind, status }) => CHANGES[kind][status]),
  ...(assignment === undefined ? [] : [assignment === 'present' ? 'assignment verified' : 'assignment missing']),
];
