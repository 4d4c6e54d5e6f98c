// Sources: how many accounts a second each kind yields, and what memory it takes, through "rollcall collect" itself.
import { mkdir, open, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { workbook } from '../test/support/xlsx.ts';
import { machine, say } from './place.ts';
import { runProduct } from './processes.ts';
import { inMiB, inSeconds, markdownTable, whole } from './table.ts';

const COLUMNS = ['EMail', 'Name', 'EmployeeId', 'Role'] as const;

/** Invented people. */
const person = (i: number): readonly [string, string, string, string] => [
  `person${i}@contoso.com`,
  `Person ${i}`,
  String(i).padStart(6, '0'),
  i % 3 === 0 ? 'ADM' : 'USR',
];

/** Writes what `text` makes of each person, after a beginning. */
const writeAll = async (
  file: string,
  rows: number,
  text: (of: ReturnType<typeof person>) => string,
  beginning = '',
): Promise<void> => {
  const handle = await open(file, 'w');
  try {
    let waiting = beginning;
    for (let i = 0; i < rows; i += 1) {
      waiting += text(person(i));
      if (waiting.length < 65_536) continue;
      await handle.appendFile(waiting);
      waiting = '';
    }
    await handle.appendFile(waiting);
  } finally {
    await handle.close();
  }
};

/** What is to be read: it is made in a folder, and told as a configuration names it. */
interface Kind {
  readonly name: string;
  make(folder: string, rows: number): Promise<{ readonly source: string; readonly close?: () => void }>;
}

const ATTRIBUTES = '{ EMail: mail, Name: cn, EmployeeId: employeeNumber, Role: title }';

const KINDS: readonly Kind[] = [
  {
    name: 'csv',
    make: async (folder, rows) => {
      await writeAll(join(folder, 'users.csv'), rows, (of) => `${of.join(',')}\n`, `${COLUMNS.join(',')}\n`);
      return { source: 'csv: { path: users.csv }' };
    },
  },
  {
    name: 'excel',
    make: async (folder, rows) => {
      const sheet = { rows: [COLUMNS, ...Array.from({ length: rows }, (_, i) => person(i))] };
      await writeFile(join(folder, 'users.xlsx'), workbook({ sheets: [sheet] }));
      return { source: 'excel: { path: users.xlsx }' };
    },
  },
  {
    name: 'text, fixed columns',
    make: async (folder, rows) => {
      const widths = [30, 20, 6, 3];
      const record = (of: readonly string[]) => `${of.map((cell, i) => cell.padEnd(widths[i]!)).join('')}\n`;
      await writeAll(join(folder, 'users.txt'), rows, record);
      return {
        source: 'text: { path: users.txt, columns: { EMail: 1-30, Name: 31-50, EmployeeId: 51-56, Role: 57-59 } }',
      };
    },
  },
  {
    name: 'ldif',
    make: async (folder, rows) => {
      const entry = ([mail, name, number, role]: readonly string[]) =>
        `dn: mail=${mail},dc=contoso,dc=com\nobjectClass: person\nmail: ${mail}\ncn: ${name}\nemployeeNumber: ${number}\ntitle: ${role}\n\n`;
      await writeAll(join(folder, 'users.ldif'), rows, entry, 'version: 1\n\n');
      return { source: `ldif: { path: users.ldif, columns: ${ATTRIBUTES} }` };
    },
  },
  {
    name: 'csvde',
    make: async (folder, rows) => {
      const entry = ([mail, name, number, role]: readonly string[]) =>
        `"mail=${mail},DC=contoso,DC=com",person,${mail},${name},${number},${role}\n`;
      await writeAll(join(folder, 'users.csv'), rows, entry, 'DN,objectClass,mail,cn,employeeNumber,title\n');
      return { source: `csvde: { path: users.csv, columns: ${ATTRIBUTES} }` };
    },
  },
  {
    name: 'sql, SQLite',
    make: async (folder, rows) => {
      const database = new DatabaseSync(join(folder, 'app.db'));
      database.exec('create table people (EMail text, Name text, EmployeeId text, Role text); begin');
      const insert = database.prepare('insert into people values (?, ?, ?, ?)');
      for (let i = 0; i < rows; i += 1) insert.run(...person(i));
      database.exec('commit');
      database.close();
      const query = 'select EMail, Name, EmployeeId, Role from people order by EMail';
      return { source: `sql: { sqlite: { path: app.db }, query: "${query}" }` };
    },
  },
  {
    name: 'rest, 1,000 a page',
    make: async (_folder, rows) => {
      const server = createServer(({ url }, answer) => {
        const offset = Number(new URL(url ?? '/', 'http://127.0.0.1').searchParams.get('offset') ?? 0);
        const people = Array.from({ length: Math.min(1000, rows - offset) }, (_, i) => {
          const [EMail, Name, EmployeeId, Role] = person(offset + i);
          return { EMail, Name, EmployeeId, Role };
        });
        answer.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ people }));
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port was given');
      const columns = `{ ${COLUMNS.map((name) => `${name}: ${name}`).join(', ')} }`;
      return {
        source: `rest: { address: "http://127.0.0.1:${address.port}/people", signIn: none, records: people, columns: ${columns}, paging: { offset: offset, size: { parameter: limit, value: 1000 } } }`,
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      };
    },
  },
];

interface Collected {
  readonly rows: number;
  readonly seconds: number;
}

/** Prints a table of all kinds. Answers whether each yielded every account. */
export const benchSources = async (folder: string, rows: number): Promise<boolean> => {
  console.log(`Sources at ${whole(rows)} accounts (${machine()})\n`);
  const table: string[][] = [];
  let isWhole = true;
  for (const [index, kind] of KINDS.entries()) {
    say(kind.name);
    const place = join(folder, `source-${index}`);
    await mkdir(place);
    const { source, close } = await kind.make(place, rows);
    const configuration = `application: BENCH\ndirectory: local\nsource:\n  ${source}\nmatch: [{ column: EMail, attribute: mail }]\n`;
    await writeFile(join(place, 'rollcall.yaml'), configuration);
    try {
      const run = await runProduct<Collected>({ folder: place, directoryFile: join(place, 'none.json') }, ['collect']);
      const { rows: came, seconds } = run.printed;
      if (came !== rows) isWhole = false;
      table.push([kind.name, whole(came / seconds), inSeconds(run.seconds), inMiB(run.maxRssKiB)]);
    } finally {
      close?.();
    }
  }
  console.log(markdownTable(['source', 'accounts a second', 'seconds of the process', 'peak memory, MiB'], table));
  console.log(isWhole ? '\nEvery account came: met' : '\nNOT MET: accounts are missing');
  return isWhole;
};
