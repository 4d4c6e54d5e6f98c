// What a person answered before something was written, for the record.
import type { Work } from '../work.ts';
import { operator } from './operator.ts';

export interface Answered {
  /** The plan, by its hash. */
  readonly plan: string;
  readonly question: string;
  readonly answer: 'yes' | 'no';
  /** At the terminal, or on the command line in advance. */
  readonly how: 'terminal' | '--yes';
}

/** Records an answer, and who gave it. */
export const recordAnswer = ({ evidence }: Pick<Work, 'evidence'>, answered: Answered): void =>
  evidence.append({ kind: 'answered', data: { ...answered, operator: operator() } });
