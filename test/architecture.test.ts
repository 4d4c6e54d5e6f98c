// Draws the import graph of src/ and holds it against the arrows that the architecture allows.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

const slashed = (path: string): string => path.split(sep).join('/');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map(slashed)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)'(\.{1,2}\/[^']+)'/g;

/** File → the files of src/ that it imports; `evaluated` leaves out what is only a type. */
const graph = new Map(
  files.map((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const targets = (source: string) =>
      [...source.matchAll(IMPORT)].map(([, target]) => slashed(relative(SRC, resolve(SRC, dirname(file), target!))));
    return [file, { all: targets(text), evaluated: targets(text.replace(/^(?:import|export) type [^;]*;/gm, '')) }];
  }),
);

/** A folder of src/, or the name of a file that lies in src/ itself. */
const room = (file: string): string => file.split('/')[0]!;

/** What each room may import. The stages know the model, and nothing of each other. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: ['model', 'collect'],
  collect: ['model', 'http', 'whole-file.ts'],
  match: ['model'],
  plan: ['model', 'whole-file.ts'],
  apply: ['model'],
  reconcile: ['model', 'http', 'whole-file.ts'],
  graph: ['model', 'permissions', 'http'],
  permissions: ['model'],
  store: ['model'],
  evidence: ['model'],
  report: ['model', 'whole-file.ts'],
  http: ['model'],
  review: ['model'],
  doctor: ['model', 'evidence', 'permissions', 'plan', 'review'],
  tenant: [],
  'whole-file.ts': [],
  reporting: ['model', 'plan', 'apply', 'report', 'store', 'evidence', 'attention.ts', 'pipeline.ts', 'work.ts'],
  'attention.ts': ['model'],
  'work.ts': ['model', 'store', 'evidence'],
  stages: [
    'model',
    'config',
    'collect',
    'match',
    'plan',
    'apply',
    'review',
    'reconcile',
    'store',
    'permissions',
    'work.ts',
  ],
  'pipeline.ts': ['model', 'match', 'plan', 'store', 'evidence', 'stages', 'work.ts'],
  'index.ts': [
    'model',
    'config',
    'collect',
    'graph',
    'report',
    'reporting',
    'evidence',
    'store',
    'doctor',
    'permissions',
    'plan',
    'match',
    'apply',
    'reconcile',
    'pipeline.ts',
    'work.ts',
    'attention.ts',
  ],
};

test('every import follows an arrow of the architecture', () => {
  const wrong: string[] = [];
  for (const [file, { all }] of graph) {
    const from = room(file);
    for (const target of all) {
      const to = room(target);
      if (from === to || from === 'cli') continue;
      if (!ALLOWED[from]?.includes(to)) wrong.push(`${file} → ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('what decides about removals is given values, and reads and writes nothing', () => {
  const deciding = [...graph].filter(([file]) => room(file) === 'reconcile' && !file.startsWith('reconcile/channels/'));
  const reaching = deciding.flatMap(([file, { all }]) =>
    all.filter((target) => !/^(?:model|reconcile)\/(?!channels\/)/.test(target)).map((target) => `${file} → ${target}`),
  );
  expect(reaching).toEqual([]);
  expect(deciding.length).toBeGreaterThan(0);
});

test('every import names a file that is there', () => {
  const missing = [...graph].flatMap(([file, { all }]) =>
    all.filter((target) => !graph.has(target)).map((target) => `${file} → ${target}`),
  );
  expect(missing).toEqual([]);
  expect(graph.size).toBeGreaterThan(50);
});

test('only the command line starts the local tenant', () => {
  const importers = [...graph].filter(
    ([file, { all }]) => room(file) !== 'tenant' && all.some((target) => room(target) === 'tenant'),
  );
  expect(importers.map(([file]) => room(file))).toEqual(importers.map(() => 'cli'));
  expect(importers.length).toBeGreaterThan(0);
});

test('no file imports itself by a roundabout way', () => {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file)?.evaluated ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

test('the stages know nothing of HTTP, but for the one room for sources that are web APIs', () => {
  const STAGES = ['collect', 'match', 'plan', 'apply'];
  const talking = files.filter(
    (file) =>
      STAGES.includes(room(file)) &&
      !file.startsWith('collect/http/') &&
      /node:https?'|\bfetch\(|core-rest-pipeline|'undici'|\$filter=/.test(readFileSync(join(SRC, file), 'utf8')),
  );
  expect(talking).toEqual([]);
});
