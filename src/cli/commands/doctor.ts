// rollcall doctor: checks everything before it matters.
import { checkColumns } from '../../config/columns.ts';
import { type Check, type CheckStatus, diagnose } from '../../doctor/doctor.ts';
import { evidenceFile, lastEvidence } from '../../work.ts';
import { channelOf } from '../channel-of.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { progressOn } from '../print/progress.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withSettings } from '../with-work.ts';

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' };

const indented = (text: string): string => text.replaceAll(/^/gm, ' '.repeat(11));

/** What is to be granted, if that is what failed. */
const askFor = (failed: readonly Check[]): string => {
  const missing = failed.find(({ name }) => name === 'consent')?.details?.['missing'];
  return Array.isArray(missing) ? `Have ${missing.join(', ')} granted. ` : '';
};

export const doctor = (options: CommonOptions, io: Io): Promise<number> =>
  withSettings(options, io, async ({ settings, source, connect }) => {
    const checks: Check[] = [];
    const { channel } = settings.removals;
    const progress = progressOn(io, options);
    for await (const check of diagnose({
      settings,
      source,
      connect,
      isEmbedded: settings.directory.kind === 'local' && options.directory === undefined,
      ...(channel && { openChannel: () => channelOf(channel, io) }),
      evidenceFile: evidenceFile(settings),
      lastEvidence: () => lastEvidence(settings),
      checkColumns: (columns, notes) => checkColumns(settings, columns, notes),
      signal: io.signal,
      onProgress: (done) => progress.show({ stage: 'collect', done, of: null }),
    })) {
      progress.clear();
      // A check that was stopped half way found nothing.
      io.signal.throwIfAborted();
      checks.push(check);
    }
    const failed = checks.filter(({ status }) => status === 'failed');
    const lines = checks.map(
      ({ name, status, found, remedy }) =>
        `${MARKS[status]}  ${name}: ${found}${remedy ? `\n${indented(remedy)}` : ''}`,
    );
    const next = `Next: ${commandLine(io.started, options, 'run', '--what-if')}`;
    await print(
      {
        data: { checks },
        text: [...lines, ...(failed.length > 0 ? [] : [next])].join('\n'),
        table: {
          columns: ['check', 'status', 'found', 'remedy'],
          rows: (async function* () {
            for (const { name, status, found, remedy } of checks) yield [name, status, found, remedy];
          })(),
        },
      },
      options,
      io,
    );
    if (failed.length > 0) {
      io.err(`${failed.length} of ${checks.length} checks failed: ${failed.map(({ name }) => name).join(', ')}.\n`);
      io.err(`${askFor(failed)}Do what each says, then type: ${commandLine(io.started, options, 'doctor')}\n`);
      return 1;
    }
    return checks.some(({ status }) => status === 'warning') ? 2 : 0;
  });
