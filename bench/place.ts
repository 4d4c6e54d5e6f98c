// Where a measurement happens: a scratch folder with a configuration, a users file and the way to the tenant.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ProductPlace } from './processes.ts';
import type { BenchTenant } from './tenant.ts';
import { MATCH } from './users-file.ts';

export const ROLE = 'General';

/** Writes the product's configuration and the connection to the tenant into `folder`. */
export const preparePlace = async (
  folder: string,
  tenant: BenchTenant,
  application: string,
  usersFile: string,
): Promise<ProductPlace> => {
  const directoryFile = join(folder, 'directory.json');
  await writeFile(directoryFile, tenant.line);
  const settings = {
    application,
    directory: 'local',
    source: { csv: { path: usersFile } },
    match: [MATCH],
    roles: { default: ROLE },
  };
  // JSON is YAML, too, and needs no care with paths.
  await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify(settings, null, 2));
  return { folder, directoryFile };
};

/** The machine, in one line: figures mean nothing without it. */
export const machine = (): string => {
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores, ${memory} GiB, ${platform()}, Node.js ${process.versions.node}`;
};

/** What is being done, for whoever waits. The tables alone go to standard output. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
