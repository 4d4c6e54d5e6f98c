// Every kind of source through the product itself, as a process of its own on plain Node.js: what is measured works.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { KINDS } from './source-kinds.ts';
import { measure } from './sources.ts';

const ROWS = 1200;

for (const kind of KINDS) {
  const { name, missing } = kind;
  test.skipIf(missing !== undefined)(
    `${name}: all accounts are collected${missing ? ` (${missing})` : ''}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'rollcall-measured-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const { printed, cpuSeconds, maxRssKiB } = await measure(kind, join(folder, 'source'), ROWS);
      expect(printed.rows).toBe(ROWS);
      expect(Math.min(cpuSeconds, maxRssKiB)).toBeGreaterThan(0);
    },
  );
}
