// The application's own list of users, made from the directory's: most are there, some are not, as in life.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { BenchUser } from './tenant.ts';

/** The column that holds the match value, and the attribute that it is compared with. */
export const MATCH = { column: 'EMail', attribute: 'userPrincipalName' } as const;

/** How many rows of each kind a file has, so that what a run reports can be held against what is true. */
export interface UsersFileCounts {
  readonly rows: number;
  readonly notQueried: number;
  readonly duplicate: number;
  readonly notMatched: number;
  readonly matched: number;
}

type Kind = 'notQueried' | 'duplicate' | 'notMatched' | 'matched';

/** Of a hundred rows, 2 have no address, 3 repeat the row above in capitals, 5 are people who are not in the directory. */
const kindOf = (row: number): Kind => {
  const place = row % 100;
  if (place === 10 || place === 60) return 'notQueried';
  if (place === 20 || place === 50 || place === 80) return 'duplicate';
  if (place % 20 === 5) return 'notMatched';
  return 'matched';
};

/**
 * Writes a CSV of `rows` accounts to `file`. `users` are spread evenly over the file, so that a list half as long as
 * the directory names every second user.
 */
export const writeUsersFile = async (
  file: string,
  rows: number,
  users: AsyncIterable<BenchUser>,
  userCount: number,
): Promise<UsersFileCounts> => {
  const counts = { rows, notQueried: 0, duplicate: 0, notMatched: 0, matched: 0 };
  const step = Math.max(1, Math.floor(userCount / rows));
  const records = async function* () {
    let user = 0;
    let row = 0;
    let above = '';
    for await (const { displayName, userPrincipalName } of users) {
      if (row === rows) return;
      if (user++ % step !== 0) continue;
      row += 1;
      const kind = kindOf(row);
      counts[kind] += 1;
      const address = {
        matched: userPrincipalName,
        notQueried: '',
        duplicate: above.toUpperCase(),
        notMatched: `left.${row}@example.com`,
      };
      yield [`U${row}`, displayName, address[kind], row % 7 === 0 ? 'Sales, North' : 'Finance'];
      if (kind === 'matched') above = userPrincipalName;
    }
    if (row < rows) throw new Error(`the directory has users for ${row} of ${rows} accounts only`);
  };
  const header = { header: true, columns: ['UserId', 'Full name', MATCH.column, 'Department'] };
  await pipeline(records(), stringify(header), createWriteStream(file));
  return counts;
};
