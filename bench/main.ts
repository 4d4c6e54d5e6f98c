// npm run bench                        the whole job for 2,000 accounts, by hand and with Rollcall
// npm run bench -- --rows 10000        matching alone; fails unless both targets are met
// npm run bench -- --large             a million accounts; fails when the product needs more memory than it may
// npm run bench -- --writes            50,000 assignments under the limit of writes; fails unless three targets are met
// npm run bench -- --sources           each kind of source at 100,000 accounts; fails on lost accounts or too much memory
// npm run bench -- --tenant            the local tenant under load; fails on lost writes, growing memory, slow lookups
//
// --latency MS    how much later the tenant answers; 20 by default, 0 with --large and --writes
// --time-scale X  with --writes: how many times faster the tenant's time runs; 10 by default
// --keep FOLDER   with --large and --tenant: keep the generated directory for the next run
// --users N       with --tenant: users of the directory that is looked up in; 1,000,000 by default
// --seconds N     with --tenant: how long each part takes; 60 by default
// --rows N        with --sources: how many accounts
// --only A,B      with --sources: the kinds whose name holds one of these: excel,ldap,sql
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchLarge } from './large.ts';
import { benchLoad } from './load.ts';
import { benchMatch } from './match-stage.ts';
import { benchSources } from './sources.ts';
import { benchWholeJob } from './whole-job.ts';
import { benchWrites } from './writes.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: {
    rows: text,
    latency: text,
    keep: text,
    users: text,
    seconds: text,
    only: text,
    'time-scale': text,
    large: flag,
    writes: flag,
    tenant: flag,
    sources: flag,
  },
});

const wholeNumber = (
  name: 'rows' | 'latency' | 'users' | 'seconds' | 'time-scale',
  least: number,
  otherwise: number,
): number => {
  const given = values[name];
  const value = given === undefined ? otherwise : Number(given);
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} takes a whole number from ${least}, not "${given}"`);
};

const bench = async (folder: string): Promise<boolean> => {
  if (values.sources) {
    return benchSources({ folder, rows: wholeNumber('rows', 100, 100_000), only: (values.only ?? '').split(',') });
  }
  if (values.tenant) {
    return benchLoad({
      folder,
      ...(values.keep !== undefined && { keep: resolve(values.keep) }),
      users: wholeNumber('users', 100, 1_000_000),
      seconds: wholeNumber('seconds', 1, 60),
    });
  }
  if (values.large) {
    return benchLarge({
      folder,
      ...(values.keep !== undefined && { keep: resolve(values.keep) }),
      rows: wholeNumber('rows', 100, 1_000_000),
      latencyMs: wholeNumber('latency', 0, 0),
    });
  }
  if (values.writes) {
    const [assignments, latencyMs] = [wholeNumber('rows', 100, 50_000), wholeNumber('latency', 0, 0)];
    return benchWrites({ folder, assignments, latencyMs, timeScale: wholeNumber('time-scale', 1, 10) });
  }
  const latencyMs = wholeNumber('latency', 0, 20);
  if (values.rows !== undefined) return benchMatch(folder, wholeNumber('rows', 100, 0), latencyMs);
  await benchWholeJob(folder, 2000, latencyMs);
  return true;
};

const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
try {
  process.exitCode = (await bench(folder)) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
