// rollcall verify: compares the directory with the roster, without changing anything.
import { match, newestRoster, verify as verifyRoster } from '../../pipeline.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { verifiedText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';

export const verify = (options: CommonOptions, io: Io): Promise<number> =>
  withWork(options, io, 'verify', async (work) => {
    const roster = await newestRoster(work);
    // Who the accounts are may have changed since the last look.
    const { matching } = await match(work, roster);
    const verified = await verifyRoster(work, roster, matching);
    const { missing } = verified;
    const isWhole = missing.length === 0 && verified.unexpected === 0 && verified.notReviewable.length === 0;
    const next = isWhole ? '' : `\nNext: ${commandLine(io.started, options, 'plan')}`;
    await print(
      {
        data: { ...verified, outcomes: matching.counts },
        text: `${verifiedText(verified)}${next}`,
        table: {
          columns: ['row', 'principalName', 'principalId', 'roleName', 'reason'],
          rows: (async function* () {
            for (const { row, principalName, principalId, roleName, reason } of missing) {
              yield [row, principalName, principalId, roleName, reason];
            }
          })(),
        },
      },
      options,
      io,
    );
    return isWhole ? 0 : 2;
  });
