// Starts the processes that are measured. Each has a process of its own, so that its memory is its own.
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientsInput, ClientsResult } from './clients.ts';
import type { SeedInput, SeedResult } from './seed.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** One run of a process: what it printed, how it ended, how long it took from its start to its end. */
export interface Finished {
  readonly stdout: string;
  readonly status: number | null;
  readonly seconds: number;
}

const finish = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const from = performance.now();
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      const seconds = (performance.now() - from) / 1000;
      resolve({ stdout: Buffer.concat(chunks).toString('utf8'), status, seconds });
    });
  });

/** The JSON document that a product's command printed, with what it took. */
export interface ProductRun<Printed> {
  readonly printed: Printed;
  readonly seconds: number;
  /** The peak of its memory. */
  readonly maxRssKiB: number;
  /** How long its processor worked, of all cores together. */
  readonly cpuSeconds: number;
}

/** What the product is run in: a folder with its configuration, and the file that says where the tenant is. */
export interface ProductPlace {
  readonly folder: string;
  readonly directoryFile: string;
}

/** Runs one command of the product. Status 2 (a person is needed) is a success here: misses are wanted. */
export const runProduct = async <Printed>(
  { folder, directoryFile }: ProductPlace,
  command: readonly string[],
): Promise<ProductRun<Printed>> => {
  const peakFile = join(folder, 'peak.txt');
  await rm(peakFile, { force: true });
  const common = ['--config', join(folder, 'rollcall.yaml'), '--directory', directoryFile, '--output', 'json'];
  const { stdout, status, seconds } = await finish([script('child.ts'), ...command, ...common], {
    BENCH_PEAK: peakFile,
  });
  if (status !== 0 && status !== 2) {
    throw new Error(`rollcall ${command.join(' ')} ended with ${status}; what it said stands above`);
  }
  const took: Pick<ProductRun<unknown>, 'maxRssKiB' | 'cpuSeconds'> = JSON.parse(await readFile(peakFile, 'utf8'));
  return { printed: JSON.parse(stdout), seconds, ...took };
};

/** Runs the manual procedure on a users file. */
export const runProcedure = async (
  input: Omit<SeedInput, 'csv'> & { readonly csvFile: string },
): Promise<{ printed: SeedResult; seconds: number }> => {
  const { graph, token, csvFile, column, attribute, app, role, matchOnly } = input;
  const args = ['--graph', graph, '--csv', csvFile, '--column', column, '--attribute', attribute];
  const more = ['--app', app, '--role', role, ...(matchOnly ? ['--match-only'] : [])];
  const { stdout, status, seconds } = await finish([script('seed.ts'), ...args, ...more], { BENCH_TOKEN: token });
  if (status !== 0) throw new Error(`the manual procedure ended with ${status}; what it said stands above`);
  return { printed: JSON.parse(stdout), seconds };
};

/** Runs many clients at once in a process of their own. */
export const runClients = async (input: ClientsInput): Promise<ClientsResult> => {
  const { stdout, status } = await finish([script('clients.ts'), JSON.stringify(input)], {});
  if (status !== 0) throw new Error(`the clients ended with ${status}; what they said stands above`);
  return JSON.parse(stdout);
};
