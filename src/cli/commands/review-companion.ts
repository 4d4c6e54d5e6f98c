// rollcall review companion: what reviewers can know of the people under review, as files to hand to them.
import { resolve } from 'node:path';
import { WEIGHT_LABELS, WEIGHTS } from '../../report/companion-advice.ts';
import { type WrittenCompanion, writeCompanion } from '../../reporting/companion.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count } from '../print/progress.ts';
import { table } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine, shownPath } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface CompanionOptions extends CommonOptions {
  readonly to?: string;
}

export const reviewCompanion = (options: CompanionOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review companion', async (work) => {
    const written = await writeCompanion(work, options.to === undefined ? undefined : resolve(options.to));
    const { context, people, counts, files } = written;
    const next = commandLine(io.started, options, 'review', context.round ? 'status' : 'start');
    await print(
      {
        data: { ...context, people, advice: counts, files },
        text: `${companionText(written)}\nHand the files to the reviewers.\nNext: ${next}`,
        table: {
          columns: ['file', 'reviewer', 'people', 'hash'],
          rows: (async function* () {
            for (const { path, reviewer, people: seen, hash } of files) yield [path, reviewer ?? '', seen, hash];
          })(),
        },
      },
      options,
      io,
    );
    return 0;
  });

/** How many files a result shows; all of them are in the CSV and JSON outputs. */
const SHOWN = 10;

const companionText = ({ context, people, counts, files }: WrittenCompanion): string =>
  [
    `${context.round?.name ?? context.application}: ${count(people)} people under review`,
    table(WEIGHTS.map((one) => [WEIGHT_LABELS[one], count(counts[one])] as const)),
    ...context.notes,
    ...files.slice(0, SHOWN).map(({ path }) => `Companion: ${shownPath(path)}`),
    ...(files.length > SHOWN ? [`and ${count(files.length - SHOWN)} more files there`] : []),
  ].join('\n');
