// The second strategy: read the whole directory once into an index, and find the values there.
import type { DatabaseSync } from 'node:sqlite';
import { RollcallError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { MatchedUser } from '../model/outcome.ts';
import { type Answer, byId } from './decide.ts';
import { attributesFor, type Find, lookupFind, ruleRefusal, type UserDirectory } from './lookups.ts';
import { beginsWith, foldedTexts, matchedUser, type Rule } from './rules.ts';
import { breather } from './scratch.ts';

/**
 * Fewer users than were counted are normal while the directory changes: its count is refreshed late. Up to a share of
 * them; in a small directory up to a few, but never most of it.
 */
const TOLERATED_SHARE = 0.01;
const TOLERATED_USERS = 20;
const TOLERATED_SHARE_OF_FEW = 0.1;

const mayLack = (counted: number): number =>
  Math.max(counted * TOLERATED_SHARE, Math.min(TOLERATED_USERS, counted * TOLERATED_SHARE_OF_FEW));

/**
 * Reads all users, with the attributes that the rules compare, and answers from them. An administrator's own filters
 * still go to the directory. A rule that the directory refuses fails here as it would fail by lookups.
 *
 * Errors: {@link RollcallError} when clearly fewer users came than the directory counts; whatever `readUsers` throws.
 */
export const readDirectory = async (
  directory: UserDirectory,
  rules: readonly Rule[],
  counted: number,
  db: DatabaseSync,
  signal: AbortSignal,
  onUsers: (read: number) => void,
): Promise<Find> => {
  const refusals = new Map<Rule, string>();
  await Promise.all(
    rules.map(async (rule) => {
      const refusal = await ruleRefusal(directory, rule, signal);
      if (refusal !== undefined) refusals.set(rule, refusal);
    }),
  );
  const index = userIndex(
    db,
    rules.filter((rule) => rule.compares && !refusals.has(rule)),
  );
  const read = index.rules.length === 0 ? counted : await fillIndex(index, directory, signal, onUsers);
  if (read < counted - mayLack(counted))
    throw new RollcallError(
      `The directory counts ${counted} users, but its list ended after ${read}.`,
      'Run the same command again; if this stays so, match with --strategy lookups.',
    );

  const breathe = breather(signal);
  const lookUp = lookupFind(directory, signal);
  return async (rule, values) => {
    if (!rule.compares) return lookUp(rule, values);
    const refusal = refusals.get(rule);
    const answers = new Map<string, Answer>();
    for (const value of values) {
      const folded = fold(value);
      answers.set(folded, refusal === undefined ? { users: index.find(rule, folded) } : { failed: refusal });
      await breathe();
    }
    return answers;
  };
};

const fillIndex = async (
  index: UserIndex,
  directory: UserDirectory,
  signal: AbortSignal,
  onUsers: (read: number) => void,
): Promise<number> => {
  let read = 0;
  for await (const page of directory.readUsers(attributesFor(...index.rules), signal)) {
    for (const user of page) index.add(user);
    read += page.length;
    onUsers(read);
  }
  return read;
};

interface UserIndex {
  readonly rules: readonly Rule[];
  add(user: Parameters<typeof matchedUser>[0]): void;
  find(rule: Rule, folded: string): readonly MatchedUser[];
}

interface StoredUser {
  readonly id: string;
  readonly upn: string;
  readonly name: string;
  readonly enabled: number | null;
}

const userIndex = (db: DatabaseSync, rules: readonly Rule[]): UserIndex => {
  db.exec(`
    create table users (k integer primary key, id text, upn text, name text, enabled integer);
    create table held (slot integer, text text, user integer, primary key (slot, text, user)) without rowid`);
  const insertUser = db.prepare('insert into users (id, upn, name, enabled) values (?, ?, ?, ?)');
  const insertText = db.prepare('insert into held values (?, ?, ?) on conflict do nothing');
  const columns = 'id, upn, name, enabled';
  const selectEqual = db.prepare(`select ${columns} from held join users on k = user where slot = ? and text = ?`);
  const selectFrom = db.prepare(
    `select ${columns}, text from held join users on k = user where slot = ? and text >= ? order by text`,
  );

  // Rules that look at the same texts share a slot of the index.
  const slotNames = [...new Set(rules.map(slotName))];
  const slots = slotNames.map((name) => rules.find((rule) => slotName(rule) === name)!.compares!);

  const startingWith = function* (slot: number, prefix: string): Generator<StoredUser> {
    // SQLite orders texts by their UTF-8 bytes, so those that begin alike lie together.
    for (const row of selectFrom.iterate(slot, prefix)) {
      const user = row as unknown as StoredUser & { text: string };
      if (!user.text.startsWith(prefix)) return;
      if (beginsWith(user.text, prefix)) yield user;
    }
  };

  return {
    rules,
    add: (user) => {
      const { id, userPrincipalName, displayName, accountEnabled } = matchedUser(user);
      const enabled = accountEnabled === null ? null : Number(accountEnabled);
      const { lastInsertRowid } = insertUser.run(id, userPrincipalName, displayName, enabled);
      for (const [slot, { attribute, operator }] of slots.entries())
        for (const text of foldedTexts(user, attribute, operator)) insertText.run(slot, text, lastInsertRowid);
    },
    find: (rule, folded) => {
      const slot = slotNames.indexOf(slotName(rule));
      const rows =
        rule.compares!.operator === 'startsWith'
          ? startingWith(slot, folded)
          : (selectEqual.all(slot, folded) as unknown as StoredUser[]);
      // A user can be listed twice while the directory changes under the reader.
      const users = new Map<string, MatchedUser>();
      for (const row of rows) users.set(row.id, restored(row));
      return [...users.values()].sort(byId);
    },
  };
};

const slotName = ({ compares }: Rule): string => JSON.stringify([compares!.attribute, compares!.operator === 'any']);

const restored = ({ id, upn, name, enabled }: StoredUser): MatchedUser => ({
  id,
  userPrincipalName: upn,
  displayName: name,
  accountEnabled: enabled === null ? null : enabled === 1,
});
