// npm start: the whole round on a local tenant, in a fresh folder: from an application's users to verified assignments, a
// review of them, removals of what was refused, and a second list of users that shows what is really gone.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

const example = fileURLToPath(new URL('corpdb1/', import.meta.url));
const folder = fileURLToPath(new URL('../.rollcall/start/', import.meta.url));
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
// Named as seen from where the command was typed, so that the next command can be typed there, too.
const cwd = process.env['INIT_CWD'] ?? process.cwd();
const seen = (file: string): string => relative(cwd, join(folder, file));

/** Runs one command as a person types it; ends everything where it ends in another way than it should. */
const rollcall = (title: string, statuses: readonly number[], ...args: readonly string[]): void => {
  console.log(`\n== ${title}\n`);
  // The tenant is no matter of a configuration, and whoever verifies evidence has none.
  const config = args[0] === 'tenant' || args[1] === 'verify' ? [] : ['--config', seen('rollcall.yaml')];
  const directory = args[0] === 'evidence' ? [] : ['--directory', seen('connection.json')];
  const all = [...args, ...config, ...directory];
  const { status } = spawnSync(process.execPath, [main, ...all], { cwd, stdio: 'inherit' });
  if (!statuses.includes(status ?? 1)) throw new Error(`rollcall ${args.join(' ')} ended with ${status}`);
};

/** A key that signs the evidence; its public half is for whoever verifies. */
const makeKey = (): void => {
  const args = ['evidence', 'keys', '--to', seen('evidence-key.pem'), '--config', seen('rollcall.yaml')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`no key for the evidence was made: ${stderr}`);
  writeFileSync(join(folder, 'key.pub.pem'), stdout);
};

/** A local tenant over the example's directory, for as long as this lasts. */
const startTenant = async () => {
  const data = join(folder, '.rollcall', 'tenant.db');
  const users = join(folder, 'directory.ndjson');
  const args = [main, 'tenant', 'start', '--port', '0', '--data', data, '--users', users, '--output', 'json'];
  const tenant = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: tenant.stdout }).once('line', resolve);
    tenant.once('exit', (status) => reject(new Error(`the local tenant ended with ${status}`)));
  });
  writeFileSync(join(folder, 'connection.json'), line);
  return () => {
    tenant.removeAllListeners('exit');
    tenant.kill('SIGTERM');
  };
};

type Row = Record<string, string>;
const rowsOf = (file: string): Row[] => parse(readFileSync(join(folder, file)), { columns: true, bom: true });

const OWNER = 'corpdb1.owner@contoso.com';
/** So many people are refused; of their accounts two stay, and one comes back under another address. */
const [REFUSED, STAY, RENAMED] = [8, 2, 1];

/** The people whom the reviewer refuses: the first who are found by their mail address. */
const refusedPeople = (): readonly string[] =>
  rowsOf('truth.csv')
    .filter(({ category }) => category === 'the e-mail is the user principal name')
    .slice(0, REFUSED)
    .map(({ user }) => user!);

const writeDecisions = (refused: readonly string[]): void => {
  const lines = refused.map((user) => [OWNER, user, 'Deny', 'Has changed to another team']);
  lines.push([OWNER, '*', 'Approve', 'Works with it']);
  writeFileSync(
    join(folder, 'decisions.csv'),
    stringify(lines, { header: true, columns: ['reviewer', 'user', 'decision', 'justification'] }),
  );
};

/** What the application's owner makes of the orders: most accounts go, some are forgotten, one only gets another address. */
const changeUsers = (refused: readonly string[]): void => {
  const renamed = refused.slice(STAY, STAY + RENAMED);
  const gone = refused.slice(STAY + RENAMED);
  const rows = rowsOf('users.csv')
    .filter(({ EMail }) => !gone.includes(EMail!.toLowerCase()))
    .map((row) => (renamed.includes(row['EMail']!.toLowerCase()) ? { ...row, EMail: `old.${row['EMail']}` } : row));
  writeFileSync(join(folder, 'users.csv'), stringify(rows, { header: true }));
};

rmSync(folder, { recursive: true, force: true });
cpSync(example, folder, { recursive: true });
mkdirSync(join(folder, '.rollcall'), { mode: 0o700 });
let stop = () => {};
try {
  stop = await startTenant();
  makeKey();
  appendFileSync(join(folder, 'rollcall.yaml'), '\nevidence: { key: { file: evidence-key.pem } }\n');
  rollcall('Who has access: from the users file to verified assignments', [2], 'run', '--yes');
  rollcall('A review of it, started by a plan', [0], 'review', 'start', '--yes');
  rollcall('It begins', [0], 'tenant', 'advance', 'PT1H');
  const refused = refusedPeople();
  writeDecisions(refused);
  rollcall('The reviewer decides', [0], 'tenant', 'decide', '--script', seen('decisions.csv'));
  rollcall('Two weeks pass', [0], 'tenant', 'advance', 'P15D');
  rollcall('What was refused is taken away in the directory', [0], 'review', 'apply', '--yes');
  rollcall('An hour passes', [0], 'tenant', 'advance', 'PT1H');
  rollcall('What was decided, and what must go from the application', [2], 'review', 'results');
  rollcall('The removals are ordered', [0, 2], 'removals', 'send');
  changeUsers(refused);
  rollcall('A new list of users: what is gone, and what is not', [2], 'reconcile');
  rollcall('What happened, as a folder for the auditor', [0], 'evidence', 'export', '--to', seen('evidence'));
  rollcall('The auditor verifies it', [0], 'evidence', 'verify', seen('evidence'), '--public-key', seen('key.pub.pem'));
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  stop();
}
