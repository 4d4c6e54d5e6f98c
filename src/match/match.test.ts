import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Roster } from '../model/account.ts';
import type { DirectoryUser, LookupAnswer, UserLookup } from '../model/directory.ts';
import { DirectoryError, type DirectoryFailure } from '../model/errors.ts';
import { type Outcome, OutcomeCounter, type OutcomeKind } from '../model/outcome.ts';
import type { MatchRule, MatchSettings, Override, Strategy } from '../model/settings.ts';
import type { UserDirectory } from './lookups.ts';
import { type MatchInput, matchAccounts } from './match.ts';
import type { StrategyChoice } from './strategy.ts';

let scratchFolder: string;
beforeEach(() => {
  scratchFolder = mkdtempSync(join(tmpdir(), 'rollcall-match-'));
});
afterEach(() => rmSync(scratchFolder, { recursive: true, force: true }));

const refusal: DirectoryFailure = { status: 400, code: 'Request_BadRequest', message: 'Invalid filter clause' };

interface ArrayDirectory extends UserDirectory {
  readonly lookups: UserLookup[];
  /** The attributes asked for in each read of the whole directory. */
  readonly reads: (readonly string[])[];
}

const withoutAccents = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();

/**
 * A directory of plain arrays that takes more for equal than Rollcall does: it leaves out accents, too, unless it is told
 * what to compare by. `refuses` says which values, or filters, it fails on, and how.
 */
const arrayDirectory = (
  users: readonly DirectoryUser[],
  refuses: (lookup: UserLookup) => DirectoryFailure | undefined = () => undefined,
  compareBy: (text: string) => string = withoutAccents,
): ArrayDirectory => {
  const lookups: UserLookup[] = [];
  const reads: (readonly string[])[] = [];
  const loose = (text: unknown) => compareBy(String(text ?? ''));
  const answers = (lookup: UserLookup, user: DirectoryUser): boolean => {
    if ('filter' in lookup) return lookup.filter === `mail eq '${String(user['mail']).replaceAll("'", "''")}'`;
    const held = user[lookup.attribute];
    const values = lookup.values.map(loose);
    if (lookup.operator === 'any') return Array.isArray(held) && held.some((text) => values.includes(loose(text)));
    if (lookup.operator === 'startsWith') return values.some((value) => held != null && loose(held).startsWith(value));
    return held != null && values.includes(loose(held));
  };
  return {
    lookups,
    reads,
    limits: {
      valuesPerLookup: 15,
      lookupsPerRequest: 20,
      usersPerPage: 999,
      requestsAtOnce: 4,
      resourceUnitsPerSecond: 350,
    },
    countUsers: async () => users.length,
    async *findUsers(asked, _attributes, signal): AsyncGenerator<LookupAnswer> {
      let index = -1;
      for await (const lookup of asked) {
        signal?.throwIfAborted();
        lookups.push(lookup);
        index += 1;
        const failure = refuses(lookup);
        yield failure ? { index, failure } : { index, users: users.filter((user) => answers(lookup, user)) };
      }
    },
    async *readUsers(attributes) {
      reads.push(attributes);
      for (let from = 0; from < users.length; from += 7) yield users.slice(from, from + 7);
    },
  };
};

const person = (id: string, more: Record<string, unknown> = {}): DirectoryUser => ({
  id,
  userPrincipalName: `${id}@contoso.com`,
  displayName: id.toUpperCase(),
  accountEnabled: true,
  ...more,
});

const equals = (column: string, attribute: string): MatchRule => ({
  column,
  attribute,
  operator: 'equals',
  transforms: [{ kind: 'trim' }],
});
const byName = equals('EMail', 'userPrincipalName');

const rosterOf = (columns: readonly string[], cells: readonly (readonly string[])[]) => ({
  roster: {
    hash: 'sha256:0',
    application: 'CORPDB1',
    columns,
    rows: cells.length,
    source: 'test',
    collectedAt: '2026-01-01T00:00:00Z',
    notes: [],
  } satisfies Roster,
  accounts: async function* (): AsyncGenerator<Account> {
    for (const [index, row] of cells.entries()) yield { n: index + 1, cells: row };
  },
});

interface Story {
  readonly columns?: readonly string[];
  readonly cells: readonly (readonly string[])[];
  readonly rules?: readonly MatchRule[];
  readonly overrides?: readonly Override[];
  readonly roleColumn?: string;
  readonly strategy?: Strategy;
}

const inputOf = (story: Story, directory: UserDirectory): MatchInput => {
  const settings: MatchSettings = {
    rules: story.rules ?? [byName],
    overrides: story.overrides ?? [],
    strategy: story.strategy ?? 'lookups',
    roleColumn: story.roleColumn ?? null,
  };
  return { ...rosterOf(story.columns ?? ['EMail'], story.cells), settings, directory, scratchFolder };
};

const outcomesOf = (story: Story, directory: UserDirectory): Promise<Outcome[]> =>
  collected(matchAccounts(inputOf(story, directory)));

const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const kinds = (outcomes: readonly Outcome[]) => outcomes.map(({ kind }) => kind);

describe.each(['lookups', 'directory'] as const)('matching by %s', (strategy) => {
  const match = (story: Story, directory: UserDirectory) => outcomesOf({ ...story, strategy }, directory);

  test('gives each row one outcome, in row order', async () => {
    const users = [person('ann'), person('bob', { accountEnabled: false }), person('x1', { mail: 'two@contoso.com' })];
    const cells = [['ann@contoso.com'], [''], [' '], ['ANN@contoso.com'], ['nobody@contoso.com'], ['bob@contoso.com']];
    const outcomes = await match({ cells }, arrayDirectory(users));
    expect(outcomes.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(kinds(outcomes)).toEqual(['matched', 'notQueried', 'notQueried', 'duplicate', 'notMatched', 'matched']);
    expect(outcomes[0]).toEqual({
      n: 1,
      kind: 'matched',
      by: 1,
      user: { id: 'ann', userPrincipalName: 'ann@contoso.com', displayName: 'ANN', accountEnabled: true },
      comparisons: [{ rule: 1, test: 'userPrincipalName equals', value: 'ann@contoso.com', found: 1 }],
    });
    expect(outcomes[3]).toEqual({ n: 4, kind: 'duplicate', sameAs: 1, comparisons: [] });
    const counter = new OutcomeCounter();
    for (const outcome of outcomes) counter.add(outcome);
    expect(counter.counts()).toMatchObject({ rows: 6, matched: 2, notEnabled: 1, notQueried: 2 });
  });

  test('keeps many rows in order and each user to its row, over several packs', async () => {
    const users = Array.from({ length: 100 }, (_, index) => person(`u${index}`));
    const cells = users.map(({ userPrincipalName }) => [String(userPrincipalName).toUpperCase()]).reverse();
    const outcomes = await match({ cells }, arrayDirectory(users));
    expect(outcomes.map(({ user }) => user?.id)).toEqual(users.map(({ id }) => id).reverse());
  });

  test('does not take for equal what only the directory takes for equal', async () => {
    const users = [person('a', { mail: 'jose@x.com' }), person('b', { mail: 'josé@x.com' })];
    const outcomes = await match(
      { cells: [['JOSÉ@x.com'], ['josè@x.com']], rules: [equals('EMail', 'mail')] },
      arrayDirectory(users),
    );
    expect(outcomes.map(({ kind, user }) => [kind, user?.id])).toEqual([
      ['matched', 'b'],
      ['notMatched', undefined],
    ]);
  });

  test('asks a later rule only for what the earlier ones left open', async () => {
    const users = [
      person('ann', { employeeId: '1' }),
      person('bob', { employeeId: '2' }),
      person('cy', { employeeId: '3' }),
    ];
    const directory = arrayDirectory(users);
    const outcomes = await match(
      {
        columns: ['EMail', 'No'],
        cells: [
          ['ann@contoso.com', '2'],
          ['', '2'],
          ['gone@contoso.com', '3'],
        ],
        rules: [byName, equals('No', 'employeeId')],
      },
      directory,
    );
    expect(outcomes.map(({ by, user }) => [by, user?.id])).toEqual([
      [1, 'ann'],
      [2, 'bob'],
      [2, 'cy'],
    ]);
    expect(outcomes[2]!.comparisons.map(({ rule, found }) => [rule, found])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  test('of several users is ambiguous, with all of them', async () => {
    const users = ['c', 'a', 'b'].map((id) => person(id, { mail: 'team@x.com' }));
    const [outcome] = await match({ cells: [['Team@x.com']], rules: [equals('EMail', 'mail')] }, arrayDirectory(users));
    expect(outcome).toMatchObject({ kind: 'ambiguous', comparisons: [{ found: 3 }] });
    expect(outcome!.candidates!.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('says where two accounts meet in one user', async () => {
    const users = [person('ann', { proxyAddresses: ['SMTP:ann@contoso.com', 'smtp:annie@contoso.com'] })];
    const rule: MatchRule = {
      column: 'EMail',
      attribute: 'proxyAddresses',
      operator: 'any',
      transforms: [{ kind: 'prefix', text: 'smtp:' }],
    };
    const outcomes = await match(
      { cells: [['ann@contoso.com'], ['annie@contoso.com']], rules: [rule] },
      arrayDirectory(users),
    );
    expect(kinds(outcomes)).toEqual(['matched', 'matched']);
    expect(outcomes.map(({ sharesUserWith }) => sharesUserWith)).toEqual([undefined, 1]);
    const counter = new OutcomeCounter();
    for (const outcome of outcomes) counter.add(outcome);
    expect(counter.counts()).toMatchObject({ rows: 2, matched: 2, sharesUser: 1 });
  });

  test('by startsWith finds whoever begins like the value', async () => {
    const users = [
      person('ann', { displayName: 'Ann Li' }),
      person('ang', { displayName: 'ANG' }),
      person('no', { displayName: null }),
    ];
    const rule: MatchRule = { column: 'EMail', attribute: 'displayName', operator: 'startsWith', transforms: [] };
    const outcomes = await match({ cells: [['ann'], ['An'], ['b']], rules: [rule] }, arrayDirectory(users));
    expect(kinds(outcomes)).toEqual(['matched', 'ambiguous', 'notMatched']);
  });

  test('asks an own filter value by value', async () => {
    const users = [person('a', { mail: "o'neil@x.com" })];
    const rule: MatchRule = { filter: "mail eq '{EMail}'", columns: ['EMail'], transforms: [] };
    const directory = arrayDirectory(users);
    const outcomes = await match({ cells: [["o'neil@x.com"], ['b@x.com']], rules: [rule] }, directory);
    expect(kinds(outcomes)).toEqual(['matched', 'notMatched']);
    expect(directory.lookups).toEqual([{ filter: "mail eq 'o''neil@x.com'" }, { filter: "mail eq 'b@x.com'" }]);
    expect(directory.reads).toEqual([]);
  });

  test('never sends a value that no directory can hold', async () => {
    const directory = arrayDirectory([person('ann', { employeeId: '7' })]);
    const [outcome] = await match(
      { columns: ['EMail', 'No'], cells: [['a\nb', '7']], rules: [byName, equals('No', 'employeeId')] },
      directory,
    );
    expect(outcome).toMatchObject({
      kind: 'matched',
      by: 2,
      comparisons: [{ found: null, value: 'a\nb' }, { found: 1 }],
      reason: 'rule 1: the value contains a control character, so it was not asked for',
    });
    expect(JSON.stringify(directory.lookups)).not.toContain('\\n');
  });

  test('tells values apart that only a database takes for the same', async () => {
    const outcomes = await match({ cells: [['a\ud800'], ['a\ud801'], ['a\ufffd'], ['a\ud800']] }, arrayDirectory([]));
    expect(kinds(outcomes)).toEqual(['notMatched', 'notMatched', 'notMatched', 'duplicate']);
  });

  test('tells long values apart that begin alike', async () => {
    const long = (end: string) => [`${'x'.repeat(10_000)}${end}`];
    const outcomes = await match({ cells: [long('a'), long('b'), long('A')] }, arrayDirectory([]));
    expect(kinds(outcomes)).toEqual(['notMatched', 'notMatched', 'duplicate']);
    expect(outcomes[0]!.comparisons[0]!.value).toHaveLength(1024);
  });

  test('fails all values of a rule that the directory refuses, and no others', async () => {
    const directory = arrayDirectory([person('ann')], (lookup) =>
      'attribute' in lookup && lookup.attribute === 'nonsense' ? refusal : undefined,
    );
    const many = Array.from({ length: 40 }, (_, index) => [`x${index}`]);
    const outcomes = await match(
      { cells: [['ann@contoso.com'], ...many], rules: [byName, equals('EMail', 'nonsense')] },
      directory,
    );
    expect(outcomes[0]).toMatchObject({ kind: 'matched' });
    expect(new Set(kinds(outcomes.slice(1)))).toEqual(new Set(['queryFailed']));
    expect(outcomes[9]!.reason).toBe('rule 2: 400 Request_BadRequest: Invalid filter clause');
    expect(directory.lookups.length).toBeLessThan(10);
    expect(directory.reads.flat()).not.toContain('nonsense');
  });

  test('finds users by an attribute that the directory never finds anybody by', async () => {
    const attribute = 'onPremisesUserPrincipalName';
    const users = [person('ann', { [attribute]: 'ann@corp.local' })];
    const directory = arrayDirectory(users, (lookup) =>
      'attribute' in lookup && lookup.attribute === attribute ? refusal : undefined,
    );
    const outcomes = await match({ cells: [['Ann@corp.local']], rules: [equals('EMail', attribute)] }, directory);
    expect(outcomes[0]).toMatchObject({ kind: 'matched', user: { id: 'ann' } });
  });

  describe('with overrides', () => {
    const override = (where: string, decision: Override['decision']): Override => ({
      where: { EMail: where },
      decision,
      reason: 'decided',
      place: `overrides.csv:${where}`,
    });

    test('lets them decide before all rules', async () => {
      const overrides = [
        override('svc', { kind: 'ignore' }),
        override('old@contoso.com', { kind: 'match', user: 'ANN@contoso.com' }),
        override('gone', { kind: 'match', user: 'gone@contoso.com' }),
      ];
      const cells = [['svc'], ['SVC'], ['old@contoso.com'], ['gone'], ['ann@contoso.com'], ['Old@contoso.com']];
      const outcomes = await match({ cells, overrides }, arrayDirectory([person('ann')]));
      expect(kinds(outcomes)).toEqual(['ignored', 'ignored', 'matched', 'notMatched', 'matched', 'duplicate']);
      expect(outcomes[2]).toMatchObject({ by: 'override', user: { id: 'ann' }, comparisons: [], reason: 'decided' });
      expect(outcomes[3]!.reason).toBe('overrides.csv:gone names gone@contoso.com, whom the directory does not have');
      expect(outcomes[4]).toMatchObject({ by: 1, sharesUserWith: 3 });
    });

    test('finds the user named by id, too', async () => {
      const id = '9f0bbd0a-26f5-4e36-a6b0-8d2a4a6bd1c4';
      const overrides = [override('a', { kind: 'match', user: id.toUpperCase() })];
      const [outcome] = await match({ cells: [['a']], overrides }, arrayDirectory([person(id)]));
      expect(outcome).toMatchObject({ kind: 'matched', user: { id } });
    });

    test('leaves the value of an ignored row to others', async () => {
      const overrides = [{ ...override('', { kind: 'ignore' }), where: { Unit: 'test' } }];
      const outcomes = await match(
        {
          columns: ['EMail', 'Unit'],
          cells: [
            ['ann@contoso.com', 'test'],
            ['ann@contoso.com', 'HR'],
          ],
          overrides,
        },
        arrayDirectory([person('ann')]),
      );
      expect(kinds(outcomes)).toEqual(['ignored', 'matched']);
    });

    test('tells apart two accounts that share a value, one of them decided by an override', async () => {
      const bob = { kind: 'match', user: 'bob@contoso.com' } as const;
      const overrides = [{ ...override('', bob), where: { Login: 'bob' } }];
      const cells = [
        ['ann', 'team@contoso.com'],
        ['bob', 'team@contoso.com'],
        ['cem', 'TEAM@contoso.com'],
        ['bob', 'team@contoso.com'],
      ];
      const users = [person('ann', { userPrincipalName: 'team@contoso.com' }), person('bob')];
      const outcomes = await match({ columns: ['Login', 'EMail'], cells, overrides }, arrayDirectory(users));
      expect(outcomes.map(({ kind, user, sameAs }) => [kind, user?.id, sameAs])).toEqual([
        ['matched', 'ann', undefined],
        ['matched', 'bob', undefined],
        ['duplicate', undefined, 1],
        ['duplicate', undefined, 2],
      ]);
    });

    test('matches an account that has no value for any rule', async () => {
      const overrides = [override('', { kind: 'match', user: 'ann@contoso.com' })];
      const outcomes = await match({ cells: [['']], overrides }, arrayDirectory([person('ann')]));
      expect(kinds(outcomes)).toEqual(['matched']);
    });
  });

  describe('with a role column', () => {
    test('gives a further role the outcome of the first row, and the same role again is a duplicate', async () => {
      const cells = [
        ['ann@contoso.com', 'User'],
        ['Ann@contoso.com', 'Admin'],
        ['ann@contoso.com', ' USER'],
        ['gone@contoso.com', 'User'],
        ['gone@contoso.com', 'Admin'],
        ['ann@contoso.com', ''],
      ];
      const outcomes = await match(
        { columns: ['EMail', 'Role'], cells, roleColumn: 'Role' },
        arrayDirectory([person('ann')]),
      );
      expect(kinds(outcomes)).toEqual(['matched', 'matched', 'duplicate', 'notMatched', 'notMatched', 'matched']);
      expect(outcomes.map(({ sameAs }) => sameAs)).toEqual([undefined, 1, 1, undefined, 4, 1]);
      expect(outcomes[1]).toEqual({ ...outcomes[0], n: 2, sameAs: 1 });
    });
  });

  test('leaves nothing behind, read to the end or given up', async () => {
    const input = inputOf({ cells: [['a'], ['b']], strategy }, arrayDirectory([person('ann')]));
    for await (const _ of matchAccounts(input)) {
      expect(readdirSync(scratchFolder)).toHaveLength(1);
      break;
    }
    expect(readdirSync(scratchFolder)).toEqual([]);
    await collected(matchAccounts(input));
    expect(readdirSync(scratchFolder)).toEqual([]);
  });

  test('stops at a signal with its reason, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const cells = Array.from({ length: 5000 }, (_, index) => [`x${index}`]);
    const input = { ...inputOf({ cells, strategy }, arrayDirectory([person('ann')])), signal: stop.signal };
    const run = async () => {
      for await (const _ of matchAccounts(input)) stop.abort(new Error('Ctrl-C'));
    };
    await expect(run()).rejects.toThrow('Ctrl-C');
    expect(readdirSync(scratchFolder)).toEqual([]);
    await expect(run()).rejects.toThrow('Ctrl-C');
  });
});

describe('lookups', () => {
  test('that fail together are asked one by one, so that only the value at fault fails', async () => {
    const users = Array.from({ length: 20 }, (_, index) => person(`u${index}`));
    const cells = users.map(({ userPrincipalName }) => [String(userPrincipalName)]);
    const guilty = 'u7@contoso.com';
    const directory = arrayDirectory(users, (lookup) =>
      'values' in lookup && lookup.values.includes(guilty) ? refusal : undefined,
    );
    const outcomes = await outcomesOf({ cells }, directory);
    expect(kinds(outcomes)).toEqual(cells.map(([value]) => (value === guilty ? 'queryFailed' : 'matched')));
    expect(outcomes[7]).toMatchObject({
      comparisons: [{ found: null }],
      reason: 'rule 1: 400 Request_BadRequest: Invalid filter clause',
    });
  });

  test('that no answer came to are not asked one by one', async () => {
    const unanswered: DirectoryFailure = { status: 0, code: 'ECONNRESET', message: 'The connection was closed' };
    const directory = arrayDirectory([], () => unanswered);
    const outcomes = await outcomesOf({ cells: [['a'], ['b'], ['c']] }, directory);
    expect(kinds(outcomes)).toEqual(['queryFailed', 'queryFailed', 'queryFailed']);
    expect(directory.lookups).toHaveLength(1);
  });

  test('of one text by two columns share no answers between rules', async () => {
    const users = [person('a', { mail: 'x' }), person('b', { employeeId: 'x' })];
    const outcomes = await outcomesOf(
      { cells: [['x']], rules: [equals('EMail', 'employeeId'), equals('EMail', 'mail')] },
      arrayDirectory(users),
    );
    expect(outcomes[0]).toMatchObject({ by: 1, user: { id: 'b' } });
  });
});

describe('a roster of many blocks', () => {
  const users = Array.from({ length: 13_000 }, (_, index) => person(`u${index + 1}`));
  const names = new Map(users.map((user) => [String(user['userPrincipalName']), user]));
  /** Answers lookups by name at once, whatever their number. */
  const quickDirectory = (
    before: (lookup: number, signal?: AbortSignal) => Promise<void> = async () => {},
  ): UserDirectory => ({
    ...arrayDirectory(users),
    async *findUsers(lookups, _attributes, signal) {
      let index = 0;
      for await (const lookup of lookups) {
        await before(index, signal);
        const values = 'values' in lookup ? lookup.values : [];
        yield { index, users: values.flatMap((value) => names.get(value.toLowerCase()) ?? []) };
        index += 1;
      }
    },
  });
  const cells = users.map(({ userPrincipalName }) => [String(userPrincipalName), '', 'User']);

  test.each(['lookups', 'directory'] as const)('keeps its rows in order and together, by %s', async (strategy) => {
    const story = {
      columns: ['EMail', 'Alias', 'Role'],
      cells: [
        ...cells,
        ['U2@contoso.com', '', 'user'],
        ['u3@contoso.com', '', 'Admin'],
        ['', 'u12999@contoso.com', 'User'],
      ],
      rules: [byName, equals('Alias', 'userPrincipalName')],
      roleColumn: 'Role',
      strategy,
    };
    const outcomes = await outcomesOf(story, quickDirectory());
    expect(outcomes.every(({ n }, index) => n === index + 1)).toBe(true);
    expect(outcomes.slice(0, 13_000).every(({ user, n }) => user?.id === `u${n}`)).toBe(true);
    expect(outcomes.slice(13_000)).toMatchObject([
      { kind: 'duplicate', sameAs: 2 },
      { kind: 'matched', sameAs: 3, user: { id: 'u3' } },
      { kind: 'matched', by: 2, sharesUserWith: 12_999 },
    ]);
  });

  test('tells what it has until a later block fails', async () => {
    let lookups = 0;
    const directory = quickDirectory(async () => {
      lookups += 1;
      if (lookups > 500) throw new Error('the connection is gone');
    });
    let told = 0;
    const run = async () => {
      for await (const _ of matchAccounts(inputOf({ cells }, directory))) told += 1;
    };
    await expect(run()).rejects.toThrow('the connection is gone');
    expect(told).toBe(6000);
    expect(readdirSync(scratchFolder)).toEqual([]);
  });

  test('given up stops what is under way', async () => {
    let lookups = 0;
    let stopped = false;
    const directory = quickDirectory(async (_, signal) => {
      lookups += 1;
      if (lookups <= 400) return;
      await new Promise<void>((resolve) => signal!.addEventListener('abort', () => resolve()));
      stopped = true;
      signal!.throwIfAborted();
    });
    for await (const _ of matchAccounts(inputOf({ cells }, directory))) break;
    expect(stopped).toBe(true);
    expect(readdirSync(scratchFolder)).toEqual([]);
  });
});

describe('a read of the directory', () => {
  test('asks only for what outcomes show and rules compare', async () => {
    const directory = arrayDirectory([person('ann')]);
    await outcomesOf({ cells: [['a']], rules: [byName, equals('EMail', 'mail')], strategy: 'directory' }, directory);
    expect(directory.reads).toEqual([['id', 'userPrincipalName', 'displayName', 'accountEnabled', 'mail']]);
  });

  test('counts a user who is listed twice once', async () => {
    const users = [person('ann'), person('bob'), person('ann')];
    const outcomes = await outcomesOf({ cells: [['ann@contoso.com']], strategy: 'directory' }, arrayDirectory(users));
    expect(kinds(outcomes)).toEqual(['matched']);
  });

  test.each([
    [100, 50],
    [15, 0],
    [15, 10],
  ])('that ends early is not taken for the whole directory: of %i users, %i', async (counted, listed) => {
    const users = Array.from({ length: listed }, (_, index) => person(`u${index}`));
    const directory = { ...arrayDirectory(users), countUsers: async () => counted };
    await expect(outcomesOf({ cells: [['a']], strategy: 'directory' }, directory)).rejects.toThrow(
      `The directory counts ${counted} users, but its list ended after ${listed}.`,
    );
  });

  test('may lack the few users who left while it was read', async () => {
    const directory = { ...arrayDirectory([person('ann')]), countUsers: async () => 1 };
    const users = Array.from({ length: 95 }, (_, index) => person(`u${index}`));
    const large = { ...arrayDirectory(users), countUsers: async () => 100 };
    for (const one of [directory, large])
      expect(kinds(await outcomesOf({ cells: [['a']], strategy: 'directory' }, one))).toEqual(['notMatched']);
  });
});

test('a regular expression that would go on for years is stopped, and the row is named', async () => {
  const story: Story = {
    cells: [...Array.from({ length: 300 }, () => ['aaaa']), [`${'a'.repeat(60)}!`]],
    rules: [
      {
        column: 'EMail',
        attribute: 'mail',
        operator: 'equals',
        transforms: [{ kind: 'regex', pattern: '^(a+)+$', with: '$1' }],
      },
    ],
  };
  await expect(outcomesOf(story, arrayDirectory([]))).rejects.toThrow(/does not come to an end on row 301/);
  const ignored: Override = {
    where: { EMail: `${'a'.repeat(60)}!` },
    decision: { kind: 'ignore' },
    reason: '',
    place: '',
  };
  expect(kinds(await outcomesOf({ ...story, overrides: [ignored] }, arrayDirectory([])))).toHaveLength(301);
});

// How Graph compares is documented nowhere, so the outcomes must not depend on it.
test.each<[string, (text: string) => string]>([
  ['by small letters', (text) => text.toLowerCase()],
  ['by capitals', (text) => text.toUpperCase()],
  [
    'by capitals, letter for letter',
    (text) => text.replaceAll(/./gs, (c) => (c.toUpperCase().length === 1 ? c.toUpperCase() : c)),
  ],
  [
    'by small letters, letter for letter',
    (text) => text.replaceAll(/./gs, (c) => (c.toLowerCase().length === 1 ? c.toLowerCase() : c)),
  ],
  ['without accents', withoutAccents],
  ['without regard to width and composition', (text) => text.normalize('NFKC').toLowerCase()],
  ['without blanks at the end', (text) => text.trimEnd().toLowerCase()],
])('both strategies give the same outcomes with a directory that compares %s', async (_, compareBy) => {
  const letters = [...'aAkKsSiIßẞſıİσΣςéÉeｅ ', '\u212a', 'i\u0307', 'e\u0301', 'ﬁ', 'fi'];
  const text = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 2 });
  const matched = new Set<OutcomeKind>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 30, size: 'max' }),
      fc.array(text, { minLength: 1, maxLength: 40, size: 'max' }),
      fc.constantFrom('equals' as const, 'startsWith' as const),
      async (names, cells, operator) => {
        const users = names.map((displayName, index) => person(`u${index}`, { displayName }));
        const story: Story = {
          cells: cells.map((cell) => [cell]),
          rules: [{ column: 'EMail', attribute: 'displayName', operator, transforms: [] }],
        };
        const byLookups = await outcomesOf(
          story,
          arrayDirectory(users, () => undefined, compareBy),
        );
        const byReading = await outcomesOf({ ...story, strategy: 'directory' }, arrayDirectory(users));
        expect(byLookups).toEqual(byReading);
        for (const { kind } of byLookups) matched.add(kind);
      },
    ),
    { numRuns: 20 },
  );
  expect([...matched].sort()).toEqual(['ambiguous', 'duplicate', 'matched', 'notMatched']);
});

test('the strategy is told before the first user is asked for', async () => {
  const directory = arrayDirectory([person('ann')]);
  const told: StrategyChoice[] = [];
  const input = inputOf({ cells: [['ann@contoso.com']], strategy: 'auto' }, directory);
  const onStrategy = (choice: StrategyChoice) => {
    expect(directory.lookups).toEqual([]);
    told.push(choice);
  };
  await collected(matchAccounts({ ...input, onStrategy }));
  expect(told).toMatchObject([
    { strategy: 'lookups', users: 1, values: 1, lookups: { requests: 1, resourceUnits: 1 } },
  ]);
});

test('a directory that cannot count its users ends the matching with its error', async () => {
  const broken = {
    ...arrayDirectory([]),
    countUsers: async (): Promise<number> => {
      throw new DirectoryError({
        status: 403,
        code: 'Authorization_RequestDenied',
        message: 'Insufficient privileges',
      });
    },
  };
  await expect(outcomesOf({ cells: [['a']] }, broken)).rejects.toThrow('403 Authorization_RequestDenied');
  expect(readdirSync(scratchFolder)).toEqual([]);
});

test('what a killed run left behind is cleared away, other files are not', async () => {
  writeFileSync(join(scratchFolder, `matching-${crypto.randomUUID()}.db`), 'left');
  writeFileSync(join(scratchFolder, 'rollcall.db'), 'kept');
  await outcomesOf({ cells: [['a']] }, arrayDirectory([]));
  expect(readdirSync(scratchFolder)).toEqual(['rollcall.db']);
});

test('an empty roster has no outcomes', async () => {
  expect(await outcomesOf({ cells: [] }, arrayDirectory([]))).toEqual([]);
});
