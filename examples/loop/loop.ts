// The loop: from ten thousand accounts to removals that are confirmed, killed and disturbed on its way. Each part is done
// by commands as a person types them; what they say is held against what the directory and the desk hold themselves.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Workplace } from '../demo/commands.ts';
import { ServiceNowStandIn, STAND_IN } from '../stand-ins/service-now.ts';
import {
  CHANCE,
  DeskFaults,
  IN_ITS_END,
  IN_RECONCILING,
  IN_THE_MAIN_JOB,
  IN_THE_START_OF_THE_REVIEW,
} from './faults.ts';
import type { Figure } from './figures.ts';
import {
  type Account,
  makePopulation,
  type Population,
  SIZES,
  writeAccounts,
  writeConfiguration,
  writeDecisions,
  writeDirectory,
} from './population.ts';
import { type PlannedFault, TenantControl } from './tenant-control.ts';

/** The tenant keeps Graph's limits, shows writes up to a minute late, and lives half a minute in a second. */
const TENANT = ['--throttle', 'large', '--replication-delay', '60000', '--time-scale', '30', '--random-seed', '1'];

/** The main job is killed when the directory has counted so many writes; sending, when the desk hears of so many orders. */
const KILLED_AT = { writes: 4000, orders: 97 };

/** What was cut off for good is begun again, as an administrator would. */
const MOST_ATTEMPTS = 5;

export interface LoopOptions {
  /** An empty folder to work in. */
  readonly folder: string;
  /** Where commands are typed. */
  readonly cwd: string;
  readonly say: (line: string) => void;
  /** A file to which the tenant records what it is asked. */
  readonly record?: string;
}

/** Goes the whole loop once, and once more. Errors: throws where a command ends in another way than it should. */
export const goTheLoop = async (options: LoopOptions): Promise<readonly Figure[]> => {
  const loop = await Loop.open(options);
  try {
    await loop.mainJob();
    await loop.review();
    await loop.tickets();
    await loop.secondRoster();
    await loop.exportEvidence();
    await loop.onceMore();
  } finally {
    await loop.close();
  }
  await loop.verifyEvidence();
  return loop.figures;
};

/** Of what commands print, what is looked at. */
interface Listed {
  readonly id: string;
  readonly account: { readonly key: string };
  readonly order: { readonly reference: string } | null;
}
interface RunTotals {
  readonly rows: number;
  readonly matched: number;
  readonly notMatched: number;
  readonly refused: number;
  readonly notTried: number;
  readonly missing: number;
}
interface Results {
  readonly decisions: readonly { readonly decision: string; readonly applyResult: string }[];
}
interface Reconciled {
  readonly removals: Readonly<Record<'confirmed' | 'returned' | 'remaining' | 'untold', readonly Listed[]>>;
  readonly found: readonly unknown[];
  readonly unordered: readonly unknown[];
  readonly differences: { readonly gone: readonly unknown[] };
  readonly directory: { readonly unassigned: number; readonly withoutAccount: readonly unknown[] };
}

/** Waits for the moment at which a command is to be killed, for as long as it runs; and kills it. */
type Moment = (kill: () => void, isOver: () => boolean) => Promise<void> | void;

class Loop {
  readonly figures: Figure[] = [];
  readonly #options: LoopOptions;
  readonly #place: Workplace;
  readonly #population: Population;
  readonly #desk: ServiceNowStandIn;
  readonly #deskFaults: DeskFaults;
  readonly #tenant: TenantControl;
  readonly #stopTenant: () => Promise<void>;
  /** Called with the number of each order that the desk hears of. */
  #onOrder: (n: number) => void;
  #kills = 0;
  #planned = 0;
  #fired = 0;
  #byChance = 0;

  private constructor(options: LoopOptions, parts: Awaited<ReturnType<typeof prepare>>) {
    this.#options = options;
    this.#place = parts.place;
    this.#population = parts.population;
    this.#desk = parts.desk;
    this.#deskFaults = parts.deskFaults;
    this.#stopTenant = parts.stopTenant;
    this.#tenant = new TenantControl(options.folder);
    this.#onOrder = () => undefined;
    let orders = 0;
    this.#desk.options.onExchange = ({ method }, at) => {
      if (method !== 'POST' || at !== 'received') return;
      orders += 1;
      this.#onOrder(orders);
    };
  }

  static async open(options: LoopOptions): Promise<Loop> {
    return new Loop(options, await prepare(options));
  }

  async close(): Promise<void> {
    await this.#stopTenant();
    await this.#desk.stop();
  }

  /** Accounts become assignments. Killed among them, and run again. */
  async mainJob(): Promise<void> {
    this.#title('From accounts to verified assignments, killed among them and run again');
    await this.#disturbed(IN_THE_MAIN_JOB, async () => {
      let writes = 0;
      const moment: Moment = async (kill, isOver) => {
        for (; !isOver() && writes < KILLED_AT.writes; await sleep(20)) ({ writes } = await this.#tenant.stats());
        kill();
      };
      await this.#killed(moment, 'run', '--yes');
      this.#options.say(`    after ${writes} writes to the directory`);
      const hasCome = ({ refused, notTried, missing }: RunTotals) => refused + notTried + missing === 0;
      const totals = await this.#until<RunTotals>(hasCome, [2], 'run', '--yes');
      this.#figure('accounts', totals.rows, SIZES.accounts);
      this.#figure('accounts with a user', totals.matched, SIZES.accounts - SIZES.orphans);
      this.#figure('accounts that nobody stands behind', totals.notMatched, SIZES.orphans);
    });
    await this.#advance('PT1H');
    const assignments = await this.#tenant.assignments();
    this.#figure('assignments in the directory', assignments.length, SIZES.accounts - SIZES.orphans);
    this.#figure('  of them different', new Set(assignments).size, SIZES.accounts - SIZES.orphans);
    this.#figure('  roles', new Set(assignments.map((one) => one.split(' ')[1])).size, 3);
  }

  async review(): Promise<void> {
    this.#title('A review: started, decided, applied');
    await this.#disturbed(IN_THE_START_OF_THE_REVIEW, () => this.#run([0], 'review', 'start', '--yes'));
    await this.#advance('PT1H');
    // The reviewers are people, not the product: nothing disturbs them.
    await this.#run([0], 'tenant', 'decide', '--script', this.#place.seen('decisions.csv'));
    await this.#advance('P15D');
    await this.#disturbed(IN_ITS_END, async () => {
      await this.#run([0], 'review', 'apply', '--yes');
      await this.#advance('PT1H');
      const { decisions } = await this.#run<Results>([2], 'review', 'results');
      const denied = decisions.filter(({ decision }) => decision === 'Deny');
      const applied = denied.filter(({ applyResult }) => applyResult === 'AppliedSuccessfully');
      this.#figure('decisions', decisions.length, SIZES.accounts - SIZES.orphans);
      this.#figure('  of them denials', denied.length, SIZES.denied);
      this.#figure('  of them applied', applied.length, SIZES.denied);
    });
    const left = (await this.#tenant.assignments()).length;
    this.#figure('assignments that are left', left, SIZES.accounts - SIZES.orphans - SIZES.denied);
  }

  /** Removals become tickets. Killed among them, and run again. */
  async tickets(): Promise<void> {
    this.#title('Tickets for what must go, killed among them and run again');
    const moment: Moment = (kill) => {
      this.#onOrder = (n) => {
        if (n === KILLED_AT.orders) kill();
      };
    };
    await this.#killed(moment, 'removals', 'send');
    this.#options.say(`    when the desk had ${this.#desk.rows('incident').length} tickets`);
    await this.#run([0], 'removals', 'send');
    const removals = await this.#removals();
    const tickets = this.#desk.rows('incident');
    this.#figure('removals', removals.length, SIZES.denied);
    this.#figure('tickets', tickets.length, SIZES.denied);
    this.#figure(
      '  one a removal',
      tickets.map((row) => row['correlation_id']!).sort(),
      removals.map(({ id }) => id).sort(),
    );
  }

  /** Whoever has the tickets says of all that they are done. A new list tells of which it is true. */
  async secondRoster(): Promise<void> {
    this.#title('All tickets are resolved; a second list tells which accounts are really gone');
    this.#desk.set('incident', () => true, { state: '6', close_notes: 'The account was removed' });
    await this.#run([0], 'removals', 'send');
    const { accounts, denied, staying } = this.#population;
    const gone = new Set<Account>(denied.filter((one) => !staying.includes(one)));
    writeAccounts(
      this.#options.folder,
      accounts.filter((one) => !gone.has(one)),
    );
    const keys = staying.map(({ mail }) => mail).sort();
    await this.#disturbed(IN_RECONCILING, async () => {
      const { removals, found, unordered, differences, directory } = await this.#run<Reconciled>([2], 'reconcile');
      this.#figure('confirmed gone', removals.confirmed.length, SIZES.denied - SIZES.staying);
      this.#figure('accounts that the list lacks', differences.gone.length, SIZES.denied - SIZES.staying);
      this.#figure('named as there again', keysOf(removals.returned), keys);
      const others = [removals.remaining, removals.untold, found, unordered, directory.withoutAccount];
      this.#figure('anything else that is named', others.flat().length + directory.unassigned, 0);
    });
    await this.#run([0], 'removals', 'send');
    const removals = new Map((await this.#removals()).map(({ id, account }) => [id, account.key]));
    const tickets = this.#desk.rows('incident');
    const inState = (state: string) => tickets.filter((row) => row['state'] === state);
    const accountsOf = (rows: typeof tickets) => rows.map((row) => removals.get(row['correlation_id']!) ?? '').sort();
    this.#figure('tickets opened again', accountsOf(inState('2')), keys);
    this.#figure('tickets that stay resolved', inState('6').length, SIZES.denied - SIZES.staying);
    this.#figure('all tickets', tickets.length, SIZES.denied);
  }

  async exportEvidence(): Promise<void> {
    this.#title('What happened, as a folder for the auditor');
    await this.#run([0], 'evidence', 'export', '--to', this.#place.seen('evidence'));
  }

  /** Everything again: it is all so already. */
  async onceMore(): Promise<void> {
    this.#title('Everything again: nothing changes');
    const before = await this.#state();
    await this.#run([2], 'run', '--yes');
    await this.#run([0], 'review', 'apply', '--yes');
    await this.#run([0], 'review', 'results');
    await this.#run([0], 'removals', 'send');
    await this.#run([0], 'reconcile');
    await this.#run([0], 'removals', 'send');
    const after = await this.#state();
    this.#figure('writes to the directory, run again', after.writes - before.writes, 0);
    this.#figure('new tickets, run again', after.tickets.length - before.tickets.length, 0);
    this.#figure('the same tickets, assignments and removals', unlikeness(before, after), []);
    this.#figure('times killed', this.#kills, 2);
    this.#figure('planned faults that struck', this.#fired, this.#planned);
    this.#figure('planned faults of the desk that struck', this.#deskFaults.fired, this.#deskFaults.planned);
    this.#options.say(`  ${this.#byChance} more faults struck by chance`);
  }

  /** By the auditor, who has the folder and the public key, and nothing else: tenant and desk have ended. */
  async verifyEvidence(): Promise<void> {
    this.#title('The auditor verifies it, with nothing else at hand');
    const { folder } = this.#options;
    for (const file of ['evidence', 'key.pub.pem'])
      cpSync(join(folder, file), join(folder, 'auditor', file), { recursive: true });
    const at = (file: string) => this.#place.seen(join('auditor', file));
    const verified = await this.#run<{ isWhole: boolean; isSigned: boolean }>(
      [0],
      ...['evidence', 'verify', at('evidence'), '--public-key', at('key.pub.pem')],
    );
    this.#figure('the evidence', verified.isWhole && verified.isSigned ? 'holds' : 'does not hold', 'holds');
  }

  #title(text: string): void {
    this.#options.say(`\n== ${text}\n`);
  }

  #figure(what: string, found: Figure['found'], expected: Figure['expected']): void {
    this.figures.push({ what, found, expected });
  }

  async #removals(): Promise<readonly Listed[]> {
    return (await this.#run<{ removals: readonly Listed[] }>([0], 'removals', 'list')).removals;
  }

  /** What must be the same however often everything is run again. */
  async #state() {
    return {
      writes: (await this.#tenant.stats()).writes,
      tickets: this.#desk.rows('incident').map((row) => JSON.stringify(row)),
      notes: [...this.#desk.notes],
      assignments: [...(await this.#tenant.assignments())].sort(),
      removals: (await this.#run<{ counts: unknown }>([0], 'removals', 'list')).counts,
    };
  }

  #advance(duration: string): Promise<unknown> {
    return this.#run([0], 'tenant', 'advance', duration);
  }

  /** Does the work while the tenant lets the planned faults strike, and some by chance. */
  async #disturbed(faults: readonly PlannedFault[], work: () => Promise<unknown>): Promise<void> {
    await this.#tenant.plan(faults, CHANCE);
    await work();
    const { faults: planned, fired } = await this.#tenant.faults();
    await this.#tenant.plan([], { ...CHANCE, rate: 0 });
    for (const { fired: times, ...fault } of planned) {
      if (times === 0) this.#options.say(`  This fault has not struck: ${JSON.stringify(fault)}`);
      this.#planned += 1;
      this.#fired += times > 0 ? 1 : 0;
      this.#byChance -= times;
    }
    this.#byChance += fired;
  }

  /** Starts a command that is killed when its moment has come. Errors: throws where it ends well before. */
  async #killed(moment: Moment, ...args: readonly string[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const running = this.#place.start([...args, '--output', 'json']);
      let isOver = false;
      const ended = running.ended.finally(() => {
        isOver = true;
      });
      const kill = () => running.kill();
      const [{ status, signal, err }] = await Promise.all([ended, moment(kill, () => isOver)]);
      if (signal === 'SIGKILL') break;
      if (status !== 1 || attempt === MOST_ATTEMPTS)
        throw new Error(`${words(args)} ended with ${status} before it was killed.\n${err}`);
      this.#options.say(`  ${words(args)}  ended with 1 before it was killed`);
      this.#sayBegunAgain(err);
    }
    this.#kills += 1;
    this.#options.say(`  ${words(args)}  killed`);
  }

  #sayBegunAgain(err: string): void {
    this.#options.say(`    and is begun again: ${err.trim().split('\n').slice(-2).join(' ')}`);
  }

  #run<T>(statuses: readonly number[], ...args: readonly string[]): Promise<T> {
    return this.#until<T>(() => true, statuses, ...args);
  }

  /** Runs a command until it has come to its end. Errors: throws where it does not, or ends with another status. */
  async #until<T>(hasCome: (said: T) => boolean, statuses: readonly number[], ...args: readonly string[]): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const began = performance.now();
      const { status, out, err } = await this.#place.start([...args, '--output', 'json']).ended;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      this.#options.say(`  ${words(args)}  ended with ${status} after ${seconds} s`);
      const isRight = statuses.includes(status ?? 1);
      if (isRight) {
        const said: T = JSON.parse(out);
        if (hasCome(said)) return said;
      }
      if ((!isRight && status !== 1) || attempt === MOST_ATTEMPTS)
        throw new Error(`${words(args)} ended with ${status}, and should have ended with ${statuses}.\n${err}`);
      this.#sayBegunAgain(err);
    }
  }
}

const words = (args: readonly string[]): string => `rollcall ${args.join(' ')}`;

const keysOf = (removals: readonly Listed[]): string[] => removals.map(({ account }) => account.key).sort();

/** The names of what is not the same. */
const unlikeness = <T extends object>(before: T, after: T): string[] =>
  (Object.keys(before) as (keyof T & string)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );

/** The application, its directory in a tenant that runs, and a desk for tickets. */
const prepare = async ({ folder, cwd, record }: LoopOptions) => {
  const population = makePopulation();
  const deskFaults = new DeskFaults();
  const desk = await ServiceNowStandIn.start({ rowsAPage: 50, faults: (call) => deskFaults.strike(call) });
  try {
    writeAccounts(folder, population.accounts);
    writeDirectory(folder, population);
    writeDecisions(folder, population);
    writeConfiguration(folder, desk.origin, STAND_IN.user, STAND_IN.password);
    const place = new Workplace(folder, cwd);
    await place.makeKey();
    const users = ['--users', join(folder, 'directory.ndjson')];
    const recorded = record === undefined ? [] : ['--record', record];
    const stopTenant = await place.startTenant(...TENANT, ...users, ...recorded);
    return { place, population, desk, deskFaults, stopTenant };
  } catch (error) {
    await desk.stop();
    throw error;
  }
};
