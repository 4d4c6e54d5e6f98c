// Gathers what a period of the evidence names, from what is stored, and has it written as a folder.
import { type EvidenceHoldings, type Exported, exportEvidence } from '../evidence/export.ts';
import { RollcallError, UsageError } from '../model/errors.ts';
import { openPlan } from '../plan/file.ts';
import type { Work } from '../work.ts';
import { coverOf } from './evidence-cover.ts';

export interface EvidenceChoices {
  readonly to: string;
  /** A day, or a time; ISO 8601, UTC. The whole of the last day belongs to the period. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/**
 * Writes the evidence of a period and records that it was written.
 *
 * Errors: {@link UsageError} for what is no date, and for a period that ends before it begins; what exporting throws.
 */
export const writeEvidence = async (work: Work, { to, from, until }: EvidenceChoices): Promise<Exported> => {
  const period = {
    from: from === undefined ? null : timeOf('from', from, 0),
    until: until === undefined ? null : timeOf('until', until, DAY_MS),
  };
  if (period.from !== null && period.until !== null && period.from >= period.until) {
    throw new UsageError(
      'The period ends before it begins.',
      'Give a later day with --until, or an earlier with --from.',
    );
  }
  const { displayName, uniqueName } = work.settings.application;
  const exported = await exportEvidence({
    chainFile: work.evidenceFile,
    to,
    period,
    application: { displayName, uniqueName },
    writtenAt: new Date(work.clock.now()).toISOString(),
    holdings: holdingsOf(work),
    cover: coverOf,
    signer: work.signer,
  });
  const { hash, manifest, isSigned } = exported;
  const { first, last } = manifest.chain;
  work.evidence.append({ kind: 'evidenceExported', data: { manifest: hash, isSigned, period, first, last } });
  return exported;
};

const DAY_MS = 24 * 3_600_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** `dayMs` is added to a day: what is meant with the last day is its end. */
const timeOf = (option: string, text: string, dayMs: number): string => {
  const isDay = DAY.test(text);
  const time = isDay || TIME.test(text) ? Date.parse(text) : Number.NaN;
  // JavaScript takes the 31st of February for a day in March.
  const isThere = isDay ? !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) : !Number.isNaN(time);
  if (isThere) return new Date(time + (isDay ? dayMs : 0)).toISOString();
  throw new UsageError(
    `--${option} takes a day or a time, not "${text}".`,
    `Write --${option} 2026-03-31, or --${option} 2026-03-31T12:00:00Z.`,
  );
};

const holdingsOf = ({ store, settings }: Work): EvidenceHoldings => {
  const application = settings.application.uniqueName;
  return {
    roster: async (hash) => {
      const roster = await store.roster(application, hash);
      if (!roster) return 'it is not in the store any more, or was read on another machine';
      return { columns: roster.columns, accounts: store.accounts(roster) };
    },
    plan: async (hash) => {
      const file = await store.planFile(hash);
      if (file === undefined) return 'it was not made or carried out on this machine';
      try {
        const plan = await openPlan(file);
        return plan.footer.hash === hash ? { file } : `${file} is another plan by now`;
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error;
        return error.message.replace(/\.$/, '');
      }
    },
    outcomes: async (digest) => {
      const matching = await store.matching(application, { digest });
      if (matching) return store.outcomes(matching);
      return 'others took their place before a plan was carried out that rested on them, or it was on another machine';
    },
  };
};
