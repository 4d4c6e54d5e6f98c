// A person as the companion tells them, alike as a page and as CSV.
import { fold } from '../model/fold.ts';
import type { PastDecision, Peers, ReviewContext, ReviewedAccount, ReviewedPerson } from '../model/review-context.ts';
import {
  type AdviceDays,
  among,
  type CompanionAdvice,
  companionAdvice,
  WEIGHTS,
  type Weight,
} from './companion-advice.ts';

export interface CompanionRow {
  readonly person: ReviewedPerson;
  readonly advice: CompanionAdvice;
}

/** What one companion tells: the context, its reviewer, and the people whom the reviewer sees, in order. */
export interface CompanionData {
  readonly context: Omit<ReviewContext, 'people' | 'parts'>;
  /** For whom it is, in words: `mia@contoso.com`; null: for every reviewer. */
  readonly reviewer: string | null;
  readonly rows: readonly CompanionRow[];
}

/** The people with their advice: those first who deserve a look first, then by name. */
export const companionRows = (context: ReviewContext): readonly CompanionRow[] => {
  const days: AdviceDays = { roster: context.roster.collectedAt.slice(0, 10), lastReview: context.last?.on ?? null };
  const ordered = context.people.map((person) => {
    const advice = companionAdvice(person, days);
    const order = `${WEIGHTS.indexOf(advice.weight)}\n${fold(person.displayName)}\n${person.id}`;
    return { order, person, advice };
  });
  return ordered
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ person, advice }): CompanionRow => ({ person, advice }));
};

/** How many there are of each weight. */
export const weightCounts = (rows: readonly CompanionRow[]): Readonly<Record<Weight, number>> => {
  const counts: Record<Weight, number> = { refuse: 0, look: 0, none: 0, keep: 0 };
  for (const { advice } of rows) counts[advice.weight] += 1;
  return counts;
};

const NOT_KNOWN = 'not known';

/** What is told of each account, with its name where there are several; once, where several roles say the same. */
const byAccount = ({ accounts }: ReviewedPerson, told: (account: ReviewedAccount) => string): readonly string[] => {
  if (accounts.length === 0) return [NOT_KNOWN];
  const isOne = new Set(accounts.map(({ key }) => key)).size === 1;
  return [...new Set(accounts.map((account) => (isOne ? told(account) : `${account.key}: ${told(account)}`)))];
};

/** The last login in the application. */
export const loginTexts = (person: ReviewedPerson): readonly string[] =>
  byAccount(person, ({ facts }) => facts.lastLogin?.slice(0, 10) ?? NOT_KNOWN);

/** Whether the account can be used in the application. */
export const enabledTexts = (person: ReviewedPerson): readonly string[] =>
  byAccount(person, ({ facts: { enabled } }) => (enabled === null ? NOT_KNOWN : enabled ? 'yes' : 'no'));

export const typeTexts = (person: ReviewedPerson): readonly string[] =>
  byAccount(person, ({ facts: { type } }) => type ?? NOT_KNOWN);

/** What became of the accounts since the last review; empty where nothing did. */
export const sinceTexts = (person: ReviewedPerson): readonly string[] => {
  if (person.accounts.length === 0) return [];
  const told = byAccount(person, sinceText).filter((text) => text !== '' && !text.endsWith(': '));
  return [...told, ...person.rolesLost.map((role) => `${role} lost`)];
};

const sinceText = ({ since, was, role }: ReviewedAccount): string => {
  switch (since) {
    case null:
      return 'nothing to compare with';
    case 'new':
      return 'new';
    case 'renamed':
      return `renamed, was ${was}`;
    case 'roleGained':
      return `${role} gained`;
    case 'unchanged':
      return '';
  }
};

export const isNew = ({ accounts }: ReviewedPerson): boolean => accounts.some(({ since }) => since === 'new');

const DECIDED: Readonly<Record<PastDecision['decision'], string>> = {
  Approve: 'Approved',
  Deny: 'Refused',
  DontKnow: 'Left open',
  NotReviewed: 'Not decided',
};

/** `Refused by owner@contoso.com on 2026-09-14: left the team ("CORPDB1 2026-09")` */
export const decisionTexts = ({ decisions }: ReviewedPerson): readonly string[] =>
  decisions.map(({ review, decision, by, at, justification }) => {
    const nobody = decision === 'NotReviewed' ? '' : ' by the default of the review';
    const who = by === null ? nobody : ` by ${by}`;
    const why = justification === '' ? '' : `: ${justification}`;
    return `${DECIDED[decision]}${who} on ${at.slice(0, 10)}${why} ("${review}")`;
  });

/** `7 of 9 in Finance have General`; not known where nobody knows the department or the manager. */
export const peerTexts = ({ roles }: ReviewedPerson): readonly string[] => {
  const known = roles.flatMap(({ name, peers }) => (peers ? [peerText(name, peers)] : []));
  return known.length > 0 ? known : [NOT_KNOWN];
};

const peerText = (role: string, peers: Peers): string =>
  `${peers.holders.toLocaleString('en-US')} of ${peers.people.toLocaleString('en-US')} ${among(peers)} ${peers.holders === 1 ? 'has' : 'have'} ${role}`;
