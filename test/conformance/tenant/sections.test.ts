// Every rule that the local tenant keeps because Graph does names the section of the facts on which it rests.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** About the local tenant itself: its control plane, its file, its faults, its own address. Graph has nothing like it. */
const OF_THE_TENANT = ['control', 'data-file', 'faults', 'robust', 'sections', 'tls'];

/** The text that a test is named by, also of a table of tests. */
const NAMES = /(?:^|\n)\s*(?:test(?:\.\w+\([^)]*\))?\(|\]\)\(|\] as const\)\()(['"`])(.*?)\1/g;

test('every conformance test names a section of the facts', () => {
  const files = readdirSync(FOLDER).filter(
    (name) => name.endsWith('.test.ts') && !OF_THE_TENANT.includes(name.replace('.test.ts', '')),
  );
  const names = files.flatMap((file) =>
    [...readFileSync(`${FOLDER}/${file}`, 'utf8').matchAll(NAMES)].map(([, , name]) => `${file}: ${name}`),
  );
  expect(names.length).toBeGreaterThan(150);
  expect(names.filter((name) => !/: §\d+(\.\d+)?[ ,]/.test(name))).toEqual([]);
});
