// For tests against real servers: free ports, processes that are stopped by their ids, and what is missing on the machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why tests against a server cannot run here; undefined where the program is there. */
export const missing = (program: string, debianPackage: string): string | undefined =>
  existsSync(program) ? undefined : `skipped: ${program} is missing; apt-get install ${debianPackage}`;

/** Below those that systems give to connections and to servers that name no port: nobody takes one of these in between. */
const PORTS = { from: 20_000, count: 10_000 };
/** A port that this process has handed out is not handed out again. */
const given = new Set<number>();

export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
};

export interface Running {
  readonly pid: number;
  /** Ends the process, and waits until it has ended. */
  stop(): Promise<void>;
}

/** Starts a server and waits until it listens on `port`. Its own words are told when it ends too early. */
export const startServer = async (
  program: string,
  args: readonly string[],
  port: number,
  as?: { readonly uid: number; readonly gid: number },
): Promise<Running> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...as });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece) => (said = `${said}${piece}`.slice(-4000)));
  await listening(child, port, () => said);
  return {
    pid: child.pid!,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
};

const listening = async (child: ChildProcess, port: number, said: () => string): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}: ${said()}`);
    const socket = dial(port, '127.0.0.1');
    const [open] = await Promise.race([
      once(socket, 'connect').then(() => [true]),
      once(socket, 'close').then(() => [false]),
    ]).catch(() => [false]);
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
};
