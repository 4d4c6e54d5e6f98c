// What the rules found about an account, and what follows from it. Pure: nothing is read, nothing is asked.
import type { Comparison, MatchedUser, Outcome } from '../model/outcome.ts';
import type { Override } from '../model/settings.ts';

/** What came of asking for a value: the users, in the order of their ids; why it failed; or why it was not asked. */
export type Answer =
  | { readonly users: readonly MatchedUser[] }
  | { readonly failed: string }
  | { readonly unasked: string };

/** One rule's answer about one account. */
export interface Finding {
  readonly rule: number;
  readonly test: string;
  readonly value: string;
  readonly answer: Answer;
}

/** An outcome before it is given its row. */
export type Decision = Omit<Outcome, 'n'>;

/**
 * Decides by the findings of the rules so far, in the order of the rules. Answers undefined while the next rule still
 * has to be asked; with `last`, when there is none, there is always a decision.
 */
export const decide = (findings: readonly Finding[], last: boolean): Decision | undefined => {
  const comparisons = findings.map(comparisonOf);
  const candidates = new Map<string, MatchedUser>();
  const unasked: string[] = [];
  for (const { rule, answer } of findings) {
    if ('failed' in answer) return { kind: 'queryFailed', comparisons, reason: `rule ${rule}: ${answer.failed}` };
    if ('unasked' in answer) {
      unasked.push(`rule ${rule}: ${answer.unasked}, so it was not asked for`);
      continue;
    }
    const [user, ...others] = answer.users;
    if (user && others.length === 0) return { kind: 'matched', by: rule, user, comparisons, ...reasonOf(unasked) };
    for (const candidate of answer.users) candidates.set(candidate.id, candidate);
  }
  if (!last) return undefined;
  if (candidates.size === 0) return { kind: 'notMatched', comparisons, ...reasonOf(unasked) };
  return { kind: 'ambiguous', comparisons, candidates: [...candidates.values()].sort(byId), ...reasonOf(unasked) };
};

/** Decides about an account that an administrator has overridden. An answer about the user named: where one is named. */
export const decideOverride = (override: Override, answer: Answer | undefined): Decision =>
  override.decision.kind === 'ignore'
    ? { kind: 'ignored', ...BY_OVERRIDE, ...toldBy(override) }
    : decideNamed(override, override.decision.user, answer!);

const decideNamed = (override: Override, name: string, answer: Answer): Decision => {
  const named = `${override.place} names ${name}`;
  if ('failed' in answer) return { kind: 'queryFailed', ...BY_OVERRIDE, reason: `${named}: ${answer.failed}` };
  if ('unasked' in answer)
    return { kind: 'notMatched', ...BY_OVERRIDE, reason: `${named}, and was not asked for: ${answer.unasked}` };
  const [user, ...others] = answer.users;
  if (!user) return { kind: 'notMatched', ...BY_OVERRIDE, reason: `${named}, whom the directory does not have` };
  if (others.length > 0) return { kind: 'ambiguous', ...BY_OVERRIDE, candidates: answer.users, ...toldBy(override) };
  return { kind: 'matched', ...BY_OVERRIDE, user, ...toldBy(override) };
};

const BY_OVERRIDE = { by: 'override', comparisons: [] } as const;

const toldBy = ({ reason }: Override): { reason?: string } => (reason === '' ? {} : { reason });

export const byId = (a: MatchedUser, b: MatchedUser): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const comparisonOf = ({ rule, test, value, answer }: Finding): Comparison => ({
  rule,
  test,
  value,
  found: 'users' in answer ? answer.users.length : null,
});

const reasonOf = (reasons: readonly string[]): { reason?: string } =>
  reasons.length === 0 ? {} : { reason: reasons.join('; ') };
