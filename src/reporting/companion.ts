// The companion of a review: a page and a CSV file for every reviewer, or for each manager those of the own people.
import { join } from 'node:path';
import type { ReviewContext, ReviewersPart } from '../model/review-context.ts';
import { reviewContext } from '../pipeline.ts';
import type { Weight } from '../report/companion-advice.ts';
import { companionCsv } from '../report/companion-csv.ts';
import { companionHtml } from '../report/companion-html.ts';
import { type CompanionData, type CompanionRow, companionRows, weightCounts } from '../report/companion-row.ts';
import { writeText } from '../report/report.ts';
import type { Work } from '../work.ts';

export interface CompanionFile {
  readonly path: string;
  /** Whose people it tells of, in words; null: everybody. */
  readonly reviewer: string | null;
  readonly people: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash: string;
}

export interface WrittenCompanion {
  readonly context: Omit<ReviewContext, 'people' | 'parts'>;
  readonly people: number;
  readonly counts: Readonly<Record<Weight, number>>;
  /** Two for each reviewer who sees a part, and two of everybody. */
  readonly files: readonly CompanionFile[];
}

/** Where companions go when nobody says where: those of each round by themselves, since managers come and go. */
const usualFolder = ({ settings }: Pick<Work, 'settings'>, { round }: Pick<ReviewContext, 'round'>): string =>
  join(
    settings.stateFolder,
    'reports',
    `${settings.application.uniqueName}-companion${round ? `-${round.startsAt.slice(0, 10)}` : ''}`,
  );

/**
 * Writes the companion of the review that runs, or of the one to come, and records that it was written. The same
 * roster, decisions and directory make the same files. Without a folder they go to `.rollcall/reports`.
 *
 * Errors: those of {@link reviewContext}; `RollcallError` where a file cannot be written.
 */
export const writeCompanion = async (work: Work, to?: string): Promise<WrittenCompanion> => {
  const { parts, people, ...context } = await reviewContext(work);
  const folder = to ?? usualFolder(work, context);
  const rows = companionRows({ parts, people, ...context });
  const files: CompanionFile[] = [];
  const write = async (name: string, reviewer: string | null, own: readonly CompanionRow[]) => {
    const data: CompanionData = { context, reviewer, rows: own };
    for (const [ending, text] of [
      ['html', companionHtml],
      ['csv', companionCsv],
    ] as const) {
      const path = join(folder, `${name}.${ending}`);
      files.push({ path, reviewer, people: own.length, hash: await writeText(path, text(data)) });
    }
  };
  await write('companion', null, rows);
  const nameOf = fileNames();
  for (const part of parts) {
    const own = rows.filter(({ person }) => part.personIds.has(person.id));
    await write(nameOf(part), part.manager?.name ?? 'whoever stands in for a manager', own);
  }
  record(work, context, files);
  return { context, people: people.length, counts: weightCounts(rows), files };
};

const LONGEST_NAME = 80;

/** Names of files, safe wherever they are copied to, each once. */
const fileNames = (): ((part: ReviewersPart) => string) => {
  const taken = new Set<string>();
  return ({ manager }) => {
    const plain = manager
      ? manager.name
          .toLowerCase()
          .replace(/[^a-z0-9@._-]+/g, '-')
          .slice(0, LONGEST_NAME)
      : 'without-manager';
    const isFree = manager === null || !taken.has(plain);
    const name = isFree ? plain : `${plain}-${manager.id}`;
    taken.add(name);
    return `companion-${name}`;
  };
};

/** So many files stand in one record. */
const TOGETHER = 200;

const record = (work: Work, { round, roster }: WrittenCompanion['context'], files: readonly CompanionFile[]): void => {
  const about = { roster: roster.hash, instance: round?.id ?? null, review: round?.name ?? null };
  for (let from = 0; from < files.length; from += TOGETHER) {
    const some = files.slice(from, from + TOGETHER).map(({ reviewer, people, hash }) => ({ reviewer, people, hash }));
    work.evidence.append({ kind: 'companionWritten', data: { ...about, files: some } });
  }
};
