// rollcall match: roster to outcomes.
import { outcomeReasons } from '../../attention.ts';
import type { Strategy } from '../../model/settings.ts';
import { match as matchRoster, newestRoster, planRows } from '../../pipeline.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count, counted } from '../print/progress.ts';
import { outcomesText, strategyText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface MatchOptions extends CommonOptions {
  readonly strategy?: Strategy;
}

export const match = (options: MatchOptions, io: Io): Promise<number> =>
  withWork(options, io, 'match', async (work) => {
    const roster = await newestRoster(work);
    const { matching, strategy, cost } = await matchRoster(work, roster);
    const { counts } = matching;
    const reasons = outcomeReasons(counts);
    const { requests, resourceUnits, seconds } = cost;
    await print(
      {
        data: {
          ...counts,
          requests,
          resourceUnits,
          seconds,
          strategy: strategy ?? null,
          roster: roster.hash,
          outcomes: matching.digest,
        },
        text: [
          outcomesText(counts),
          ...(strategy ? [strategyText(strategy)] : []),
          `${counted(requests, 'request')}, ${counted(resourceUnits, 'resource unit')}, ${seconds} s`,
          ...reasons.map((reason) => `  ${count(reason.count)} ${reason.text}`),
          `Next: ${commandLine(io.started, options, 'plan')}`,
        ].join('\n'),
        table: {
          columns: [
            'row',
            ...roster.columns,
            'outcome',
            'user',
            'userId',
            'enabled',
            'rule',
            'compared',
            'candidates',
            'reason',
          ],
          rows: (async function* () {
            for await (const { account, outcome } of planRows(work.store, roster, matching)) {
              const { kind, user, by, comparisons, candidates, reason, sameAs, sharesUserWith } = outcome;
              yield [
                account.n,
                ...account.cells,
                kind,
                user?.userPrincipalName,
                user?.id,
                user?.accountEnabled,
                by,
                comparisons.map(({ test, value, found }) => `${test} "${value}": ${found ?? 'not asked'}`).join('; '),
                candidates?.map(({ userPrincipalName }) => userPrincipalName).join('; '),
                [
                  ...(reason === undefined ? [] : [reason]),
                  ...(sameAs === undefined ? [] : [`same as row ${sameAs}`]),
                  ...(sharesUserWith === undefined ? [] : [`same user as row ${sharesUserWith}`]),
                ].join('; '),
              ];
            }
          })(),
        },
      },
      options,
      io,
    );
    return reasons.length > 0 ? 2 : 0;
  });
