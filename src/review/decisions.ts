// Decisions that a reviewer has written into a CSV file: person, decision, justification.

import type { Account } from '../model/account.ts';
import type { DecisionKind } from '../model/decision.ts';
import { ConfigError, type ConfigProblem } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';

export interface WantedDecision {
  /** User principal name or id. */
  readonly person: string;
  readonly decision: DecisionKind;
  readonly justification: string;
  /** Where it stands, for messages: `decisions.csv:12`. */
  readonly place: string;
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
 * Errors: {@link ConfigError} with every line that cannot be understood, and persons who stand there twice.
 */
export const wantedDecisions = async (
  file: string,
  columns: readonly string[],
  rows: AsyncIterable<Account>,
): Promise<readonly WantedDecision[]> => {
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
    const tell = (message: string) => problems.push({ place: { file, line }, message });
    const decision = WORDS[word];
    if (decision === undefined) tell(`"${cell('decision')}" is no decision; expected approve, deny or dontKnow`);
    if (person === '') tell('there is a decision about nobody');
    const before = seen.get(person.toLowerCase());
    if (before !== undefined) tell(`${person} stands in line ${before} already`);
    seen.set(person.toLowerCase(), line);
    if (decision) wanted.push({ person, decision, justification: cell('justification'), place: `${file}:${line}` });
  }
  if (problems.length > 0) throw new ConfigError(problems, 'Correct these lines; nothing was decided.');
  return wanted;
};
