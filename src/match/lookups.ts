// The first strategy: ask the directory for the values, packed as it allows, and give the users to them here.
import type { Directory, DirectoryUser } from '../model/directory.ts';
import { type DirectoryFailure, failureText } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { MatchedUser } from '../model/outcome.ts';
import { type Answer, byId } from './decide.ts';
import {
  beginsWith,
  foldedTexts,
  isFoundByLookup,
  lookupOf,
  matchedUser,
  type Rule,
  SHOWN_ATTRIBUTES,
} from './rules.ts';

/** What matching needs of a directory. It has no way to change one. */
export type UserDirectory = Pick<Directory, 'limits' | 'countUsers' | 'findUsers' | 'readUsers'>;

/** Answers what a rule finds for each of some values; the answers go by the folded value. */
export type Find = (rule: Rule, values: readonly string[]) => Promise<ReadonlyMap<string, Answer>>;

/**
 * Finds by lookups.
 *
 * Which user answers to which value is decided here, by comparing them, and never left to the directory. A packed lookup
 * that fails is asked again value by value, so that only the value at fault fails; where the directory refuses the rule
 * itself, all its values fail and no more of them are sent. `onAnswered` is told how many values have been answered in all.
 */
export const lookupFind = (
  directory: UserDirectory,
  signal: AbortSignal,
  onAnswered: (values: number) => void = () => {},
): Find => {
  const refusals = new Map<Rule, string>();
  let answered = 0;

  return async (rule, values) => {
    const answers = new Map<string, Answer>();
    const again: string[] = [];

    const ask = async (packs: readonly (readonly string[])[]): Promise<void> => {
      const lookups = function* () {
        for (const pack of packs) {
          if (refusals.has(rule)) return;
          yield lookupOf(rule, pack);
        }
      };
      for await (const answer of directory.findUsers(lookups(), attributesFor(rule), signal)) {
        const pack = packs[answer.index]!;
        if ('users' in answer) {
          for (const [value, users] of usersByValue(rule, pack, answer.users)) answers.set(value, { users });
        } else if (pack.length > 1 && mayBeOneValue(answer.failure)) {
          const refusal = refusals.has(rule) ? undefined : await ruleRefusal(directory, rule, signal);
          if (refusal !== undefined) refusals.set(rule, refusal);
          again.push(...pack);
          continue;
        } else {
          for (const value of pack) answers.set(fold(value), { failed: failureText(answer.failure) });
        }
        answered += pack.length;
        onAnswered(answered);
      }
    };

    await ask(inPacks(values, rule.compares ? directory.limits.valuesPerLookup : 1));
    if (again.length > 0) await ask(again.map((value) => [value]));
    const refusal = refusals.get(rule);
    for (const value of values) {
      if (answers.has(fold(value))) continue;
      answers.set(fold(value), { failed: refusal ?? 'the directory gave no answer' });
    }
    return answers;
  };
};

/**
 * Why the directory refuses a rule whatever its value, in words; undefined where it takes the rule. An attribute that
 * does not exist, or that the operator does not suit, is refused for a value that nobody has, too. An attribute that can
 * only be read is not asked about.
 */
export const ruleRefusal = async (
  directory: UserDirectory,
  rule: Rule,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (!rule.compares || !isFoundByLookup(rule)) return undefined;
  const lookups = [lookupOf(rule, [NOBODYS_VALUE])];
  for await (const answer of directory.findUsers(lookups, attributesFor(rule), signal))
    if ('failure' in answer && isRefusal(answer.failure)) return failureText(answer.failure);
  return undefined;
};

const NOBODYS_VALUE = '00000000-0000-0000-0000-000000000000';

/** What is asked of each user: what outcomes show, and what the rules compare. */
export const attributesFor = (...rules: readonly Rule[]): readonly string[] => [
  ...new Set([...SHOWN_ATTRIBUTES, ...rules.flatMap(({ compares }) => (compares ? [compares.attribute] : []))]),
];

const REFUSED_FOR_THE_MOMENT = new Set([408, 409, 423, 429]);

const isRefusal = ({ status }: DirectoryFailure): boolean =>
  (status >= 400 && status < 500 && !REFUSED_FOR_THE_MOMENT.has(status)) || status === 501;

// With no answer, no sign-in or no capacity no value is at fault, and asking for each alone only adds to the load.
const NO_VALUES_FAULT = new Set([0, 401, 403, 429]);

const mayBeOneValue = ({ status }: DirectoryFailure): boolean => !NO_VALUES_FAULT.has(status);

const usersByValue = (
  rule: Rule,
  values: readonly string[],
  users: readonly DirectoryUser[],
): ReadonlyMap<string, readonly MatchedUser[]> => {
  const found = new Map(values.map((value) => [fold(value), new Map<string, MatchedUser>()]));
  for (const user of users) {
    const matched = matchedUser(user);
    for (const value of valuesAnsweredBy(rule, user, found.keys())) found.get(value)?.set(user.id, matched);
  }
  return new Map([...found].map(([value, byIds]) => [value, [...byIds.values()].sort(byId)]));
};

const valuesAnsweredBy = (rule: Rule, user: DirectoryUser, folded: Iterable<string>): Iterable<string> => {
  if (!rule.compares) return folded;
  const texts = foldedTexts(user, rule.compares.attribute, rule.compares.operator);
  if (rule.compares.operator !== 'startsWith') return texts;
  return [...folded].filter((value) => texts.some((text) => beginsWith(text, value)));
};

const inPacks = (values: readonly string[], size: number): readonly (readonly string[])[] => {
  const packs: string[][] = [];
  for (let from = 0; from < values.length; from += size) packs.push(values.slice(from, from + size));
  return packs;
};
