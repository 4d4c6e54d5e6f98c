import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    // A bound for what hangs, not a measure: the machine may be shared.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    // The journeys start the command line some hundred times: what it compiles is kept from one start to the next.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'rollcall-tests-compiled') },
  },
});
