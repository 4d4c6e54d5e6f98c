// The command line: every command with its options. A command's code is loaded when it runs, so that help is quick.
import { Command, Help, Option } from 'commander';
import { UsageError } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';
import { REMOVAL_STATES } from '../model/removal.ts';
import type { Io } from './io.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly config: string;
  readonly directory?: string;
  readonly output: 'text' | 'json' | 'csv';
  readonly query?: string;
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

type Run<Options> = (options: Options, io: Io) => Promise<number>;

/** An option that can also come from the environment: `--lag-limit` from `ROLLCALL_LAG_LIMIT`. */
const option = (flags: string, description: string): Option => {
  const made = new Option(flags, description);
  return made.env(`ROLLCALL_${made.name().replaceAll('-', '_').toUpperCase()}`);
};

const wholeNumber = (name: string, least: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} takes a whole number from ${least}, not "${text}".`, 'Give such a number.');
};

const names = (text: string): readonly string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

const decimal = (name: string, least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new UsageError(`--${name} takes a number from ${least} to ${most}, not "${text}".`, 'Give such a number.');
};

const GUARDS = [
  'create',
  'assign',
  'remove',
  'shrink',
  'grow',
  'older',
  'rows',
  'sum',
  'trailer',
  'reviewers',
  'recommendation',
  'deny',
  'seats',
];

/** `--allow create --allow grow`, `--allow create grow` and ROLLCALL_ALLOW=create,grow say the same. */
const guards = (text: string, before: readonly string[]): readonly string[] => {
  const named = text.split(/[\s,]+/).filter(Boolean);
  const unknown = named.find((guard) => !GUARDS.includes(guard));
  if (unknown !== undefined) {
    throw new UsageError(
      `--allow: there is no guard "${unknown}"${didYouMean(unknown, GUARDS)}`,
      `Name one of ${GUARDS.join(', ')}.`,
    );
  }
  return [...before, ...named];
};

const COMMON = 'Options of every command:';

const common = (command: Command): void => {
  for (const one of [
    option('-c, --config <file>', 'the configuration file').default('rollcall.yaml'),
    option('--directory <file>', 'connect as the JSON line in this file says, that "tenant start" printed'),
    option('-o, --output <format>', 'how results are printed').choices(['text', 'json', 'csv']).default('text'),
    option('--query <expression>', 'a JMESPath expression over the JSON output'),
    option('-y, --yes', 'answer every question with yes').default(false),
    option('-q, --quiet', 'print results and errors only').default(false),
    option('-v, --verbose', 'say more on standard error').default(false),
  ]) {
    command.addOption(one.helpGroup(COMMON));
  }
};

const allow = option('--allow <guard...>', `let this one pass a guard: ${GUARDS.join(', ')}`)
  .argParser(guards)
  .default([]);
const strategy = option('--strategy <name>', 'how users are looked up, in place of the cheaper').choices([
  'auto',
  'lookups',
  'directory',
]);
const from = option('--from <file>', 'read the roster that "collect --to" wrote, in place of the source');
const encryptTo = option('--encrypt-to <keys...>', 'with --to: encrypt it to these public keys of age, age1…');
const identity = option(
  '--identity <file>',
  'the private key, as age-keygen writes it, that the roster is encrypted to',
);
const whatIf = option('--what-if', 'print the plan and write nothing').default(false);
const dryRun = option('--dry-run', 'the same as --what-if').default(false);
const lagLimit = option('--lag-limit <seconds>', 'how long the directory may take to show what was written')
  .argParser(wholeNumber('lag-limit', 0))
  .default(600);

const EXIT_STATUS = `
Exit status: 0 done, nothing needs a person; 1 failed, and the last line says what to do;
2 done, but something needs a person; 64 the command line or the configuration is wrong.`;

const VARIABLES = `
Every option can come from the environment: --what-if from ROLLCALL_WHAT_IF=true.`;

/** Help without noise: what every command takes stands last, and variables follow from the options' names. */
const HELP: Partial<Help> = {
  optionDescription: ({ description, argChoices, defaultValue }) => {
    const isPlain = ['string', 'number'].includes(typeof defaultValue);
    const more = [argChoices?.join(', '), isPlain && `default: ${defaultValue}`].filter(Boolean).join('; ');
    return more ? `${description} (${more})` : description;
  },
  subcommandTerm: (command) =>
    [
      command.name(),
      ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
    ].join(' '),
  groupItems<T extends Command | Option>(all: T[], visible: T[], groupOf: (item: T) => string): Map<string, T[]> {
    const groups = new Help().groupItems(all, visible, groupOf);
    const last = groups.get(COMMON);
    if (last && groups.delete(COMMON)) groups.set(COMMON, last);
    return groups;
  },
};

/** Builds the whole command line. `done` is told the exit status of the command that ran. */
export const buildProgram = (io: Io, version: string, done: (status: number) => void): Command => {
  const program = new Command('rollcall');
  program
    .description('Governs the users of applications that Microsoft Entra ID cannot provision.')
    .version(version, '-V, --version')
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .configureHelp(HELP)
    .showSuggestionAfterError(true)
    .showHelpAfterError('Options stand behind the command. Type "rollcall --help" to see what there is.')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help on a command')
    .addHelpText(
      'after',
      `
Begin with:  rollcall init users.csv     then:  rollcall run --what-if
${EXIT_STATUS}`,
    );

  const add = <Options>(
    name: string,
    description: string,
    load: () => Promise<Run<Options>>,
    example: string,
    isCommon = true,
    parent = program,
  ): Command => {
    const command = parent.command(name).description(description).helpOption('-h, --help', 'show this help');
    const whole = parent === program ? name : `${parent.name()} ${name}`;
    command.showHelpAfterError(`Type "rollcall ${whole} --help" to see what it takes.`);
    if (isCommon) common(command);
    const variables = isCommon ? `${VARIABLES}\n` : '';
    command.addHelpText('after', `\nExample:\n  ${example.replaceAll('\n', '\n  ')}\n${variables}${EXIT_STATUS}`);
    return command.action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command;
      const names = self.registeredArguments.map((argument) => argument.name());
      const values = Object.fromEntries(names.map((argument, i) => [argument, given[i]]));
      const run = await load();
      done(await run({ ...self.opts<object>(), ...values } as Options, io));
    });
  };

  add(
    'init',
    'look at a users file or another source, propose rules, write rollcall.yaml',
    async () => (await import('./commands/init.ts')).init,
    'rollcall init users.csv --application CORPDB1',
  )
    .argument('[users]', "the application's users, as it exports them")
    .addOption(
      option('--source <file>', 'a file in YAML with what is to stand under "source", in place of a users file'),
    )
    .addOption(option('-a, --application <name>', 'display name of the enterprise application'))
    .addOption(option('--force', 'write over an existing configuration').default(false));

  add(
    'doctor',
    'check everything before it matters: source, sign-in, permissions, licences',
    async () => (await import('./commands/doctor.ts')).doctor,
    'rollcall doctor',
  );

  add(
    'collect',
    'source to roster: read every account of the application',
    async () => (await import('./commands/collect.ts')).collect,
    'rollcall collect\nrollcall collect --to corpdb1.roster\nrollcall collect --from corpdb1.roster',
  )
    .addOption(option('--to <file>', 'write the roster to this file, too, to be carried to another machine'))
    .addOption(encryptTo)
    .addOption(from)
    .addOption(identity)
    .addOption(option('--sample <rows>', 'show the first rows and save nothing').argParser(wholeNumber('sample', 1)))
    .addOption(allow);

  add(
    'match',
    'roster to outcomes: find the user behind each account',
    async () => (await import('./commands/match.ts')).match,
    'rollcall match\nrollcall match --output csv > outcomes.csv',
  ).addOption(strategy);

  add(
    'plan',
    'outcomes to plan: what would make the directory say what the roster says',
    async () => (await import('./commands/plan.ts')).plan,
    'rollcall plan --to plan.jsonl',
  )
    .addOption(option('--to <file>', 'write the plan to this file, too'))
    .addOption(option('--unassign', 'take away assignments whose account is gone, too').default(false));

  add(
    'apply',
    'carry a plan out, and verify it',
    async () => (await import('./commands/apply.ts')).apply,
    'rollcall apply --plan plan.jsonl',
  )
    .addOption(option('--plan <file>', 'the plan; without it, the newest one made here'))
    .addOption(whatIf)
    .addOption(dryRun)
    .addOption(allow)
    .addOption(lagLimit);

  add(
    'verify',
    'compare the directory with the roster, changing nothing',
    async () => (await import('./commands/verify.ts')).verify,
    'rollcall verify',
  );

  add(
    'run',
    'collect, match, plan, apply and verify in one go',
    async () => (await import('./commands/run.ts')).run,
    'rollcall run --what-if\nrollcall run --yes',
  )
    .addOption(whatIf)
    .addOption(dryRun)
    .addOption(strategy)
    .addOption(from)
    .addOption(identity)
    .addOption(allow)
    .addOption(lagLimit)
    .addOption(option('--report <file>', 'where the report goes (.html or .csv)'));

  add(
    'report',
    'what a person wants to read: every account, its outcome, and what to do about it',
    async () => (await import('./commands/report.ts')).report,
    'rollcall report\nrollcall report --to accounts.csv',
  ).addOption(option('--to <file...>', 'where it goes; .html and .csv tell the format').default([]));

  const review = program
    .command('review')
    .description('reviews of the access: started, followed, decided, applied')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false);
  type Reviews = typeof import('./commands/review.ts');
  const addReview = <Name extends keyof Reviews>(name: string, description: string, run: Name, example: string) =>
    add(
      name,
      description,
      async () => (await import('./commands/review.ts'))[run] as Run<never>,
      example,
      true,
      review,
    );
  addReview(
    'start',
    'start the review that the configuration describes',
    'reviewStart',
    'rollcall review start --what-if\nrollcall review start',
  )
    .addOption(whatIf)
    .addOption(dryRun)
    .addOption(allow)
    .addOption(lagLimit);
  const round = option(
    '--round <n>',
    'the round of a review that comes again, from 1; without it, the newest',
  ).argParser(wholeNumber('round', 1));
  addReview(
    'status',
    'how far it is, by reviewer and stage',
    'reviewStatusCommand',
    'rollcall review status\nrollcall review status --round 1',
  ).addOption(round);
  addReview('remind', 'remind reviewers who have not finished', 'reviewRemind', 'rollcall review remind')
    .addOption(whatIf)
    .addOption(dryRun);
  addReview(
    'decide',
    'record the decisions of the signed-in reviewer from a CSV file',
    'reviewDecide',
    'rollcall review decide decisions.csv --what-if\nrollcall review decide decisions.csv',
  )
    .argument('<decisions>', 'CSV: person, decision (approve, deny or dontKnow), justification')
    .addOption(whatIf)
    .addOption(dryRun);
  addReview('stop', 'end it before its time', 'reviewStop', 'rollcall review stop\nrollcall review stop --series')
    .addOption(
      option('--series', 'end a review that comes again for good, and not its running round alone').default(false),
    )
    .addOption(whatIf)
    .addOption(dryRun);
  addReview('apply', 'remove the access that was refused, once it has ended', 'reviewApply', 'rollcall review apply')
    .addOption(round)
    .addOption(whatIf)
    .addOption(dryRun)
    .addOption(allow);
  add(
    'companion',
    'write what reviewers can know of the people under review: a page and a CSV file',
    async () => (await import('./commands/review-companion.ts')).reviewCompanion,
    'rollcall review companion\nrollcall review companion --to for-reviewers',
    true,
    review,
  ).addOption(option('--to <folder>', 'where the files go'));
  addReview(
    'results',
    'every decision, who keeps the access and who lost it; what was refused becomes removals',
    'reviewResultsCommand',
    'rollcall review results\nrollcall review results --output csv > results.csv',
  ).addOption(round);

  add(
    'reconcile',
    'a new roster against removals, the roster before, and the directory',
    async () => (await import('./commands/reconcile.ts')).reconcile,
    'rollcall reconcile\nrollcall reconcile --from corpdb1.roster.jsonl\nrollcall reconcile --compare old.roster.jsonl --with new.roster.jsonl',
  )
    .addOption(from)
    .addOption(identity)
    .addOption(allow)
    .addOption(
      option(
        '--compare <roster>',
        'compare two rosters by themselves: the older, a roster file or the hash of one kept here',
      ),
    )
    .addOption(option('--with <roster>', 'the newer'));

  const removals = program
    .command('removals')
    .description('what must go from the application: listed, ordered, followed up until a roster lacks it')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false);
  type Removals = typeof import('./commands/removals.ts');
  const addRemovals = <Name extends keyof Removals>(name: string, description: string, run: Name, example: string) =>
    add(
      name,
      description,
      async () => (await import('./commands/removals.ts'))[run] as Run<never>,
      example,
      true,
      removals,
    );
  addRemovals(
    'list',
    'list removals, with their orders and what is overdue',
    'removalsList',
    'rollcall removals list',
  ).addOption(option('--state <name...>', `those in these states alone: ${REMOVAL_STATES.join(', ')}`).default([]));
  addRemovals(
    'deny',
    'take decisions that were made elsewhere, by a CSV file',
    'removalsDeny',
    'rollcall removals deny decisions.csv',
  ).argument('<decisions>', 'CSV: user or columns of the roster, then decision, role, by, reason');
  addRemovals(
    'send',
    'order what is open, ask what became of orders, remind of what is overdue',
    'removalsSend',
    'rollcall removals send --what-if\nrollcall removals send',
  )
    .addOption(whatIf)
    .addOption(dryRun);
  addRemovals(
    'confirm',
    'collect a new roster, and close what it lacks',
    'removalsConfirm',
    'rollcall removals confirm\nrollcall removals confirm --from corpdb1.roster.jsonl',
  )
    .addOption(from)
    .addOption(identity)
    .addOption(allow);
  addRemovals(
    'except',
    'let removals stay until a day, which a person answers for',
    'removalsExcept',
    'rollcall removals except 1a2b3c4d --by owner@contoso.com --reason "year end" --until 2027-01-31',
  )
    .argument('<removals...>', 'ids, or their beginnings, as "rollcall removals list" shows them')
    .addOption(option('--by <person>', 'who answers for it').makeOptionMandatory())
    .addOption(option('--reason <text>', 'why').makeOptionMandatory())
    .addOption(option('--until <day>', 'the last day of the exception: 2027-01-31').makeOptionMandatory());

  const evidence = program
    .command('evidence')
    .description('the record of what was read, decided and written: as a folder that proves itself')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false);
  type Evidence = typeof import('./commands/evidence.ts');
  const addEvidence = (name: string, description: string, run: keyof Evidence, example: string, isCommon = true) =>
    add(
      name,
      description,
      async () => (await import('./commands/evidence.ts'))[run] as Run<never>,
      example,
      isCommon,
      evidence,
    );
  addEvidence(
    'export',
    'write the evidence of a period as one folder, signed',
    'evidenceExport',
    'rollcall evidence export --to evidence-2026-q1 --from 2026-01-01 --until 2026-03-31',
  )
    .addOption(option('--to <folder>', 'the folder to write; a new one').makeOptionMandatory())
    .addOption(option('--from <day>', 'the first day of the period, or a time (UTC); without it, from the beginning'))
    .addOption(option('--until <day>', 'the last day of the period, or the time before which it ends (UTC)'));
  addEvidence(
    'verify',
    'verify such a folder; needs the public key, and nothing else',
    'evidenceVerify',
    'rollcall evidence verify evidence-2026-q1 --public-key rollcall.pub.pem',
    false,
  )
    .argument('<folder>', 'the folder that "evidence export" wrote')
    .addOption(option('--public-key <file>', 'the public key that "evidence keys" printed'))
    .addOption(option('--allow-unsigned', 'let a folder pass that was never signed').default(false))
    .addOption(option('--head <hash>', 'the hash of a record that stands on a report: the folder must hold it'))
    .addOption(option('-o, --output <format>', 'how results are printed').choices(['text', 'json']).default('text'))
    .addOption(option('--query <expression>', 'a JMESPath expression over the JSON output'));
  addEvidence(
    'keys',
    'print the public key of the key that signs; make a key, or let it be followed by a new one',
    'evidenceKeys',
    'rollcall evidence keys --to evidence-key.pem > rollcall.pub.pem\nrollcall evidence keys\nrollcall evidence keys --rotate --to evidence-key-2.pem > rollcall-2.pub.pem',
  )
    .addOption(option('--to <file>', 'make a new private key, in this file'))
    .addOption(option('--keychain <name>', 'make a new private key, in the keychain of the operating system'))
    .addOption(
      option('--rotate', 'let the configured key announce the new one, which signs from then on').default(false),
    );

  addTenant(program, io, done);

  add(
    'completion',
    'print a completion script for a shell',
    async () => (await import('./commands/completion.ts')).completion(program),
    'rollcall completion bash >> ~/.bashrc',
    false,
  ).argument('<shell>', 'bash, zsh, fish or powershell');
  return program;
};

const addTenant = (program: Command, io: Io, done: (status: number) => void): void => {
  const tenant = program
    .command('tenant')
    .description('the local tenant: a Graph-compatible directory on this machine')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false);
  type Tenant = typeof import('./commands/tenant.ts') & typeof import('./commands/tenant-decide.ts');
  const add = <Name extends 'tenantStart' | 'tenantSeed' | 'tenantAdvance' | 'tenantDecide' | 'tenantStats'>(
    name: string,
    description: string,
    run: Name,
  ): Command => {
    const command = tenant.command(name).description(description).helpOption('-h, --help', 'show this help');
    command.showHelpAfterError(`Type "rollcall tenant ${name} --help" to see what it takes.`);
    command.addHelpText('after', VARIABLES);
    return command.action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command;
      const names = self.registeredArguments.map((argument) => argument.name());
      const values = Object.fromEntries(names.map((argument, i) => [argument, given[i]]));
      const commands: Tenant = {
        ...(await import('./commands/tenant.ts')),
        ...(await import('./commands/tenant-decide.ts')),
      };
      done(await commands[run]({ ...self.opts<object>(), ...values } as never, io));
    });
  };
  const directory = option('--directory <file>', 'the JSON line that "tenant start" printed').makeOptionMandatory();
  const output = option('-o, --output <format>', 'how results are printed').choices(['text', 'json']).default('text');
  add('start', 'serve the tenant until interrupted; prints one JSON line when it is ready', 'tenantStart')
    .addOption(
      option('--port <n>', 'the port on the loopback interface; 0 takes a free one')
        .argParser(wholeNumber('port', 0))
        .default(8787),
    )
    .addOption(option('--data <file>', 'keep the directory in this file; without it, it is gone at the end'))
    .addOption(option('--users <file>', 'start with these users: NDJSON, or CSV with Graph property names as header'))
    .addOption(option('--generate <n>', 'start with this many invented users').argParser(wholeNumber('generate', 1)))
    .addOption(
      option('--random-seed <s>', 'makes invented users, and faults, the same each time').argParser(
        wholeNumber('random-seed', 0),
      ),
    )
    .addOption(
      option('--latency <ms>', 'answer this much later, whatever the time scale').argParser(wholeNumber('latency', 0)),
    )
    .addOption(
      option(
        '--replication-delay <ms>',
        "show writes up to this much later, by the tenant's clock; replicas disagree meanwhile",
      ).argParser(wholeNumber('replication-delay', 0)),
    )
    .addOption(
      option(
        '--audit-delay <ms>',
        "show events of the audit log this much later, by the tenant's clock; without it, twice the replication delay",
      ).argParser(wholeNumber('audit-delay', 0)),
    )
    .addOption(
      option('--throttle <size>', 'refuse what is beyond the limits of a tenant of this size')
        .choices(['none', 'small', 'medium', 'large'])
        .default('none'),
    )
    .addOption(
      option(
        '--time-scale <x>',
        "let the tenant's clock run this much faster: limits, delays and lifetimes pass sooner",
      )
        .argParser(decimal('time-scale', 1, 1_000_000))
        .default(1),
    )
    .addOption(
      option('--faults <rate>', 'let this share of all requests and batch items, 0 to 1, meet a fault').argParser(
        decimal('faults', 0, 1),
      ),
    )
    .addOption(option('--tls', 'serve over TLS; the line names the certificate authority to trust').default(false))
    .addOption(
      option(
        '--grant <permissions>',
        'permissions of Graph that the client holds, with commas between; without it, all that Rollcall needs',
      ).argParser(names),
    )
    .addOption(
      option(
        '--admin <user=role...>',
        'who administers, with roles and commas between: "admin@contoso.com=User Administrator"',
      ),
    )
    .addOption(option('--client-certificate <file...>', 'certificates (PEM) that the client may sign in with'))
    .addOption(option('--federated <file>', 'JSON with identities of other issuers that may sign in as the client'))
    .addOption(
      option('--managed-identity', 'serve tokens of a managed identity, as the machines of Azure do').default(false),
    )
    .addOption(
      option('--seats <n>', 'licences for so many people, 0 for none; without it, for everybody').argParser(
        wholeNumber('seats', 0),
      ),
    )
    .addOption(option('--record <file>', 'append each exchange as one JSON line; tokens are masked'))
    .addOption(output);
  add('seed', 'add users to a running tenant', 'tenantSeed')
    .argument('<users>', 'NDJSON with one Graph user a line, or CSV with Graph property names as header')
    .addOption(directory)
    .addOption(output);
  add('advance', "advance the tenant's clock", 'tenantAdvance')
    .argument('<duration>', 'an ISO 8601 duration, such as P14D')
    .addOption(directory)
    .addOption(output);
  add('decide', 'play the reviewers of a running tenant, each in person', 'tenantDecide')
    .addOption(
      option('--script <file>', 'CSV with the columns reviewer, user, decision, justification').makeOptionMandatory(),
    )
    .addOption(directory)
    .addOption(output);
  add('stats', 'what the tenant has been asked since its start', 'tenantStats').addOption(directory).addOption(output);
};
