// Runs the product's command line in this process, and leaves what it took in the file that BENCH_PEAK names.
// A process knows that of itself on every system; from outside, each system would have to be asked in its own way.
import { writeFileSync } from 'node:fs';

const file = process.env['BENCH_PEAK'];
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  if (file) writeFileSync(file, JSON.stringify({ maxRssKiB: maxRSS, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }));
});

await import('../src/cli/main.ts');
