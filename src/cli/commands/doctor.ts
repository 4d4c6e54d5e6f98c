// rollcall doctor: checks everything before it matters.
import { checkColumns } from '../../config/columns.ts';
import { type Check, type CheckStatus, diagnose } from '../../doctor/doctor.ts';
import { evidenceFile } from '../../work.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withSettings } from '../with-work.ts';

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' };

const indented = (text: string): string => text.replaceAll(/^/gm, ' '.repeat(11));

export const doctor = (options: CommonOptions, io: Io): Promise<number> =>
  withSettings(options, io, async ({ settings, source, connect }) => {
    const checks: Check[] = [];
    for await (const check of diagnose({
      settings,
      source,
      connect,
      evidenceFile: evidenceFile(settings),
      checkColumns: (columns) => checkColumns(settings, columns),
      signal: io.signal,
    })) {
      checks.push(check);
    }
    const failed = checks.filter(({ status }) => status === 'failed').length;
    const lines = checks.map(
      ({ name, status, found, remedy }) =>
        `${MARKS[status]}  ${name}: ${found}${remedy ? `\n${indented(remedy)}` : ''}`,
    );
    const next =
      failed > 0
        ? `${failed} of ${checks.length} checks failed. Mend them, then type:\n  ${commandLine(io.started, options, 'doctor')}`
        : `Next: ${commandLine(io.started, options, 'run', '--what-if')}`;
    await print(
      {
        data: { checks },
        text: `${lines.join('\n')}\n${next}`,
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
    if (failed > 0) return 1;
    return checks.some(({ status }) => status === 'warning') ? 2 : 0;
  });
