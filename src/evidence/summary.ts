// What the records of a period say all together, as they pass: for the cover page.
import type { OutcomeCounts } from '../model/outcome.ts';
import type { ActionStatus, PlanCounts } from '../model/plan.ts';
import type { EvidenceRecord } from './seal.ts';
import type { KeyAnnounced } from './told.ts';

export interface CollectedFact {
  readonly seq: number;
  readonly at: string;
  readonly roster: string;
  readonly rows: number;
  readonly source: string;
  readonly notes: readonly string[];
}

export interface MatchedFact {
  readonly seq: number;
  readonly at: string;
  readonly roster: string;
  readonly counts: OutcomeCounts;
}

/** An answer that a person gave before something was written. */
export interface AnswerFact {
  readonly seq: number;
  readonly at: string;
  readonly question: string;
  readonly answer: string;
  readonly how: string;
  readonly operator: string;
}

/** A plan, and what became of it in the period. */
export interface PlanFact {
  readonly hash: string;
  plannedAt?: string;
  counts?: PlanCounts;
  readonly answers: AnswerFact[];
  readonly applied: {
    readonly seq: number;
    readonly at: string;
    readonly operator: string;
    readonly directorySession: string;
    readonly allowed: readonly string[];
    results?: Readonly<Record<ActionStatus, number>>;
  }[];
}

export interface KindFact {
  count: number;
  readonly first: string;
  last: string;
}

/** Sees the records of a period, oldest first. */
export class Summary {
  readonly collected: CollectedFact[] = [];
  readonly matched: MatchedFact[] = [];
  readonly plans = new Map<string, PlanFact>();
  readonly kinds = new Map<string, KindFact>();
  readonly configurations: { readonly seq: number; readonly at: string; readonly configuration: string }[] = [];
  readonly keys: { readonly seq: number; readonly at: string; readonly fingerprint: string }[] = [];
  /** Answers of the directory to writes, by what became of them. */
  readonly writes: Record<string, number> = {};

  see(record: EvidenceRecord): void {
    const { seq, at, kind } = record;
    const known = this.kinds.get(kind);
    if (known) {
      known.count += 1;
      known.last = at;
    } else this.kinds.set(kind, { count: 1, first: at, last: at });
    // A record of a kind that is not known here still counts above.
    const data = (record.data ?? {}) as Record<string, never>;
    const place = { seq, at };
    switch (kind) {
      case 'collected':
        this.collected.push({
          ...place,
          roster: data['roster']!,
          rows: data['rows']!,
          source: data['source']!,
          notes: data['notes'] ?? [],
        });
        break;
      case 'matched':
        this.matched.push({ ...place, roster: data['roster']!, counts: data['counts']! });
        break;
      case 'planned':
        Object.assign(this.#plan(data['plan']!), { plannedAt: at, counts: data['counts'] });
        break;
      case 'answered':
        this.#plan(data['plan']!).answers.push({
          ...place,
          question: data['question']!,
          answer: data['answer']!,
          how: data['how']!,
          operator: data['operator']!,
        });
        break;
      case 'applyBegan':
        this.#plan(data['plan']!).applied.push({
          ...place,
          operator: data['operator']!,
          directorySession: data['directorySession']!,
          allowed: data['allowed'] ?? [],
        });
        break;
      case 'applyEnded': {
        const begun = this.#plan(data['plan']!).applied.at(-1);
        if (begun) begun.results = data['results']!;
        break;
      }
      case 'written':
        for (const { status } of (data['results'] ?? []) as readonly { status: string }[]) {
          this.writes[status] = (this.writes[status] ?? 0) + 1;
        }
        break;
      case 'configurationRead':
        this.configurations.push({ ...place, configuration: data['configuration']! });
        break;
      case 'keyAnnounced':
        this.keys.push({ ...place, fingerprint: (record.data as KeyAnnounced).fingerprint });
        break;
      default:
    }
  }

  #plan(hash: string): PlanFact {
    const plan = this.plans.get(hash) ?? { hash, answers: [], applied: [] };
    this.plans.set(hash, plan);
    return plan;
  }
}

const HASH = /^sha256:[0-9a-f]{64}$/;

/** The rosters and plans that a record names, wherever in it they stand. */
export const namedIn = (data: unknown, found: (kind: 'roster' | 'plan', hash: string) => void): void => {
  if (typeof data !== 'object' || data === null) return;
  for (const [key, value] of Object.entries(data)) {
    if ((key === 'roster' || key === 'plan') && typeof value === 'string') {
      if (HASH.test(value)) found(key, value);
    } else namedIn(value, found);
  }
};
