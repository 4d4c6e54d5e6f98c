// Joins what the stages have saved about each account, in row order, without holding more than a chunk of it.
import type { Verification } from '../apply/verify.ts';
import { cellReader } from '../model/account.ts';
import { factReader, tellsKnown } from '../model/account-facts.ts';
import type { Action, PlanRecord } from '../model/plan.ts';
import type { AccountSettings, RoleSettings } from '../model/settings.ts';
import type { PlanFile } from '../plan/file.ts';
import type { PlanRow } from '../plan/plan.ts';
import { type RoleChoice, roleOf } from '../plan/roles.ts';
import { isRoleProblem } from '../report/advice.ts';
import type { ReportRow, RowChange, RowFacts } from '../report/row.ts';
import type { SavedResult } from '../store/store.ts';

export interface RowsInput {
  readonly columns: readonly string[];
  readonly roles: RoleSettings;
  readonly accounts: AccountSettings;
  /** Every account with its outcome, in row order. */
  readonly rows: AsyncIterable<PlanRow>;
  /** The plan of these accounts, if there is one, and what became of its actions. */
  readonly plan: PlanFile | undefined;
  resultsOfRows(planHash: string, first: number, last: number): Promise<readonly SavedResult[]>;
  readonly verified: Pick<Verification, 'missing'> | undefined;
}

const CHUNK = 1000;

/** Every account as the report tells it. */
export async function* reportRows(input: RowsInput): AsyncGenerator<ReportRow> {
  const { plan, columns, roles } = input;
  const read = cellReader(columns);
  const known = tellsKnown(input.accounts) ? factReader(input.accounts, columns) : undefined;
  const assignmentOf = assignmentTeller(input.verified);
  await using planned = plannedRows(plan);
  for await (const chunk of chunks(input.rows)) {
    const results = plan ? await resultsByAction(input, plan.footer.hash, chunk) : NO_RESULTS;
    for (const row of chunk) {
      const role = roleOf(roles, (column) => read(row.account, column));
      const facts = factsOf(row, role, await planned.of(row.account.n), results);
      yield { ...row, ...facts, ...assignmentOf(row, facts), ...(known && { known: known(row.account) }) };
    }
  }
}

const factsOf = (
  { outcome }: PlanRow,
  role: RoleChoice,
  records: readonly PlanRecord[],
  results: ReadonlyMap<number, SavedResult>,
): RowFacts => {
  const changes: RowChange[] = [];
  let newUser: string | undefined;
  let problem: RowFacts['problem'] = outcome.kind === 'matched' && 'code' in role ? role : undefined;
  for (const record of records) {
    if ('problem' in record) problem ??= record.problem;
    else if (record.action.kind === 'createUser' || record.action.kind === 'assign') {
      changes.push(changeOf(record.action, results));
      newUser = newUserOf(record.action) ?? newUser;
    }
  }
  return {
    changes,
    ...('name' in role && { role: role.name }),
    ...(newUser !== undefined && { newUser }),
    ...(problem && { problem: { code: problem.code, message: problem.message } }),
  };
};

type AccountAction = Extract<Action, { kind: 'createUser' | 'assign' }>;

const changeOf = ({ n, kind }: AccountAction, results: ReadonlyMap<number, SavedResult>): RowChange => {
  const { status, reason } = results.get(n) ?? { status: 'planned' as const, reason: undefined };
  return { kind, status, ...(reason !== undefined && { reason }) };
};

const newUserOf = (action: AccountAction): string | undefined => {
  if (action.kind === 'createUser') return String(action.properties['userPrincipalName']);
  return 'createdBy' in action.principal ? action.principalName : undefined;
};

const NO_RESULTS: ReadonlyMap<number, SavedResult> = new Map();

const resultsByAction = async (
  { resultsOfRows }: RowsInput,
  planHash: string,
  chunk: readonly PlanRow[],
): Promise<ReadonlyMap<number, SavedResult>> => {
  const results = await resultsOfRows(planHash, chunk[0]!.account.n, chunk.at(-1)!.account.n);
  return new Map(results.map((result) => [result.n, result]));
};

interface PlannedRows extends AsyncDisposable {
  /** The plan's records about a row. Rows are to be asked for in their order. */
  of(row: number): Promise<readonly PlanRecord[]>;
}

/**
 * Reads a plan beside the rows. It tells first the creations, then the assignments, each in row order: so the plan is
 * read twice at once, and never held.
 */
const plannedRows = (plan: PlanFile | undefined): PlannedRows => {
  const readers = plan ? [reader(plan, (record) => !isAssignment(record)), reader(plan, isAssignment)] : [];
  return {
    of: async (row) => {
      const found: PlanRecord[] = [];
      for (const { next, advance } of readers) {
        for (let record = await next(); record && rowOf(record)! <= row; record = await next()) {
          if (rowOf(record) === row) found.push(record);
          advance();
        }
      }
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { close } of readers) await close();
    },
  };
};

const rowOf = (record: PlanRecord): number | undefined =>
  'problem' in record ? record.problem.row : 'row' in record.action ? record.action.row : undefined;

/** Problems with roles are found where assignments are planned. */
const isAssignment = (record: PlanRecord): boolean =>
  'problem' in record ? isRoleProblem(record.problem.code) : record.action.kind === 'assign';

const reader = (plan: PlanFile, isWanted: (record: PlanRecord) => boolean) => {
  const records = (async function* () {
    for await (const record of plan.records()) if (rowOf(record) !== undefined && isWanted(record)) yield record;
  })();
  let coming: PlanRecord | undefined;
  let isRead = false;
  return {
    next: async (): Promise<PlanRecord | undefined> => {
      if (!isRead) {
        const { value, done } = await records.next();
        coming = done ? undefined : value;
        isRead = true;
      }
      return coming;
    },
    advance: () => {
      isRead = false;
    },
    close: async () => {
      await records.return(undefined);
    },
  };
};

/** Tells whether the directory had an account's assignment, as far as verification says. */
const assignmentTeller = (
  verified: RowsInput['verified'],
): ((row: PlanRow, facts: RowFacts) => Pick<RowFacts, 'assignment' | 'missingReason'>) => {
  if (!verified) return () => ({});
  const missing = new Map(verified.missing.map(({ row, reason }) => [row, reason]));
  const lacking = new Set(verified.missing.map(({ principalId }) => principalId));
  return ({ account, outcome }, { changes = [], role, problem }) => {
    if (missing.has(account.n)) {
      const reason = missing.get(account.n);
      return { assignment: 'missing', ...(reason && { missingReason: reason }) };
    }
    const isDone = ({ status }: RowChange) => status === 'done' || status === 'alreadySo';
    const isWanted =
      role !== undefined && problem === undefined && (outcome.kind === 'matched' || changes.some(isDone));
    // Verification names one row for each assignment; another row may rest on the same one.
    const isElsewhere = outcome.user !== undefined && lacking.has(outcome.user.id);
    return isWanted && !isElsewhere ? { assignment: 'present' } : {};
  };
};

async function* chunks(rows: AsyncIterable<PlanRow>): AsyncGenerator<readonly PlanRow[]> {
  let chunk: PlanRow[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
