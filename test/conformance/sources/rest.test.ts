// REST APIs, as a source.
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Cell } from '../../../src/model/account.ts';
import type { RestSettings } from '../../../src/model/web-settings.ts';
import { IMPATIENT, inPieces, portOf, startWeb, WEB } from '../../support/web.ts';
import { type Application, sourceConformance } from './suite.ts';

/** So that a page is longer than what the stand-between lets pass. */
const PAGE = 1000;

const REST: Omit<RestSettings, 'address'> = {
  kind: 'rest',
  web: WEB,
  method: 'GET',
  headers: {},
  body: null,
  format: 'json',
  paging: { kind: 'none' },
  records: 'data',
  columns: { EMail: 'mail', Name: 'name', EmployeeId: 'work.id', Role: '"job-role"' },
  total: null,
};

const recordOf = ([mail, name, id, role]: readonly Cell[]) => ({ mail, name, work: { id }, 'job-role': role });

const pagedApi = async (): Promise<Application> => {
  const api = await startWeb(async ({ url, headers }, response, folder) => {
    const n = Number(new URL(url!, 'http://localhost').searchParams.get('after') ?? 0);
    const next = await readFile(join(folder, `${n + 1}`)).then(
      () => `http://${headers.host}/accounts?after=${n + 1}`,
      () => null,
    );
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(`{"data":${await readFile(join(folder, `${n}`), 'utf8')},"links":{"next":${JSON.stringify(next)}}}`);
  });
  let pages = 0;
  const application: Application = {
    fill: async (accounts) => {
      for (; pages > 0; pages -= 1) await rm(join(api.folder, `${pages - 1}`));
      for (const page of inPieces(accounts, PAGE)) {
        await writeFile(join(api.folder, `${pages}`), JSON.stringify(page.map(recordOf)));
        pages += 1;
      }
    },
    settings: (through) => ({
      ...REST,
      web: through ? IMPATIENT : WEB,
      address: `http://127.0.0.1:${through?.port ?? api.port}/accounts`,
      paging: { kind: 'nextLink', path: 'links.next' },
    }),
    breakRecord: async () => {
      const file = join(api.folder, '0');
      await writeFile(file, (await readFile(file, 'utf8')).replace(/\]$/, ',null]'));
      const place = { address: `http://127.0.0.1:${api.port}/accounts`, at: 'page 1, record 21' };
      return { code: 'notARecord', place };
    },
    close: () => api.close(),
  };
  portOf.set(application, api.port);
  return application;
};

const linesApi = async (): Promise<Application> => {
  const api = await startWeb(async (_request, response, folder) => {
    response.setHeader('content-type', 'application/x-ndjson');
    await pipeline(createReadStream(join(folder, 'lines')), response).catch(() => response.destroy());
  });
  const file = join(api.folder, 'lines');
  const application: Application = {
    fill: (accounts) =>
      pipeline(
        Readable.from(inPieces(accounts, 500)).map((piece) =>
          piece.map((one: readonly Cell[]) => `${JSON.stringify(recordOf(one))}\n`).join(''),
        ),
        createWriteStream(file),
      ),
    settings: (through) => ({
      ...REST,
      web: through ? IMPATIENT : WEB,
      address: `http://127.0.0.1:${through?.port ?? api.port}/export`,
      format: 'ndjson',
      records: '@',
    }),
    breakRecord: async () => {
      await appendFile(file, '{"mail": "cut\n');
      return { code: 'brokenJson', place: { address: `http://127.0.0.1:${api.port}/export`, at: 'line 21' } };
    },
    close: () => api.close(),
  };
  portOf.set(application, api.port);
  return application;
};

const documentApi = async (): Promise<Application> => {
  const api = await startWeb(async (_request, response, folder) => {
    response.setHeader('content-type', 'application/json');
    await pipeline(createReadStream(join(folder, 'document')), response).catch(() => response.destroy());
  });
  const file = join(api.folder, 'document');
  const text = function* (accounts: Iterable<readonly Cell[]>) {
    let before = '{"note":{"data":["not these"]},"data":[\n';
    for (const piece of inPieces(accounts, 500)) {
      if (piece.length === 0) continue;
      yield before + piece.map((one) => JSON.stringify(recordOf(one))).join(',');
      before = ',\n';
    }
    yield before.startsWith(',') ? '],"end":{"count":1.10}}\n' : `${before}]}`;
  };
  const application: Application = {
    fill: (accounts) => pipeline(Readable.from(text(accounts)), createWriteStream(file)),
    settings: (through) => ({
      ...REST,
      web: through ? IMPATIENT : WEB,
      address: `http://127.0.0.1:${through?.port ?? api.port}/export`,
      format: 'jsonStream',
    }),
    breakRecord: async () => {
      await writeFile(file, (await readFile(file, 'utf8')).replace('],"end"', ',7],"end"'));
      return { code: 'notARecord', place: { address: `http://127.0.0.1:${api.port}/export`, at: 'record 21' } };
    },
    close: () => api.close(),
  };
  portOf.set(application, api.port);
  return application;
};

for (const [name, start, million] of [
  ['rest', pagedApi, false],
  ['rest, one record a line', linesApi, true],
  ['rest, one document as it comes', documentApi, true],
] as const) {
  sourceConformance({
    name,
    start,
    tellsNull: true,
    many: 5000,
    million,
    port: (application) => portOf.get(application)!,
    slow: 'timeout',
    cut: 'connectionLost',
  });
}
