// npm start: the whole round on a local tenant, in a fresh folder: from an application's users to verified assignments, a
// review of them, orders for what was refused, and a second list of users that shows what is really gone.
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { Workplace } from './demo/commands.ts';
import { ServiceNowStandIn, STAND_IN } from './stand-ins/service-now.ts';

const example = fileURLToPath(new URL('corpdb1/', import.meta.url));
const folder = fileURLToPath(new URL('../.rollcall/start/', import.meta.url));
// Named as seen from where the command was typed, so that the next command can be typed there, too.
const place = new Workplace(folder, process.env['INIT_CWD'] ?? process.cwd());
const seen = (file: string): string => place.seen(file);

const title = (text: string): void => console.log(`\n== ${text}\n`);

/** Runs one command as a person types it; ends everything where it ends in another way than it should. */
const rollcall = async (about: string, statuses: readonly number[], ...args: readonly string[]): Promise<void> => {
  title(about);
  const { status } = await place.start(args, true).ended;
  if (!statuses.includes(status ?? 1)) throw new Error(`rollcall ${args.join(' ')} ended with ${status}`);
};

type Row = Record<string, string>;
const rowsOf = (file: string): Row[] => parse(readFileSync(join(folder, file)), { columns: true, bom: true });

const write = (file: string, ...rows: readonly (readonly string[])[]): void =>
  writeFileSync(join(folder, file), stringify([...rows]));

const OWNER = 'corpdb1.owner@contoso.com';
/** So many people are refused; of their accounts two stay, and one comes back under another address. */
const [REFUSED, STAY, RENAMED] = [8, 2, 1];
/** So many accounts that nobody stands behind are refused. */
const UNKNOWN = 2;

/** The first accounts of a kind, by the column of truth.csv that tells them. */
const firstOf = (category: string, column: string, count: number): readonly string[] =>
  rowsOf('truth.csv')
    .filter((row) => row['category'] === category)
    .slice(0, count)
    .map((row) => row[column]!);

const writeDecisions = (refused: readonly string[]): void =>
  write(
    'decisions.csv',
    ['reviewer', 'user', 'decision', 'justification'],
    ...refused.map((user) => [OWNER, user, 'Deny', 'Has changed to another team']),
    [OWNER, '*', 'Approve', 'Works with it'],
  );

const writeUnknown = (logins: readonly string[]): void =>
  write(
    'unknown.csv',
    ['Login', 'decision', 'by', 'reason'],
    ...logins.map((login) => [login, 'Deny', OWNER, 'Nobody knows whose it is']),
  );

/** From now on removals are ordered as tickets. */
const orderBy = (desk: ServiceNowStandIn): void => {
  writeFileSync(join(folder, 'desk-password.txt'), STAND_IN.password, { mode: 0o600 });
  const signIn = `{ basic: { user: ${STAND_IN.user}, password: { file: desk-password.txt } } }`;
  const file = join(folder, 'rollcall.yaml');
  const byFile = '{ csv: { folder: orders } }';
  const byTicket = `{ serviceNow: { instance: "${desk.origin}", signIn: ${signIn} } }`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(byFile, byTicket));
};

/** What the application's owner makes of the orders: most accounts go, some are forgotten, one only gets another address. */
const changeUsers = (refused: readonly string[], unknown: readonly string[]): void => {
  const renamed = refused.slice(STAY, STAY + RENAMED);
  const gone = refused.slice(STAY + RENAMED);
  const rows = rowsOf('users.csv')
    .filter(({ EMail, Login }) => !gone.includes(EMail!.toLowerCase()) && !unknown.includes(Login!))
    .map((row) => (renamed.includes(row['EMail']!.toLowerCase()) ? { ...row, EMail: `old.${row['EMail']}` } : row));
  writeFileSync(join(folder, 'users.csv'), stringify(rows, { header: true }));
};

const STATES: Readonly<Record<string, string>> = { '1': 'New', '2': 'In Progress', '6': 'Resolved' };

const showTickets = (desk: ServiceNowStandIn): void => {
  title('The tickets, as the desk has them');
  for (const { number, state, short_description: about } of desk.rows('incident'))
    console.log(`  ${number}  ${STATES[state!]!.padEnd(11)}  ${about}`);
};

rmSync(folder, { recursive: true, force: true });
cpSync(example, folder, { recursive: true });
mkdirSync(join(folder, '.rollcall'), { mode: 0o700 });
const desk = await ServiceNowStandIn.start();
let stopTenant = async () => {};
try {
  const directory = ['--data', join(folder, '.rollcall', 'tenant.db'), '--users', join(folder, 'directory.ndjson')];
  stopTenant = await place.startTenant(...directory);
  await place.makeKey();
  appendFileSync(join(folder, 'rollcall.yaml'), '\nevidence: { key: { file: evidence-key.pem } }\n');
  await rollcall('Who has access: from the users file to verified assignments', [2], 'run', '--yes');

  const unknown = firstOf('cannot be created: the domain is not verified', 'Login', UNKNOWN);
  writeUnknown(unknown);
  await rollcall('Two accounts of nobody are refused at once', [2], 'removals', 'deny', seen('unknown.csv'));
  await rollcall('They are ordered from the owner, by a file', [0], 'removals', 'send');

  await rollcall('A review of the others, started by a plan', [0], 'review', 'start', '--yes');
  await rollcall('It begins', [0], 'tenant', 'advance', 'PT1H');
  const refused = firstOf('the e-mail is the user principal name', 'user', REFUSED);
  writeDecisions(refused);
  await rollcall('The reviewer decides', [0], 'tenant', 'decide', '--script', seen('decisions.csv'));
  await rollcall('Two weeks pass', [0], 'tenant', 'advance', 'P15D');
  await rollcall('What was refused is taken away in the directory', [0], 'review', 'apply', '--yes');
  await rollcall('An hour passes', [0], 'tenant', 'advance', 'PT1H');
  await rollcall('What was decided, and what must go from the application', [2], 'review', 'results');

  orderBy(desk);
  await rollcall('It is ordered by tickets in ServiceNow (a stand-in for it)', [0], 'removals', 'send');
  desk.set('incident', () => true, { state: '6', close_notes: 'Removed' });
  await rollcall('The desk resolves all of them', [0], 'removals', 'send');
  changeUsers(refused, unknown);
  await rollcall('A new list of users: what is gone, and what is not', [2], 'reconcile');
  await rollcall('The tickets of what is still there are opened again', [0], 'removals', 'send');
  showTickets(desk);

  await rollcall('What happened, as a folder for the auditor', [0], 'evidence', 'export', '--to', seen('evidence'));
  const publicKey = ['--public-key', seen('key.pub.pem')];
  await rollcall('The auditor verifies it', [0], 'evidence', 'verify', seen('evidence'), ...publicKey);
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await stopTenant();
  await desk.stop();
}
