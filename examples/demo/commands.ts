// What npm start and npm run demo:loop share: the command line as a person types it, a local tenant, and a key.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a command ended. What was shown at once is not kept. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  /** Ends it without a warning, as a machine that loses its power would. */
  kill(): void;
  readonly ended: Promise<Ended>;
}

/** A folder with a configuration in it, worked on by commands that are typed elsewhere. */
export class Workplace {
  readonly folder: string;
  readonly #cwd: string;

  constructor(folder: string, cwd: string) {
    this.folder = folder;
    this.#cwd = cwd;
  }

  /** A file of the folder, as seen from where commands are typed, so that what they say can be typed there, too. */
  seen(file: string): string {
    return relative(this.#cwd, join(this.folder, file)) || '.';
  }

  /** Starts `rollcall …` as a process of its own. `shown`: what it prints is seen at once, in place of being kept. */
  start(args: readonly string[], shown = false): Running {
    const stdio = shown ? ('inherit' as const) : ('pipe' as const);
    const all = [MAIN, ...args, ...this.#placesFor(args)];
    const child = spawn(process.execPath, all, { cwd: this.#cwd, stdio: ['ignore', stdio, stdio] });
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => resolve({ status, signal, out, err }));
    });
    return { kill: () => child.kill('SIGKILL'), ended };
  }

  /** A key that signs the evidence; its public half is for whoever verifies. */
  async makeKey(): Promise<void> {
    const { status, out, err } = await this.start(['evidence', 'keys', '--to', this.seen('evidence-key.pem')]).ended;
    if (status !== 0) throw new Error(`no key for the evidence was made: ${err}`);
    writeFileSync(join(this.folder, 'key.pub.pem'), out);
  }

  /** A local tenant for as long as this lasts; commands connect to it. Answers what ends it. */
  async startTenant(...options: readonly string[]): Promise<() => Promise<void>> {
    const args = [MAIN, 'tenant', 'start', '--port', '0', ...options, '--output', 'json'];
    const tenant = spawn(process.execPath, args, { cwd: this.#cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => tenant.once('exit', resolve));
    const line = await Promise.race([
      new Promise<string>((resolve) => createInterface({ input: tenant.stdout }).once('line', resolve)),
      ended.then((status) => {
        throw new Error(`the local tenant ended with ${status}`);
      }),
    ]);
    writeFileSync(join(this.folder, 'connection.json'), line);
    return async () => {
      tenant.kill('SIGTERM');
      await ended;
    };
  }

  /** The tenant is no matter of a configuration, and whoever verifies evidence has none. */
  #placesFor([command, what]: readonly string[]): string[] {
    const config = command === 'tenant' || what === 'verify' ? [] : ['--config', this.seen('rollcall.yaml')];
    const directory = command === 'evidence' ? [] : ['--directory', this.seen('connection.json')];
    return [...config, ...directory];
  }
}
