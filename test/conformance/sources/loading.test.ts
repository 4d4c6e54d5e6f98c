// What each kind of source brings along is loaded by Node.js itself: the tests' own loader is kinder to some libraries.
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('every file of every source is loaded by Node.js as it is', async () => {
  const files = globSync('src/collect/**/*.ts', { cwd: resolve(import.meta.dirname, '../../..') }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  expect(files.length).toBeGreaterThan(80);
  const addresses = files.map((file) => pathToFileURL(resolve(import.meta.dirname, '../../..', file)).href);
  const program = `
    const failed = [];
    for (const address of ${JSON.stringify(addresses)}) {
      await import(address).catch((error) => failed.push(address + ': ' + error.message));
    }
    console.log(JSON.stringify(failed));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(JSON.parse(stdout)).toEqual([]);
});
