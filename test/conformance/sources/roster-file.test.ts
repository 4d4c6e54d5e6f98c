// Roster files, as a source: what one machine collected and another reads.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { rosterFileSource, writeRosterFile } from '../../../src/collect/roster-file.ts';
import { RosterHash } from '../../../src/collect/roster-hash.ts';
import type { Account } from '../../../src/model/account.ts';
import { COLUMNS, sourceConformance } from './suite.ts';

sourceConformance({
  name: 'roster file',
  tellsNull: true,
  many: 5000,
  million: true,
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-roster-'));
    const file = join(folder, 'a.roster');
    return {
      fill: async (cells) => {
        const hash = new RosterHash(COLUMNS);
        const accounts = async function* (): AsyncGenerator<Account> {
          for (const each of cells) {
            const account = { n: hash.rows + 1, cells: each };
            hash.add(account);
            yield account;
          }
        };
        const roster = {
          application: 'rollcall-a',
          columns: [...COLUMNS],
          source: 'csv users.csv',
          collectedAt: '2026-01-02T03:04:05.000Z',
          notes: [],
          get rows() {
            return hash.rows;
          },
          get hash() {
            return hash.digest();
          },
        };
        await writeRosterFile(file, roster, accounts());
      },
      settings: () => rosterFileSource(file, 'rollcall-a'),
      breakRecord: async () => {
        await writeFile(
          file,
          gzipSync(
            gunzipSync(await readFile(file))
              .toString()
              .replace('person3@', 'person4@'),
          ),
        );
        return { code: 'altered', place: { file } };
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
});
