// npm run demo:loop: ten thousand accounts, from a list of users to removals that are confirmed, in a fresh folder; with a
// directory and a desk that misbehave, and killed twice. Ends with a table of figures, and with status 1 where one is not met.
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { figuresTable, isMet } from './loop/figures.ts';
import { goTheLoop } from './loop/loop.ts';

const folder = fileURLToPath(new URL('../.rollcall/loop/', import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true, mode: 0o700 });
const began = performance.now();
try {
  const cwd = process.env['INIT_CWD'] ?? process.cwd();
  const figures = await goTheLoop({ folder, cwd, say: (line) => console.log(line) });
  console.log(`\n${figuresTable(figures)}\n`);
  const unmet = figures.filter((figure) => !isMet(figure)).length;
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(unmet === 0 ? `All figures are met, after ${seconds} s.` : `${unmet} figures are not met.`);
  if (unmet > 0) process.exitCode = 1;
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
}
