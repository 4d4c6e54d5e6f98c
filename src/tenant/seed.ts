// Users put in from outside the rules: from a file, from the control plane, or invented.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import type { Database } from './database.ts';
import { GraphError } from './errors.ts';
import { USER_ATTRIBUTES } from './user-attributes.ts';
import { insertUser, type User } from './users.ts';

/** So many users are put in between two commits. */
const CHUNK = 5000;

/** Puts users in, as they are, and answers how many. One without an id is given one. */
export const seedUsers = async (
  db: Database,
  users: AsyncIterable<Readonly<Record<string, unknown>>>,
  now: () => number,
): Promise<number> => {
  const createdDateTime = `${new Date(now()).toISOString().slice(0, 19)}Z`;
  let count = 0;
  let chunk: User[] = [];
  const flush = () => {
    db.transaction(() => {
      for (const user of chunk) insertUser(db, user);
    });
    count += chunk.length;
    chunk = [];
  };
  for await (const given of users) {
    const { passwordProfile: _neverKept, ...user } = given;
    chunk.push({
      userType: 'Member',
      accountEnabled: true,
      createdDateTime,
      ...checked(user),
      id: String(given['id'] ?? crypto.randomUUID()),
    });
    if (chunk.length === CHUNK) flush();
  }
  flush();
  db.indexUsers();
  return count;
};

const checked = (user: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  if (typeof user['userPrincipalName'] !== 'string')
    throw wrong(`a user has no userPrincipalName: ${JSON.stringify(user).slice(0, 200)}`);
  for (const name of Object.keys(user)) {
    if (!USER_ATTRIBUTES[name])
      throw wrong(`${user['userPrincipalName']} has the property ${name}, which a user has not`);
  }
  return user;
};

const wrong = (message: string): GraphError => new GraphError(400, 'BadRequest', message);

/** A file of users: NDJSON with one Graph user a line, or CSV with Graph property names as its header. */
export const readUsersFile = (file: string): AsyncIterable<Readonly<Record<string, unknown>>> =>
  /\.csv$/i.test(file) ? csvUsers(file) : ndjsonUsers(createInterface({ input: createReadStream(file, 'utf8') }), file);

/** Lines of JSON, each a user. */
export async function* ndjsonUsers(
  lines: AsyncIterable<string>,
  file: string,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    try {
      yield JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      throw wrong(`${file}:${line} is not JSON: ${(error as Error).message}`);
    }
  }
}

async function* csvUsers(file: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const rows = createReadStream(file).pipe(parse({ columns: true, bom: true, skip_empty_lines: true }));
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    const user: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(row)) {
      if (value === '') continue;
      const type = USER_ATTRIBUTES[name]?.type;
      const extension = /^extensionAttribute\d+$/.test(name);
      if (extension)
        user['onPremisesExtensionAttributes'] = { ...(user['onPremisesExtensionAttributes'] as object), [name]: value };
      else if (type === 'boolean') user[name] = /^true$/i.test(value);
      else if (type === 'texts') user[name] = value.split(';').map((one) => one.trim());
      else user[name] = value;
    }
    yield user;
  }
}
