// Decisions that a reviewer has written into a CSV file: person, decision, justification.

import type { Account } from '../model/account.ts';
import type { DecisionKind } from '../model/decision.ts';
import { ConfigError, type ConfigProblem } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import { didYouMean } from '../model/nearest.ts';
import type { ReviewDecision } from '../model/review.ts';

export interface WantedDecision {
  /** User principal name or id. */
  readonly person: string;
  readonly decision: DecisionKind;
  readonly justification: string;
  /** Where it stands in the file. */
  readonly line: number;
}

/** What a file says, and each line of it that cannot be understood. */
export interface DecisionsFile {
  readonly file: string;
  readonly wanted: readonly WantedDecision[];
  readonly problems: readonly ConfigProblem[];
}

const WORDS: Readonly<Record<string, DecisionKind>> = {
  approve: 'Approve',
  deny: 'Deny',
  dontknow: 'DontKnow',
  "don't know": 'DontKnow',
};

const NEEDED = ['person', 'decision'] as const;

/**
 * Takes the rows of a file with the columns person, decision and justification. Rows without a decision are passed over:
 * the list that a reviewer is given has them all.
 *
 * Errors: {@link ConfigError} for a file without these columns.
 */
export const wantedDecisions = async (
  file: string,
  columns: readonly string[],
  rows: AsyncIterable<Account>,
): Promise<DecisionsFile> => {
  const at = new Map(columns.map((name, index) => [name.trim().toLowerCase(), index]));
  const missing = NEEDED.filter((name) => !at.has(name));
  if (missing.length > 0)
    throw new ConfigError(
      missing.map((name) => ({
        place: { file, line: 1 },
        message: `there is no column "${name}"${didYouMean(name, columns) || `; it has ${columns.join(', ')}`}`,
      })),
      'Give the file the columns person, decision and justification.',
    );
  const problems: ConfigProblem[] = [];
  const wanted: WantedDecision[] = [];
  const seen = new Map<string, number>();
  for await (const { n, line = n + 1, cells } of rows) {
    const cell = (name: string) => (cells[at.get(name) ?? -1] ?? '').trim();
    const [person, word] = [cell('person'), cell('decision').toLowerCase()];
    if (word === '') continue;
    const before = problems.length;
    const tell = (message: string) => problems.push({ place: { file, line }, message });
    const decision = WORDS[word];
    if (decision === undefined) tell(`"${cell('decision')}" is no decision; expected approve, deny or dontKnow`);
    if (person === '') tell('there is a decision about nobody');
    const earlier = person === '' ? undefined : seen.get(fold(person));
    if (earlier !== undefined) tell(`${person} stands in line ${earlier} already`);
    seen.set(fold(person), line);
    if (decision && problems.length === before)
      wanted.push({ person, decision, justification: cell('justification'), line });
  }
  return { file, wanted, problems };
};

/** Whose access the reviewer decides about, as the directory has it now. */
export interface ToDecide {
  readonly decisions: readonly ReviewDecision[];
  /** Whether an approval needs a reason. */
  readonly justificationRequired: boolean;
}

/** What a line changes. */
export interface ChosenDecision extends WantedDecision {
  readonly of: ReviewDecision;
}

/**
 * Finds what the lines are about, and leaves out those that say what is decided already.
 *
 * Errors: {@link ConfigError} with every line that cannot be carried out: not understood, about somebody whom the reviewer
 * does not review, about somebody twice, an approval without its reason.
 */
export const chooseDecisions = (
  { file, wanted, problems }: DecisionsFile,
  { decisions, justificationRequired }: ToDecide,
): readonly ChosenDecision[] => {
  const byName = new Map<string, ReviewDecision>();
  for (const one of decisions) {
    byName.set(fold(one.principal.id), one);
    if (one.principal.userPrincipalName) byName.set(fold(one.principal.userPrincipalName), one);
  }
  const all = [...problems];
  const chosen: ChosenDecision[] = [];
  const lines = new Map<string, number>();
  for (const line of wanted) {
    const tell = (message: string) => all.push({ place: { file, line: line.line }, message });
    const of = byName.get(fold(line.person));
    if (!of) {
      tell(`${line.person} is not among those whom you review`);
      continue;
    }
    const before = lines.get(of.id);
    if (before !== undefined) tell(`${line.person} stands in line ${before} already, by another name`);
    lines.set(of.id, line.line);
    if (justificationRequired && line.decision === 'Approve' && line.justification === '')
      tell(`the approval of ${line.person} needs a justification: this review asks for one`);
    if (of.decision !== line.decision || of.justification !== line.justification) chosen.push({ ...line, of });
  }
  if (all.length === 0) return chosen;
  const sorted = all.sort((a, b) => lineOf(a) - lineOf(b));
  throw new ConfigError(sorted, 'Correct or remove these lines; nothing was decided.');
};

const lineOf = ({ place }: ConfigProblem): number => place?.line ?? 0;
