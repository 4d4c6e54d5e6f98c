// Definitions, instances, stages and histories as they are kept, and as readers see them.
import { notFound } from '../errors.ts';
import type { Tenant } from '../request.ts';
import type { Checked, Settings } from './rules.ts';

export type RecordKind = 'definition' | 'instance' | 'stage' | 'history' | 'historyInstance';

/** What is shown of each kind. */
interface Bodies {
  readonly definition: Checked & {
    readonly id: string;
    readonly status: string;
    readonly createdDateTime: string;
    readonly lastModifiedDateTime: string;
    readonly createdBy: Identity;
  };
  readonly instance: Span & { readonly id: string; readonly scope: unknown } & Reviewed;
  readonly stage: Span & { readonly id: string } & Reviewed;
  readonly history: {
    readonly id: string;
    readonly displayName: string;
    readonly status: HistoryStatus;
    readonly reviewHistoryPeriodStartDateTime: string;
    readonly reviewHistoryPeriodEndDateTime: string;
    readonly decisions: readonly string[];
    readonly scopes: readonly unknown[];
    readonly createdDateTime: string;
    readonly createdBy: Identity;
    readonly scheduleSettings: null;
  };
  readonly historyInstance: {
    readonly id: string;
    readonly status: HistoryStatus;
    readonly reviewHistoryPeriodStartDateTime: string;
    readonly reviewHistoryPeriodEndDateTime: string;
    readonly runDateTime: string;
    readonly fulfilledDateTime: string | null;
    readonly expirationDateTime: string;
    readonly downloadUri: string | null;
  };
}

export type HistoryStatus = 'requested' | 'inprogress' | 'done' | 'error';

interface Span {
  readonly startDateTime: string;
  readonly endDateTime: string;
  readonly status: string;
}

interface Reviewed {
  readonly reviewers: readonly unknown[];
  readonly fallbackReviewers: readonly unknown[];
}

export interface Identity {
  readonly id: string;
  readonly displayName: string | null;
  readonly userPrincipalName: string | null;
}

/** Nobody has acted so far. */
export const NOBODY: Identity = {
  id: '00000000-0000-0000-0000-000000000000',
  displayName: null,
  userPrincipalName: null,
};

/** What is kept of each kind and not shown. */
interface Owns {
  readonly definition: { readonly isStopped: boolean };
  readonly instance: {
    readonly occurrence: number;
    /** As they were when it began: later changes are for the next. */
    readonly settings: Settings;
    readonly resource: Resource | null;
    /** The stage that is under way, from 1. */
    readonly stage: number;
    /** How it will be applied: by itself, by a call, or not at all so far. */
    readonly appliedBy: Identity | null;
  };
  readonly stage: {
    readonly number: number;
    /** Of a review without stages, which shows none. */
    readonly isOnly: boolean;
    readonly durationMs: number;
    readonly moving: readonly string[];
  } & Pick<Settings, 'recommendationsEnabled' | 'recommendationInsightSettings'>;
  readonly history: Record<string, never>;
  readonly historyInstance: Record<string, never>;
}

/** The application that an instance reviews. */
export interface Resource {
  readonly id: string;
  readonly displayName: string;
  readonly appId: string;
}

export interface Kept<K extends RecordKind> {
  readonly n: number;
  readonly id: string;
  readonly parent: string;
  readonly body: Bodies[K];
  readonly own: Owns[K];
}

interface Row {
  readonly n: number;
  readonly id: string;
  readonly kind: RecordKind;
  readonly parent: string;
  readonly body: string;
  readonly own: string;
  readonly due: number | null;
}

const kept = <K extends RecordKind>(row: Row, body = row.body): Kept<K> => ({
  n: row.n,
  id: row.id,
  parent: row.parent,
  body: JSON.parse(body),
  own: JSON.parse(row.own),
});

/** A record under its parent, as writes find it. */
export const primary = <K extends RecordKind>({ db }: Tenant, kind: K, id: string): Kept<K> | undefined => {
  const row = db.one<Row>('select * from review_objects where id = ? and kind = ?', id.toLowerCase(), kind);
  return row && kept(row);
};

/** The same as readers see it by now; Graph's 404 where they do not, or where it is another parent's. */
export const readRecord = <K extends RecordKind>(tenant: Tenant, kind: K, id: string, parent = ''): Kept<K> => {
  const { db, replication } = tenant;
  const row = db.one<Row>(
    'select * from review_objects where id = ? and kind = ? and parent = ?',
    id.toLowerCase(),
    kind,
    parent,
  );
  const body = row && replication.seen(row.id, row.body);
  if (row && body !== undefined) return kept(row, body);
  const ghost = row ? undefined : ghosts<K>(tenant, kind, parent).find((one) => one.id === id.toLowerCase());
  if (ghost) return ghost;
  throw notFound(id);
};

/** The same for a write: what the caller sees is there, and what is there is what counts. */
export const forWrite = <K extends RecordKind>(tenant: Tenant, kind: K, id: string, parent = ''): Kept<K> => {
  readRecord(tenant, kind, id, parent);
  const found = primary(tenant, kind, id);
  if (found) return found;
  throw notFound(id);
};

/** Records that are gone and still seen. */
const ghosts = <K extends RecordKind>({ replication }: Tenant, kind: K, parent: string): readonly Kept<K>[] =>
  replication
    .ghosts('review')
    .map((before): Row => JSON.parse(before))
    .filter((row) => row.kind === kind && row.parent === parent)
    .map((row) => kept<K>(row));

const STEP = 200;

/** The records under a parent behind a place, in the order in which they were made, as readers see them. */
export function* recordsOf<K extends RecordKind>(tenant: Tenant, kind: K, parent = '', place = 0): Generator<Kept<K>> {
  const { db, replication } = tenant;
  const gone = ghosts<K>(tenant, kind, parent)
    .filter(({ n }) => n > place)
    .sort((a, b) => a.n - b.n);
  const sql = 'select * from review_objects where kind = ? and parent = ? and n > ? order by n limit ?';
  for (let after = place; ; ) {
    const rows = db.all<Row>(sql, kind, parent, after, STEP);
    for (const row of rows) {
      after = row.n;
      while (gone[0] && gone[0].n < row.n) yield gone.shift()!;
      const body = replication.seen(row.id, row.body);
      if (body !== undefined) yield kept(row, body);
    }
    if (rows.length < STEP) break;
  }
  yield* gone;
}

/** All records under a parent as writes find them. Instances grow with the years, the others are few. */
export const primaries = <K extends RecordKind>({ db }: Tenant, kind: K, parent: string): readonly Kept<K>[] =>
  db
    .all<Row>('select * from review_objects where kind = ? and parent = ? order by n', kind, parent)
    .map((row) => kept(row));

/** The newest record under a parent. */
export const newest = <K extends RecordKind>({ db }: Tenant, kind: K, parent: string): Kept<K> | undefined => {
  const row = db.one<Row>(
    'select * from review_objects where kind = ? and parent = ? order by n desc limit 1',
    kind,
    parent,
  );
  return row && kept(row);
};

/** How many records a parent has. */
export const countRecords = ({ db }: Tenant, kind: RecordKind, parent: string): number =>
  db.one<{ count: number }>('select count(*) as count from review_objects where kind = ? and parent = ?', kind, parent)!
    .count;

export const addRecord = <K extends RecordKind>(
  tenant: Tenant,
  kind: K,
  { body, own, parent = '', due }: { body: Bodies[K]; own: Owns[K]; parent?: string; due?: number | undefined },
): void => {
  tenant.db.run(
    'insert into review_objects (id, kind, parent, body, own, due) values (?, ?, ?, ?, ?, ?)',
    body.id,
    kind,
    parent,
    JSON.stringify(body),
    JSON.stringify(own),
    due ?? null,
  );
  tenant.replication.wrote(body.id, undefined);
};

/** Changes a record. `due` is when the next thing happens to it by itself; null: nothing does. */
export const changeRecord = <K extends RecordKind>(
  { db, replication }: Tenant,
  _kind: K,
  id: string,
  { body, own, due }: { body?: Partial<Bodies[K]>; own?: Partial<Owns[K]>; due?: number | null },
): void => {
  const row = db.one<Row>('select * from review_objects where id = ?', id)!;
  db.run(
    'update review_objects set body = ?, own = ?, due = ? where n = ?',
    body ? JSON.stringify({ ...JSON.parse(row.body), ...body }) : row.body,
    own ? JSON.stringify({ ...JSON.parse(row.own), ...own }) : row.own,
    due === undefined ? row.due : due,
    row.n,
  );
  if (body) replication.wrote(id, row.body);
};

/** Takes a record away, without what is below it. */
export const removeRecord = ({ db, replication }: Tenant, id: string): void => {
  const row = db.one<Row>('select * from review_objects where id = ?', id)!;
  db.run('delete from review_objects where n = ?', row.n);
  replication.removed('review', id, JSON.stringify(row));
};

/** The record to which the next thing happens by itself, and when; undefined where nothing is due by then. */
export const nextDue = (
  { db }: Pick<Tenant, 'db'>,
  now: number,
): { readonly id: string; readonly kind: RecordKind; readonly due: number } | undefined =>
  db.one('select id, kind, due from review_objects where due <= ? order by due, n limit 1', now);
