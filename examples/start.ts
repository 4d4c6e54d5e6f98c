// npm start: the main job on the embedded tenant, from a users file to verified assignments, in a fresh folder.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const example = fileURLToPath(new URL('corpdb1/', import.meta.url));
const folder = fileURLToPath(new URL('../.rollcall/start/', import.meta.url));
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

rmSync(folder, { recursive: true, force: true });
cpSync(example, folder, { recursive: true });
// Named as seen from where the command was typed, so that the next command can be typed there, too.
const cwd = process.env['INIT_CWD'] ?? process.cwd();
const config = relative(cwd, join(folder, 'rollcall.yaml'));
const { status } = spawnSync(process.execPath, [main, 'run', '--yes', '--config', config], { cwd, stdio: 'inherit' });

// 2 says that people are needed, as this example means to show. Anything else is a failure.
process.exitCode = status === 2 || status === 0 ? 0 : (status ?? 1);
