// Servers that speak HTTP on this machine, for the sources that read from web APIs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SourceTools } from '../../src/model/source.ts';
import type { WebSettings } from '../../src/model/web-settings.ts';

/** As the configuration has them, but for how often and how long a failure is waited out. */
export const WEB: WebSettings = {
  signIn: { kind: 'none' },
  caFile: null,
  clientCertificate: null,
  timeLimits: { connect: 10, answer: 300, silence: 60 },
  repeats: 1,
  longestWait: 5,
  maxAnswerBytes: 8 * 2 ** 20,
};

/** For a server that is known to fall silent. */
export const IMPATIENT: WebSettings = { ...WEB, timeLimits: { connect: 10, answer: 60, silence: 3 } };

/** A file with this text in a folder of its own, gone when the test ends. */
export const fileWith = async (text: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-web-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'file.pem');
  await writeFile(file, text);
  return file;
};

/** Secrets by the name of their variable. */
export const toolsWith = (env: Readonly<Record<string, string>>): SourceTools => ({
  readSecret: async (ref) => {
    const value = 'env' in ref ? env[ref.env] : undefined;
    if (value === undefined) throw new Error('there is no such secret');
    return value;
  },
  env: {},
});

export interface WebApplication {
  readonly port: number;
  /** Where what the application holds is kept. */
  readonly folder: string;
  close(): Promise<void>;
}

export const startWeb = async (
  reply: (request: IncomingMessage, response: ServerResponse, folder: string) => void | Promise<void>,
): Promise<WebApplication> => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-web-'));
  const server = createServer(async (request, response) => {
    try {
      await reply(request, response, folder);
    } catch (error) {
      response.destroy(error as Error);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    folder,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
      await rm(folder, { recursive: true });
    },
  };
};

export const portOf = new WeakMap<object, number>();

/** In pieces of so many. */
export function* inPieces<T>(all: Iterable<T>, size: number): Generator<readonly T[]> {
  let piece: T[] = [];
  for (const one of all) {
    piece.push(one);
    if (piece.length < size) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}
