// From accounts to outcomes: sift the accounts, choose the way to the users, ask the rules, decide, and tell in order.
import type { Account, Roster } from '../model/account.ts';
import { fold } from '../model/fold.ts';
import type { Outcome } from '../model/outcome.ts';
import type { MatchSettings, Override } from '../model/settings.ts';
import { type Answer, type Decision, decide, decideOverride, type Finding } from './decide.ts';
import { readDirectory } from './directory-read.ts';
import { type Find, lookupFind, type UserDirectory } from './lookups.ts';
import { askOverrides } from './overrides.ts';
import { compileRule, type Rule } from './rules.ts';
import { breather, openScratch } from './scratch.ts';
import { type Row, type Rows, siftAccounts } from './sift.ts';
import { chooseStrategy, type StrategyChoice } from './strategy.ts';
import { type DecidedRow, outcomeTeller } from './tell.ts';

export interface MatchProgress {
  readonly done: number;
  /** At most; it can end earlier. */
  readonly of: number;
  /** In words: `reading accounts`, `looking up values`, `reading users`, `deciding`. */
  readonly phase: string;
}

export interface MatchInput {
  readonly roster: Roster;
  /** The roster's accounts. Read once. */
  readonly accounts: () => AsyncIterable<Account>;
  readonly settings: MatchSettings;
  readonly directory: UserDirectory;
  /** Where a temporary database may lie. It is removed at the end. */
  readonly scratchFolder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MatchProgress) => void;
  /** Told once, before the first user is asked for. */
  readonly onStrategy?: (choice: StrategyChoice) => void;
}

/**
 * Rows are asked for together, in blocks of this many. For lookups, 20 full requests of 300 values, so that few go out
 * half full; what is read already needs no company, and small blocks take less memory.
 */
const BLOCK = { lookups: 6000, directory: 1000 };

/**
 * Matches accounts with users: one outcome for each row, in row order.
 *
 * Overrides come before all rules; of the rules, the first that finds exactly one user wins. Both strategies give the
 * same outcomes, since what the directory answers is always compared again here. A value whose query fails ends in
 * `queryFailed`, and the rest goes on.
 *
 * Errors: {@link ConfigError} for a filter whose values could change the query; {@link DirectoryError} when the users
 * cannot be counted or read; the signal's reason when it is aborted.
 */
export async function* matchAccounts(input: MatchInput): AsyncGenerator<Outcome> {
  const { roster, settings, directory, onProgress } = input;
  const rules = settings.rules.map(compileRule);
  input.signal?.throwIfAborted();
  const stop = new AbortController();
  const signal = input.signal ? AbortSignal.any([input.signal, stop.signal]) : stop.signal;
  const report = (phase: string, of: number) => (done: number) => onProgress?.({ done, of, phase });
  const scratch = openScratch(input.scratchFolder);
  try {
    // The users are counted while the accounts are read; a failure to count is met where the number is needed.
    const counting = directory.countUsers(signal);
    counting.catch(() => {});
    const onRow = report('reading accounts', roster.rows);
    const rows = await siftAccounts(roster, input.accounts(), rules, settings, scratch.db, signal, onRow);
    const users = await counting;
    const choice = chooseStrategy(settings.strategy, rules, rows.values, users, directory.limits);
    input.onStrategy?.(choice);

    const overrideAnswers = await askOverrides(settings.overrides, rows.overridesUsed, lookupFind(directory, signal));
    const byLookups = choice.strategy === 'lookups';
    const find = byLookups
      ? lookupFind(directory, signal, report('looking up values', choice.values))
      : await readDirectory(directory, rules, users, scratch.db, signal, report('reading users', users));

    const decideBlock = (block: readonly Row[]) => decideRows(block, rules, find, settings.overrides, overrideAnswers);
    const outcomeOf = outcomeTeller(rows, scratch.db);
    const breathe = breather(signal);
    const onDecided = byLookups ? undefined : report('deciding', roster.rows);
    let told = 0;
    for await (const block of decidedBlocks(rows, BLOCK[choice.strategy], decideBlock, stop)) {
      for (const decided of block) {
        yield outcomeOf(decided);
        await breathe();
      }
      told += block.length;
      onDecided?.(told);
    }
  } catch (error) {
    // What an aborted request throws is the transport's affair; callers are promised the signal's reason.
    input.signal?.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
    scratch.close();
  }
}

/** Decides block after block; while one is being told, the next is already being asked for. */
async function* decidedBlocks(
  rows: Rows,
  size: number,
  decideBlock: (block: readonly Row[]) => Promise<readonly DecidedRow[]>,
  stop: AbortController,
): AsyncGenerator<readonly DecidedRow[]> {
  let coming = decideBlock(rows.after(0, size));
  try {
    for (let block = await coming; block.length > 0; block = await coming) {
      coming = decideBlock(rows.after(block.at(-1)!.row.n, size));
      // A failure is met when the block's turn comes.
      coming.catch(() => {});
      yield block;
    }
  } finally {
    stop.abort();
    await coming.catch(() => {});
  }
}

const decideRows = async (
  block: readonly Row[],
  rules: readonly Rule[],
  find: Find,
  overrides: readonly Override[],
  overrideAnswers: ReadonlyMap<number, Answer>,
): Promise<readonly DecidedRow[]> => {
  const byRules = await askRules(block, rules, find);
  const decisionOf = (row: Row): DecidedRow => {
    switch (row.kind) {
      case 'asks':
        return { row, decision: byRules.get(row.n)! };
      case 'overridden':
        return { row, decision: decideOverride(overrides[row.override]!, overrideAnswers.get(row.override)) };
      case 'notQueried':
        return { row, decision: { kind: 'notQueried', comparisons: [] } };
      case 'duplicate':
        return { row, decision: { kind: 'duplicate', comparisons: [], sameAs: row.sameAs } };
      case 'furtherRole':
        return { row, decision: undefined };
    }
  };
  return block.map(decisionOf);
};

/** Asks rule after rule, each for those rows alone that the earlier ones left open. */
const askRules = async (
  block: readonly Row[],
  rules: readonly Rule[],
  find: Find,
): Promise<ReadonlyMap<number, Decision>> => {
  const decisions = new Map<number, Decision>();
  let open = block.filter((row) => row.kind === 'asks').map((row) => ({ ...row, findings: [] as Finding[] }));
  for (const [index, rule] of rules.entries()) {
    const wanted = new Map<string, string>();
    for (const { values } of open) {
      const asked = values[index];
      if (asked && !asked.unasked && !wanted.has(fold(asked.value))) wanted.set(fold(asked.value), asked.value);
    }
    const answers = wanted.size === 0 ? NO_ANSWERS : await find(rule, [...wanted.values()]);
    const last = index === rules.length - 1;
    open = open.filter(({ n, values, findings }) => {
      const asked = values[index];
      if (asked) findings.push(findingOf(rule, asked.value, asked.unasked, answers));
      const decision = asked || last ? decide(findings, last) : undefined;
      if (decision) decisions.set(n, decision);
      return decision === undefined;
    });
  }
  return decisions;
};

const NO_ANSWERS: ReadonlyMap<string, Answer> = new Map();

const findingOf = (
  { number, test }: Rule,
  value: string,
  unasked: string | undefined,
  answers: ReadonlyMap<string, Answer>,
): Finding => ({
  rule: number,
  test,
  value,
  answer: unasked === undefined ? answers.get(fold(value))! : { unasked },
});
