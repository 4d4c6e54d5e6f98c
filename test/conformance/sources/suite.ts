// What every source has to stand: the stories are told once, and each kind of source runs all that can happen to it.
import { createServer, connect as dial, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectRoster } from '../../../src/collect/collect.ts';
import { RosterHash } from '../../../src/collect/roster-hash.ts';
import { sourceOf } from '../../../src/collect/sources.ts';
import type { Account, Cell } from '../../../src/model/account.ts';
import type { Source, SourceTools } from '../../../src/model/source.ts';
import type { SourceSettings } from '../../../src/model/source-settings.ts';

/** An application that a source can be pointed at. Columns are always {@link COLUMNS}. */
export interface Application {
  /** Makes the application hold these accounts and no others. */
  fill(accounts: Iterable<readonly Cell[]>): Promise<void>;
  /** The same with {@link people}, made by the application itself: many are there sooner. */
  fillPeople?(count: number): Promise<void>;
  /** How to read them. Of a server, with the port to connect to, where a test stands between it and the source. */
  settings(through?: { readonly port: number }): SourceSettings | Source;
  /** Puts a record in that cannot be an account; answers how the error is known. */
  breakRecord?(): Promise<{ readonly code: string; readonly place: object }>;
  close(): Promise<void>;
}

export interface Kind {
  readonly name: string;
  /** Starts the application; undefined where what it needs is not on this machine, with the reason told by `missing`. */
  start(): Promise<Application>;
  /** Why the kind cannot run here; undefined where it can. */
  readonly missing?: string | undefined;
  /** Whether the source tells no value apart from an empty one; elsewhere null comes back as an empty text, or empty as null. */
  readonly tellsNull: boolean;
  /** What comes back for a null and for an empty text where the source cannot tell them apart. */
  readonly nothing?: Cell;
  /** The port of the server, for a kind that has one: its connection can be slow, and cut. */
  readonly port?: (application: Application) => number;
  /** Codes of what a server that does not answer, and a connection that ends too early, become. */
  readonly slow?: string;
  readonly cut?: string;
  /** More accounts than one page, block or packet holds. */
  readonly many: number;
  readonly tools?: SourceTools;
  /** Whether a million accounts can be had in a test's time; else `npm run bench -- --sources --rows 1000000` looks. */
  readonly million: boolean;
  /** Values that the format or the server cannot hold, of {@link ODD}. */
  readonly cannotHold?: readonly string[];
}

export const COLUMNS = ['EMail', 'Name', 'EmployeeId', 'Role'] as const;

const NO_SECRETS: SourceTools = { readSecret: () => Promise.reject(new Error('no secret was expected')), env: {} };

/** Invented people; every value is of a kind that some system has spoilt before. */
export const people = function* (count: number): Generator<readonly string[]> {
  for (let i = 0; i < count; i += 1) {
    yield [`person${i}@contoso.com`, `Person ${i}`, String(i).padStart(6, '0'), i % 3 === 0 ? 'ADM' : 'USR'];
  }
};

export const ODD: readonly string[] = [
  'Zoë Łukasz-Ångström',
  '日本太郎',
  'עברית',
  'a "quoted" name',
  "O'Brien; DROP TABLE users",
  'comma, semicolon; tab\tend',
  '=SUM(A1:A2)',
  '<b>&amp;</b> ]]>',
  '00123',
  '1e5',
  '👩‍💻 astronaut',
  'back\\slash \\n',
  '{Name} ${HOME} %PATH%',
  'null',
  'cafe\u0301 decomposed',
];

interface Read {
  readonly columns: readonly string[];
  readonly accounts: readonly Account[];
  readonly hash: string;
}

const opened = (settings: SourceSettings | Source, tools: SourceTools): Promise<Source> =>
  'open' in settings ? Promise.resolve(settings) : sourceOf(settings, tools);

export const readAll = async (
  settings: SourceSettings | Source,
  tools: SourceTools = NO_SECRETS,
  signal: AbortSignal = new AbortController().signal,
): Promise<Read> => {
  const open = await (await opened(settings, tools)).open(signal);
  const hash = new RosterHash(open.columns);
  const accounts: Account[] = [];
  for await (const account of open.rows()) {
    hash.add(account);
    accounts.push(account);
  }
  return { columns: open.columns, accounts, hash: hash.digest() };
};

const cellsOf = ({ accounts }: Read) => accounts.map(({ cells }) => cells);

/** By the first cell: what a server answers has no order of its own, where its source does not ask for one. */
const sorted = (rows: readonly (readonly Cell[])[]) => [...rows].sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));

/** Tells the stories for one kind of source. */
export const sourceConformance = (kind: Kind): void => {
  describe.skipIf(kind.missing !== undefined)(`${kind.name}${kind.missing ? ` (${kind.missing})` : ''}`, () => {
    const { tools = NO_SECRETS } = kind;
    let application: Application;
    beforeAll(async () => {
      application = await kind.start();
    });
    afterAll(() => application?.close());

    test('no account at all is an error, not an empty roster', async () => {
      await application.fill([]);
      const error = await readAll(application.settings(), tools).catch((reason) => reason);
      expect(error).toMatchObject({ name: 'SourceError', code: 'emptyRoster' });
      expect(error.remedy).not.toBe('');
    });

    test('one account is read as it is', async () => {
      const one = [...people(1)];
      await application.fill(one);
      const read = await readAll(application.settings(), tools);
      expect(read.columns).toEqual(COLUMNS);
      expect(cellsOf(read)).toEqual(one);
      expect(read.accounts[0]!.n).toBe(1);
    });

    test('more accounts than fit into one piece are all read, each once, numbered from 1', async () => {
      const all = [...people(kind.many)];
      await application.fill(all);
      const read = await readAll(application.settings(), tools);
      expect(read.accounts.map(({ n }) => n)).toEqual(all.map((_, i) => i + 1));
      expect(sorted(cellsOf(read))).toEqual(sorted(all));
    });

    test('odd letters and what looks like code come through unharmed', async () => {
      const held = ODD.filter((value) => !kind.cannotHold?.includes(value));
      expect(held.length).toBeGreaterThan(5);
      const rows = held.map((value, i) => [`odd${String(i).padStart(2, '0')}@contoso.com`, value, `E${i}`, value]);
      await application.fill(rows);
      expect(sorted(cellsOf(await readAll(application.settings(), tools)))).toEqual(sorted(rows));
    });

    test('no value and an empty value are told apart where the source does', async () => {
      await application.fill([
        ['null@contoso.com', null, 'E1', 'USR'],
        ['void@contoso.com', '', 'E2', 'USR'],
      ]);
      const [first, second] = sorted(cellsOf(await readAll(application.settings(), tools)));
      const nothing = kind.nothing === undefined ? '' : kind.nothing;
      expect([first![1], second![1]]).toEqual(kind.tellsNull ? [null, ''] : [nothing, nothing]);
    });

    test('the same source read twice gives the same roster', async () => {
      await application.fill(people(50));
      const [first, second] = [
        await readAll(application.settings(), tools),
        await readAll(application.settings(), tools),
      ];
      expect(second.hash).toBe(first.hash);
    });

    test('cancelling in the middle ends it, with the reason it was cancelled for', async () => {
      await application.fill(people(kind.many));
      const stop = new AbortController();
      const open = await (await opened(application.settings(), tools)).open(stop.signal);
      const reading = (async () => {
        let rows = 0;
        for await (const _ of open.rows()) {
          rows += 1;
          if (rows === 3) stop.abort(new Error('stopped by a person'));
          // What has been handed over already may still be taken; there is never more of it than a piece or two.
        }
        return rows;
      })();
      const ended = await reading.then(
        (rows) => ({ rows }),
        (error: Error) => error,
      );
      if ('rows' in ended) expect(ended.rows).toBeLessThanOrEqual(kind.many);
      else expect(ended.message).toBe('stopped by a person');
      const closed = new AbortController();
      closed.abort(new Error('stopped before it began'));
      await expect(readAll(application.settings(), tools, closed.signal)).rejects.toThrow('stopped before it began');
    });

    test('whoever stops reading early can read again', async () => {
      await application.fill(people(kind.many));
      const open = await (await opened(application.settings(), tools)).open(new AbortController().signal);
      for await (const _ of open.rows()) break;
      expect((await readAll(application.settings(), tools)).accounts).toHaveLength(kind.many);
    });

    test('progress is told while it is collected, whatever the kind', async () => {
      await application.fill(people(kind.many));
      const told: number[] = [];
      const roster = await collectRoster({
        source: await opened(application.settings(), tools),
        application: 'rollcall-a',
        save: async (_columns, rows, finish) => {
          for await (const _ of rows);
          return finish();
        },
        lastRows: undefined,
        guards: {
          maxCreateShare: 1,
          maxAssignShare: 1,
          maxRemoveShare: 1,
          maxShrinkShare: 1,
          maxGrowShare: 1,
          floor: 1,
        },
        complete: { columns: [], rows: null, sum: null, trailer: null },
        accounts: { enabled: null, lastLogin: null, created: null, ends: null, owner: null, type: null },
        allow: new Set(),
        signal: new AbortController().signal,
        onProgress: (rows) => told.push(rows),
      });
      expect(roster.rows).toBe(kind.many);
      const thousands = Array.from({ length: Math.floor(kind.many / 1000) }, (_, i) => (i + 1) * 1000);
      expect(told).toEqual([0, ...thousands, kind.many]);
    });

    if (kind.million) {
      test('a million accounts pass within flat memory', async () => {
        await (application.fillPeople?.(1_000_000) ?? application.fill(people(1_000_000)));
        const open = await (await opened(application.settings(), tools)).open(new AbortController().signal);
        let rows = 0;
        let most = 0;
        let numbers = 0;
        for await (const { cells } of open.rows()) {
          rows += 1;
          numbers += Number(cells[2]);
          if (rows % 50_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
        }
        expect(rows).toBe(1_000_000);
        expect(numbers).toBe((1_000_000 * 999_999) / 2);
        // An array of them would take several hundred.
        expect(most / 2 ** 20).toBeLessThan(250);
      });
    }

    // Last: some applications cannot be mended after.
    test('a record that cannot be an account stops it, and the error names the place', async () => {
      if (!application.breakRecord) return;
      await application.fill(people(20));
      const { code, place } = await application.breakRecord();
      const error = await readAll(application.settings(), tools).catch((reason) => reason);
      expect(error).toMatchObject({ name: 'SourceError', code, place });
      expect(error.remedy).not.toBe('');
    });

    if (kind.port) {
      const { port } = kind;
      test('a server that stops answering is an error after the time limit', async () => {
        await application.fill(people(kind.many));
        const between = await standBetween(port(application), 'stall');
        try {
          const error = await readAll(application.settings({ port: between.port }), tools).catch((reason) => reason);
          expect(error).toMatchObject({ name: 'SourceError', code: kind.slow });
          expect(error.remedy).not.toBe('');
        } finally {
          await between.close();
        }
      });

      test('a connection that is cut is an error, and no half of a roster', async () => {
        await application.fill(people(kind.many));
        const between = await standBetween(port(application), 'cut');
        try {
          const error = await readAll(application.settings({ port: between.port }), tools).catch((reason) => reason);
          expect(error).toMatchObject({ name: 'SourceError', code: kind.cut });
          expect(error.remedy).not.toBe('');
        } finally {
          await between.close();
        }
      });
    }
  });
};

/** Bytes that the server may send before it stalls or is cut: past any greeting, before the end of many accounts. */
const PASSED = 24 * 1024;

/** Stands between a source and its server, and stops passing on what the server says. */
const standBetween = async (port: number, then: 'stall' | 'cut') => {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', (piece) => {
      const room = PASSED - passed;
      passed += piece.length;
      if (room > 0) client.write(piece.subarray(0, room));
      if (passed < PASSED) return;
      upstream.pause();
      if (then === 'cut') client.resetAndDestroy();
    });
    upstream.on('end', () => client.end());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    close: () =>
      new Promise<void>((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
};
