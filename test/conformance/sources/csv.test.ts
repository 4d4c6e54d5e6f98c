// CSV files, as a source.

import { createWriteStream } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { COLUMNS, sourceConformance } from './suite.ts';

sourceConformance({
  name: 'csv',
  tellsNull: false,
  many: 5000,
  million: true,
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-csv-'));
    const path = join(folder, 'users.csv');
    return {
      fill: (accounts) =>
        pipeline(Readable.from(accounts), stringify({ header: true, columns: [...COLUMNS] }), createWriteStream(path)),
      settings: () => ({ kind: 'csv', path, encoding: 'auto', delimiter: 'auto' }),
      breakRecord: async () => {
        await appendFile(path, 'only,two\n');
        return { code: 'tooFewCells', place: { file: path, line: 22 } };
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
});
