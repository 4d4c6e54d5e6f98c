// Users put in from outside the rules: from a file, from the control plane, or invented.
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { noteChange } from './changes.ts';
import type { Database } from './database.ts';
import { GraphError } from './errors.ts';
import { isExtensionName } from './extensions.ts';
import { USER_ATTRIBUTES } from './user-attributes.ts';
import { EXTENSIONS, insertUser, type User } from './users.ts';

/** So many users are put in between two commits. */
const CHUNK = 5000;
/** From so many users on, the planner is told about them. */
const MANY = 50_000;

type Properties = Readonly<Record<string, unknown>>;

/**
 * Fills a directory that is new; one that was filled before is left as it is, whatever is given.
 *
 * Errors: a GraphError that names the user or the line that cannot be taken. Then the directory is still new.
 */
export const fillOnce = async (
  db: Database,
  sources: readonly AsyncIterable<Properties>[],
  now: () => number,
): Promise<void> => {
  if (db.one("select 1 from facts where name = 'filled'")) return;
  // What a start that was interrupted has left.
  db.run('delete from users');
  db.run('delete from user_lists');
  let count = 0;
  for (const users of sources) count += await putIn(db, users, now);
  indexed(db);
  if (count >= MANY) db.analyse();
  db.run("insert into facts (name, value) values ('filled', 'yes')");
};

/** Puts users in, as they are, and answers how many. One without an id is given one. Errors: as {@link fillOnce}. */
export const seedUsers = async (db: Database, users: AsyncIterable<Properties>, now: () => number): Promise<number> => {
  const count = await putIn(db, users, now, ({ id }) => noteChange({ db, now }, 'user', id));
  if (count >= MANY) db.analyse();
  return count;
};

const putIn = async (
  db: Database,
  users: AsyncIterable<Properties>,
  now: () => number,
  note?: (user: User) => void,
): Promise<number> => {
  const createdDateTime = `${new Date(now()).toISOString().slice(0, 19)}Z`;
  let count = 0;
  let chunk: User[] = [];
  const flush = () => {
    db.transaction(() => {
      for (const user of chunk) {
        insert(db, user);
        note?.(user);
      }
    });
    count += chunk.length;
    chunk = [];
  };
  for await (const given of users) {
    const { passwordProfile: _neverKept, ...properties } = given;
    const user = checked(properties);
    chunk.push({
      userType: 'Member',
      accountEnabled: true,
      createdDateTime,
      displayName: user['userPrincipalName'],
      ...user,
      id: String(given['id'] ?? crypto.randomUUID()).toLowerCase(),
    });
    if (chunk.length === CHUNK) flush();
  }
  flush();
  return count;
};

const insert = (db: Database, user: User): void => {
  try {
    insertUser(db, user);
  } catch (error) {
    throw isTaken(error) ? taken(`${user['userPrincipalName']} (${user.id})`) : error;
  }
};

/** The indexes of a directory whose users are in; only now it shows that two have one name. */
const indexed = (db: Database): void => {
  try {
    db.indexUsers();
  } catch (error) {
    if (!isTaken(error)) throw error;
    const twice = db.one<{ name: string }>(
      'select f_userPrincipalName as name from users group by f_userPrincipalName having count(*) > 1 limit 1',
    );
    throw taken(twice?.name ?? 'one of the users');
  }
};

const isTaken = (error: unknown): boolean => error instanceof Error && /UNIQUE constraint failed/.test(error.message);

const taken = (name: string): GraphError =>
  wrong(`${name} is given twice: ids and user principal names are each one user's`);

const checked = (user: Properties): Properties => {
  if (typeof user['userPrincipalName'] !== 'string' || user['userPrincipalName'] === '')
    throw wrong(`a user has no userPrincipalName: ${JSON.stringify(user).slice(0, 200)}`);
  for (const name of Object.keys(user)) {
    if ((!USER_ATTRIBUTES[name] || name.includes('/')) && !isExtensionName(name))
      throw wrong(`${user['userPrincipalName']} has the property ${name}, which a user has not`);
  }
  return user;
};

const wrong = (message: string): GraphError => new GraphError(400, 'BadRequest', message);

/**
 * A file of users: NDJSON with one Graph user a line, or CSV with Graph property names as its header. It is opened only
 * when the first user is asked for.
 */
export async function* readUsersFile(file: string): AsyncGenerator<Properties> {
  yield* /\.csv$/i.test(file) ? csvUsers(file) : ndjsonUsers(createReadStream(file, 'utf8'), file);
}

/** Pieces of a text with one user a line. `name` is what errors call the text. */
export async function* ndjsonUsers(
  pieces: AsyncIterable<string> | Iterable<string>,
  name: string,
): AsyncGenerator<Properties> {
  let number = 0;
  for await (const text of linesOf(pieces)) {
    number += 1;
    const line = text.replace(/^\uFEFF/, '').trim();
    if (line !== '') yield userOf(line, `${name}:${number}`);
  }
}

async function* linesOf(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

const userOf = (line: string, place: string): Properties => {
  let user: unknown;
  try {
    user = JSON.parse(line);
  } catch (error) {
    throw wrong(`${place} is not JSON: ${(error as Error).message}`);
  }
  if (typeof user !== 'object' || user === null || Array.isArray(user)) throw wrong(`${place} is not a user object`);
  return user as Properties;
};

async function* csvUsers(file: string): AsyncGenerator<Properties> {
  const parser = parse({ columns: true, bom: true, skip_empty_lines: true });
  createReadStream(file)
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  for await (const row of parser as AsyncIterable<Record<string, string>>) {
    const user: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(row)) {
      if (value === '') continue;
      const type = USER_ATTRIBUTES[name]?.type;
      const extension = /^(?:onPremisesExtensionAttributes[/.])?(extensionAttribute\d+)$/.exec(name)?.[1];
      if (extension !== undefined)
        user[EXTENSIONS] = { ...(user[EXTENSIONS] as object | undefined), [extension]: value };
      else if (type === 'boolean') user[name] = /^true$/i.test(value);
      else if (type === 'texts') user[name] = value.split(';').map((one) => one.trim());
      else user[name] = value;
    }
    yield user;
  }
}
