// The administrator's own decisions: which of them is about an account, and which user it names.

import { fold } from '../model/fold.ts';
import type { Override } from '../model/settings.ts';
import type { Answer } from './decide.ts';
import type { Find } from './lookups.ts';
import { compileRule, isObjectId, type Rule } from './rules.ts';

/**
 * Answers which override decides about an account, by its index; undefined where none does.
 *
 * Cells are compared trimmed and without regard to case; every column that the override names must agree. Where two
 * overrides fit, the earlier one counts. One that names no column decides nothing.
 */
export const compileOverrides = (
  overrides: readonly Override[],
): ((cell: (column: string) => string) => number | undefined) => {
  const groups = new Map<string, { columns: readonly string[]; byCells: Map<string, number> }>();
  for (const [index, { where }] of overrides.entries()) {
    const columns = Object.keys(where).sort();
    if (columns.length === 0) continue;
    const name = JSON.stringify(columns);
    const group = groups.get(name) ?? { columns, byCells: new Map() };
    groups.set(name, group);
    const key = keyOf(columns.map((column) => where[column]!));
    if (!group.byCells.has(key)) group.byCells.set(key, index);
  }
  return (cell) => {
    let first: number | undefined;
    for (const { columns, byCells } of groups.values()) {
      const index = byCells.get(keyOf(columns.map(cell)));
      if (index !== undefined && (first === undefined || index < first)) first = index;
    }
    return first;
  };
};

const keyOf = (cells: readonly string[]): string => JSON.stringify(cells.map((cell) => fold(cell.trim())));

/** The user that an override names is found as by a rule, which no configuration numbers: 0. */
const namingRule = (attribute: string): Rule =>
  compileRule({ column: 'user', attribute, operator: 'equals', transforms: [{ kind: 'trim' }] }, -1);
const BY_ID = namingRule('id');
const BY_NAME = namingRule('userPrincipalName');

/** Asks for the users that the given overrides name. Answers go by the override's index. */
export const askOverrides = async (
  overrides: readonly Override[],
  used: ReadonlySet<number>,
  find: Find,
): Promise<ReadonlyMap<number, Answer>> => {
  const answers = new Map<number, Answer>();
  const byId = new Map<number, string>();
  const byName = new Map<number, string>();
  for (const index of used) {
    const { decision } = overrides[index]!;
    if (decision.kind !== 'match') continue;
    const rule = isObjectId(decision.user.trim()) ? BY_ID : BY_NAME;
    const asked = rule.valueOf(() => decision.user);
    if (asked === undefined || asked.unasked !== undefined)
      answers.set(index, { unasked: asked?.unasked ?? 'no user is named' });
    else (rule === BY_ID ? byId : byName).set(index, asked.value);
  }
  const ask = async (rule: Rule, named: ReadonlyMap<number, string>): Promise<void> => {
    if (named.size === 0) return;
    const values = new Map([...named.values()].map((value) => [fold(value), value]));
    const found = await find(rule, [...values.values()]);
    for (const [index, value] of named) answers.set(index, found.get(fold(value))!);
  };
  await Promise.all([ask(BY_ID, byId), ask(BY_NAME, byName)]);
  return answers;
};
