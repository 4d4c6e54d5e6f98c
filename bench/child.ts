// Runs the product's command line in this process, and leaves the peak of its memory in the file that BENCH_PEAK names.
// A process knows its own peak on every system; from outside, each system would have to be asked in its own way.
import { writeFileSync } from 'node:fs';

const file = process.env['BENCH_PEAK'];
process.on('exit', () => {
  if (file) writeFileSync(file, String(process.resourceUsage().maxRSS));
});

await import('../src/cli/main.ts');
