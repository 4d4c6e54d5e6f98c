// Users: kept, listed, written, deleted.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { audit } from './audit.ts';
import { noteChange } from './changes.ts';
import type { Database } from './database.ts';
import { badRequest, GraphError, notFound } from './errors.ts';
import { checkDeclared, declareExtension, isDeclared } from './extensions.ts';
import { namesIn } from './filter.ts';
import { matches } from './object-filter.ts';
import {
  checkAddress,
  checkOrder,
  DEFAULT_PAGE,
  type QueryOptions,
  queryOptions,
  refuseExpand,
  unknownOrder,
  unknownProperty,
} from './query-options.ts';
import { refuseBeyondQuota } from './quota.ts';
import type { View } from './replication.ts';
import {
  decodeToken,
  encodeToken,
  type GraphRequest,
  type GraphResponse,
  nextLink,
  objectBody,
  type Tenant,
} from './request.ts';
import { isFound } from './search.ts';
import { setAside } from './soft-delete.ts';
import {
  columnOf,
  DEFAULT_USER_PROPERTIES,
  extensionAttribute,
  fold,
  INDEXED_LISTS,
  INDEXED_TEXTS,
  identityKey,
  USER_ATTRIBUTES,
} from './user-attributes.ts';
import { type Condition, searchCondition, userCondition } from './user-query.ts';
import { checkNewUser, checkUserChange } from './user-rules.ts';
import { proxyAddressesWith, refuseTaken } from './user-uniqueness.ts';

/** A user as it is kept: Graph's property names, absent where there is no value. */
export type User = { readonly id: string } & Readonly<Record<string, unknown>>;

const COLUMNS = [
  'id',
  'body',
  'principal_name',
  'display_name',
  'account_enabled',
  'sync_enabled',
  'created',
  ...INDEXED_TEXTS.map(columnOf),
];
const INSERT = `insert into users (${COLUMNS.join(', ')}) values (${COLUMNS.map(() => '?').join(', ')})`;
const UPDATE = `update users set ${COLUMNS.slice(1)
  .map((column) => `${column} = ?`)
  .join(', ')} where n = ?`;

export const EXTENSIONS = 'onPremisesExtensionAttributes';

/** How each indexed text is read from a user: a property, or one of the extension attributes. */
const READERS: readonly ((user: User) => unknown)[] = INDEXED_TEXTS.map((path) => {
  const [first, second] = path.split('/') as [string, string?];
  if (second === undefined) return (user) => user[first];
  return (user) => (user[first] as Record<string, unknown> | null | undefined)?.[second];
});

const columnsOf = (user: User): SQLInputValue[] => {
  const flag = (value: unknown) => (typeof value === 'boolean' ? Number(value) : null);
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return [
    JSON.stringify(user),
    text(user['userPrincipalName']),
    text(user['displayName']),
    flag(user['accountEnabled']),
    flag(user['onPremisesSyncEnabled']),
    typeof user['createdDateTime'] === 'string' ? new Date(user['createdDateTime']).toISOString() : null,
    ...READERS.map((read) => {
      const value = read(user);
      return typeof value === 'string' ? fold(value) : null;
    }),
  ];
};

const insertLists = (db: Database, n: number, user: User): void => {
  const insert = (attribute: string, value: string): void => {
    db.run('insert into user_lists (attribute, value, user) values (?, ?, ?)', attribute, value, n);
  };
  for (const attribute of INDEXED_LISTS) {
    const values = user[attribute];
    if (Array.isArray(values)) for (const value of values) insert(attribute, fold(String(value)));
  }
  for (const { issuer, issuerAssignedId } of objectsOf(user['identities']))
    insert('identities', identityKey(issuer, issuerAssignedId));
  const signIn = (user['signInActivity'] as Record<string, unknown> | undefined)?.['lastSignInDateTime'];
  if (typeof signIn === 'string') insert('signInActivity/lastSignInDateTime', new Date(signIn).toISOString());
  for (const name of Object.keys(user)) if (name.includes('_')) insertExtension(db, name, user[name], insert);
};

const objectsOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value : []);

/** An extension's value, or the values of its members. */
const insertExtension = (
  db: Database,
  name: string,
  value: unknown,
  insert: (attribute: string, value: string) => void,
): void => {
  declareExtension(db, name);
  const isObject = typeof value === 'object' && value !== null;
  for (const [member, one] of isObject ? Object.entries(value) : [['', value] as const]) {
    const path = member === '' ? name : `${name}/${member}`;
    if (member !== '') declareExtension(db, path);
    if (one !== null && one !== undefined) insert(path, fold(String(one)));
  }
};

/** Puts a user in as it is; rules have been kept, or the user comes from a file of somebody's. */
export const insertUser = (db: Database, user: User): void => {
  const { rowid } = db.run(INSERT, user.id, ...columnsOf(user));
  insertLists(db, rowid, user);
};

interface UserRow {
  readonly n: number;
  readonly id: string;
  readonly body: string;
}

const byName = (db: Database, name: string): UserRow | undefined =>
  db.one<UserRow>('select n, id, body from users where f_userPrincipalName = ?', fold(name));

/** The row of a user named by id or user principal name, as the primary replica has it. */
const rowOf = (db: Database, key: string): UserRow => {
  const row = findRow(db, key);
  if (row) return row;
  throw notFound(key);
};

const findRow = (db: Database, key: string): UserRow | undefined =>
  db.one<UserRow>('select n, id, body from users where id = ?', key.toLowerCase()) ?? byName(db, key);

/** A user, named by id or user principal name, as the primary replica has it: who signs in is looked up there. */
export const userNamed = (db: Database, key: string): User | undefined => {
  const row = findRow(db, key);
  return row && JSON.parse(row.body);
};

/** A user, named by id or user principal name, that readers can see by now. */
export const visibleUser = ({ db, replication }: Tenant, key: string): User | undefined => {
  const row = findRow(db, key);
  if (!row)
    return ghosts(replication).find(({ id, userPrincipalName: name }) => [id, fold(String(name))].includes(fold(key)));
  const body = replication.seen(row.id, row.body);
  return body === undefined ? undefined : JSON.parse(body);
};

/** Pages with sign-ins are at most so large, whatever was asked for. */
const MAX_SIGN_IN_PAGE = 500;

/** Users that are gone and still seen. */
const ghosts = (replication: View): readonly User[] => replication.ghosts('user').map((body) => JSON.parse(body));

/** `GET /users`. */
export const listUsers = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const options = queryOptions(request.query, request.headers);
  checkAddress(request, options);
  const properties = selected(tenant.db, options, true);
  const condition = conditionOf(tenant.db, options, options.isAdvanced);
  const order = orderColumn(options);
  const size = pageSize(options);
  const start = options.skipToken === undefined ? undefined : startOf(options.skipToken);
  const reader = rowReader(tenant, properties, options);
  const rows = tenant.db.lists(
    pageSql(reader.fields, condition.sql, order, start !== undefined, condition !== EVERYBODY),
    ...condition.values,
    ...(start === undefined ? [] : order ? [start.key, start.key, start.n] : [start.n]),
    size + 1,
  );
  const hasMore = rows.length > size;
  if (hasMore) rows.pop();
  const last = rows.at(-1);
  const more = hasMore && last ? encodeToken({ n: last[0], key: last[1] }) : undefined;
  const value = [];
  for (const row of rows) {
    const user = reader.read(row);
    if (user !== undefined) value.push(user);
  }
  if (!hasMore)
    value.push(...ghostsFor(tenant, options, size - value.length).map((user) => shapedUser(user, properties)));
  const names = options.select ? `(${options.select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#users${names}`,
      ...(options.count && start === undefined && { '@odata.count': countSeen(tenant, condition, options) }),
      ...(more !== undefined && { '@odata.nextLink': nextLink(request, more) }),
      value,
    },
  };
};

const EVERYBODY: Condition = { sql: '1', values: [] };

/** The users that a filter and a search ask for. */
const conditionOf = (db: Database, { filter, search }: QueryOptions, isAdvanced: boolean): Condition => {
  const byFilter = filter && userCondition(filter, isAdvanced, (name) => isDeclared(db, name));
  const bySearch = search && searchCondition(search);
  if (!byFilter || !bySearch) return byFilter ?? bySearch ?? EVERYBODY;
  return { sql: `${byFilter.sql} and ${bySearch.sql}`, values: [...byFilter.values, ...bySearch.values] };
};

const pageSize = ({ top = DEFAULT_PAGE, select, filter }: QueryOptions): number => {
  const hasSignIns = select?.includes('signInActivity') || (filter && namesIn(filter).includes('signInActivity'));
  return hasSignIns ? Math.min(top, MAX_SIGN_IN_PAGE) : top;
};

/** What answers show of a row, and the fields to read for it. A row is its number, its key in the order, then the fields. */
interface RowReader {
  readonly fields: string;
  /** Undefined where readers do not see the user yet. */
  read(row: readonly SQLOutputValue[]): Record<string, unknown> | undefined;
}

const FIRST_FIELD = 2;

/** Most lookups ask for no more than what stands in columns; then no body has to be read and parsed. */
const IN_COLUMNS: ReadonlyMap<string, { readonly column: string; read(value: SQLOutputValue): unknown }> = new Map([
  ['id', { column: 'id', read: (value) => value }],
  ['userPrincipalName', { column: 'principal_name', read: (value) => value }],
  ['displayName', { column: 'display_name', read: (value) => value }],
  ['accountEnabled', { column: 'account_enabled', read: (value) => (value === null ? null : value === 1) }],
]);

const rowReader = ({ replication }: Tenant, properties: readonly string[], wanted: Wanted): RowReader => {
  const columns = properties.flatMap((name) => IN_COLUMNS.get(name) ?? []);
  if (replication.isIdle && columns.length === properties.length) {
    const read: RowReader['read'] = (row) => {
      const user: Record<string, unknown> = {};
      for (let i = 0; i < columns.length; i += 1) user[properties[i]!] = columns[i]!.read(row[FIRST_FIELD + i]!);
      return user;
    };
    return { fields: columns.map(({ column }) => column).join(', '), read };
  }
  const read: RowReader['read'] = (row) => {
    const [id, body] = row.slice(FIRST_FIELD) as [string, string];
    const seen = replication.seen(id, body);
    if (seen === undefined) return undefined;
    const user: User = JSON.parse(seen);
    // As it is, the user is what the filter asks for; as it is seen, perhaps not.
    return seen === body || isHit(wanted, user) ? shapedUser(user, properties) : undefined;
  };
  return { fields: 'id, body', read };
};

/** Rows in one order that pages can be cut from. With a filter, the filter's index is used and the few hits are sorted. */
const pageSql = (
  wanted: string,
  condition: string,
  order: ReturnType<typeof orderColumn>,
  isLater: boolean,
  isFiltered: boolean,
): string => {
  const fields = `select n, ${order ? order.column : '0'}, ${wanted} from users where ${condition}`;
  if (order) {
    const { column, direction } = order;
    const beyond = direction === 'desc' ? '<' : '>';
    // The first comparison lets the index be entered at the right place, the second takes out what was shown.
    const after = isLater ? ` and ${column} ${beyond}= ? and (${column} ${beyond} ? or n ${beyond} ?)` : '';
    return `${fields} and ${column} is not null${after} order by ${column} ${direction}, n ${direction} limit ?`;
  }
  return `${fields}${isLater ? ' and n > ?' : ''} order by ${isFiltered ? '+n' : 'n'} limit ?`;
};

/** Where a page of users begins: after this key and row. */
const startOf = (token: string): { readonly key: string | number; readonly n: number } => {
  const { key, n } = (decodeToken(token) ?? {}) as { key?: unknown; n?: unknown };
  if ((typeof key === 'string' || typeof key === 'number') && Number.isSafeInteger(n)) return { key, n: n as number };
  throw badRequest('The skip token is not valid.');
};

const SORTABLE = ['displayName', 'userPrincipalName'];

const orderColumn = (options: QueryOptions) => {
  const { orderBy } = options;
  if (!orderBy) return undefined;
  if (!USER_ATTRIBUTES[orderBy.property]) throw unknownOrder(orderBy.property, 'microsoft.graph.user');
  checkOrder(options, SORTABLE, 'User');
  return { column: columnOf(orderBy.property), direction: orderBy.descending ? 'desc' : 'asc' } as const;
};

const countRows = (db: Database, { sql, values }: Condition): number =>
  db.one<{ count: number }>(`select count(*) as count from users where ${sql}`, ...values)!.count;

type Wanted = Pick<QueryOptions, 'filter' | 'search'>;

const isHit = ({ filter, search }: Wanted, user: User): boolean =>
  (!filter || matches(filter, user)) && (!search || isFound(search, user));

/** Users that are gone, still seen, and asked for; no more than there is room for. */
const ghostsFor = ({ replication }: Tenant, wanted: Wanted, room: number): readonly User[] =>
  ghosts(replication)
    .filter((user) => isHit(wanted, user))
    .slice(0, room);

/** What is there, with what is seen in place of what is. */
const countSeen = (tenant: Tenant, condition: Condition, wanted: Wanted): number => {
  const { db, replication } = tenant;
  let count = countRows(db, condition) + ghostsFor(tenant, wanted, Number.POSITIVE_INFINITY).length;
  for (const id of replication.pending()) {
    const body = db.one<UserRow>('select n, id, body from users where id = ?', id)?.body;
    if (body === undefined) continue;
    const seen = replication.seen(id, body);
    if (isHit(wanted, JSON.parse(body))) count -= 1;
    if (seen !== undefined && isHit(wanted, JSON.parse(seen))) count += 1;
  }
  return count;
};

/** `GET /users/$count`. */
export const countUsers = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const options = queryOptions(request.query, request.headers);
  if (!options.isEventual) throw badRequest('$count is not currently supported.');
  const condition = conditionOf(tenant.db, options, true);
  return { status: 200, body: String(countSeen(tenant, condition, options)), isText: true };
};

/** `GET /users/{id or userPrincipalName}`. */
export const getUser = (tenant: Tenant, request: GraphRequest, key: string): GraphResponse => {
  const options = queryOptions(request.query, request.headers);
  const seen = visibleUser(tenant, key);
  if (seen === undefined) throw notFound(key);
  const names = options.select ? `(${options.select.join(',')})` : '';
  const user = shapedUser(seen, selected(tenant.db, options, false));
  return { status: 200, body: { '@odata.context': `${request.root}/$metadata#users${names}/$entity`, ...user } };
};

/** `POST /users`. */
export const createUser = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const { db } = tenant;
  const body = objectBody(request);
  checkDeclared(db, body);
  checkNewUser(body, tenant);
  refuseTaken(db, body);
  const { passwordProfile: _neverKept, ...properties } = body;
  const user = addUser(tenant, request, 'Add user', { userType: 'Member', ...properties });
  return {
    status: 201,
    body: { '@odata.context': `${request.root}/$metadata#users/$entity`, ...shapedUser(user, DEFAULT_USER_PROPERTIES) },
  };
};

/** Makes a user of properties that have been checked, and its event. */
export const addUser = (
  tenant: Tenant,
  request: GraphRequest,
  activity: string,
  properties: Readonly<Record<string, unknown>>,
): User => {
  const { db, replication } = tenant;
  refuseBeyondQuota(tenant);
  const { mail } = properties;
  const user: User = {
    ...withoutNulls(properties),
    ...(typeof mail === 'string' && { proxyAddresses: proxyAddressesWith([], mail) }),
    id: crypto.randomUUID(),
    createdDateTime: `${new Date(tenant.now()).toISOString().slice(0, 19)}Z`,
  };
  db.transaction(() => {
    insertUser(db, user);
    noteChange(tenant, 'user', user.id);
    audit(tenant, request, {
      activity,
      category: 'UserManagement',
      operation: 'Add',
      targets: [userTarget(user)],
    });
  });
  replication.wrote(user.id, undefined);
  return user;
};

/** `PATCH /users/{id}`. */
export const updateUser = (tenant: Tenant, request: GraphRequest, key: string): GraphResponse => {
  const { db, replication } = tenant;
  const row = rowOf(db, key);
  const before: User = JSON.parse(row.body);
  const body = objectBody(request);
  checkDeclared(db, body);
  checkUserChange(body, tenant, before['onPremisesSyncEnabled'] === true);
  refuseTaken(db, body, row.n);
  const { passwordProfile: _neverKept, ...properties } = body;
  const { mail } = properties;
  const user = {
    ...withoutNulls({ ...before, ...withExtensions(before, properties) }),
    ...(typeof mail === 'string' && { proxyAddresses: proxyAddressesWith(before['proxyAddresses'], mail) }),
    id: before.id,
  } as User;
  const activity =
    before['accountEnabled'] === user['accountEnabled']
      ? 'Update user'
      : user['accountEnabled']
        ? 'Enable account'
        : 'Disable account';
  db.transaction(() => {
    db.run(UPDATE, ...columnsOf(user), row.n);
    db.run('delete from user_lists where user = ?', row.n);
    insertLists(db, row.n, user);
    noteChange(tenant, 'user', user.id, [
      ...Object.keys(properties),
      ...(mail === undefined ? [] : ['proxyAddresses']),
    ]);
    audit(tenant, request, { activity, category: 'UserManagement', operation: 'Update', targets: [userTarget(user)] });
  });
  replication.wrote(user.id, row.body);
  return { status: 204 };
};

/** An update of some extension attributes leaves the others as they were. */
const withExtensions = (before: User, properties: Readonly<Record<string, unknown>>) => {
  const given = properties[EXTENSIONS];
  if (typeof given !== 'object' || given === null) return properties;
  return { ...properties, [EXTENSIONS]: { ...(before[EXTENSIONS] as object | undefined), ...given } };
};

/** `DELETE /users/{id}`: soft, for 30 days, under a name that leaves the old one free. */
export const deleteUser = (tenant: Tenant, request: GraphRequest, key: string): GraphResponse => {
  const { db, replication } = tenant;
  const row = rowOf(db, key);
  const user: User = JSON.parse(row.body);
  const kept = {
    ...user,
    userPrincipalName: `${user.id.replaceAll('-', '')}${user['userPrincipalName']}`,
  };
  db.transaction(() => {
    db.run('delete from users where n = ?', row.n);
    replication.removed('user', row.id, row.body);
    db.run('delete from user_lists where user = ?', row.n);
    setAside(tenant, 'user', kept);
    audit(tenant, request, {
      activity: 'Delete user',
      category: 'UserManagement',
      operation: 'Delete',
      targets: [userTarget(user)],
    });
  });
  return { status: 204 };
};

export const userTarget = (user: User) => ({
  id: user.id,
  type: 'User',
  displayName: String(user['displayName'] ?? ''),
  userPrincipalName: String(user['userPrincipalName'] ?? ''),
});

/** The properties that an answer carries. */
const selected = (db: Database, { select, expand }: QueryOptions, isList: boolean): readonly string[] => {
  refuseExpand(expand);
  if (!select) return DEFAULT_USER_PROPERTIES;
  checkSelection(db, select, isList);
  // Whatever is selected, a password profile is never returned.
  return [...new Set(select)].filter((name) => name !== 'passwordProfile');
};

/** Refuses what users do not have, or lists of them do not show. */
export const checkSelection = (db: Database, select: readonly string[] = [], isList = true): void => {
  for (const name of select) {
    const known = name.includes('/') ? undefined : USER_ATTRIBUTES[name];
    if (!known && !isDeclared(db, name)) throw unknownProperty(name, 'microsoft.graph.user');
    if (isList && known?.isSingleOnly)
      throw new GraphError(501, 'NotImplemented', 'This operation target is not yet supported.');
  }
};

/** What these dates say where nothing is known: they cannot be null. */
const NEVER = '0001-01-01T00:00:00Z';
const DATES_WITHOUT_NULL: ReadonlySet<string> = new Set(['birthday', 'hireDate']);

/** A user with the properties that were asked for. */
export const shapedUser = (user: User, properties: readonly string[]): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const name of properties) result[name] = user[name] ?? emptyValue(name);
  return result;
};

const emptyValue = (name: string): unknown => {
  const type = (USER_ATTRIBUTES[name] ?? extensionAttribute(name))?.type;
  if (type === 'texts' || type === 'objects') return [];
  return DATES_WITHOUT_NULL.has(name) ? NEVER : null;
};

const withoutNulls = (body: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
