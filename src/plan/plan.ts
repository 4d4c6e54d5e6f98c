// The difference between what the roster says and what the directory has, as actions. It reads, and writes nothing.
import { type Account, cellReader } from '../model/account.ts';
import type { AppRole } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { PairSet } from '../model/pairs.ts';
import type { AccessAction, Action, PlanProblem, PlanRecord, PrincipalRef } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import type { ActualApplication, ActualState } from './actual.ts';
import { creatableRows, newUsers } from './new-users.ts';
import { registrationActions } from './registration.ts';
import { findRole, newRole, roleOf } from './roles.ts';
import { fill } from './templates.ts';

/** An account with what matching said of it. */
export interface PlanRow {
  readonly account: Account;
  readonly outcome: Outcome;
}

/** What the roster calls for follows from this much. */
export interface WantedInput {
  readonly settings: Settings;
  readonly columns: readonly string[];
  /** In row order; asked for several times. */
  rows(): AsyncIterable<PlanRow>;
  readonly actual: ActualApplication;
}

export interface PlanInput extends WantedInput {
  readonly actual: ActualState;
  /** Of these user principal names, those that users have already, in lower case. */
  taken(userPrincipalNames: readonly string[]): Promise<ReadonlySet<string>>;
  /** Assignments to take away, since their account is gone. */
  readonly unassign?: readonly Omit<Extract<AccessAction, { kind: 'unassign' }>, 'n' | 'kind'>[];
  /** Told of each row whose user the plan creates: the account's first, and its further roles. */
  readonly onNewUserRow?: (row: number) => void;
}

/** An action before it has its place in the plan. */
export type ActionDraft = AccessAction extends infer A ? (A extends AccessAction ? Omit<A, 'n'> : never) : never;

/**
 * Plans in three passes over the rows: the roles that are needed, the users that are missing, the assignments. What is to
 * be taken away comes last.
 * The same input gives the same records in the same order, so that two plans can be compared line by line.
 */
export async function* planChanges(input: PlanInput): AsyncGenerator<PlanRecord> {
  let n = 0;
  const numbered = (draft: ActionDraft): PlanRecord => {
    n += 1;
    return { action: { n, ...draft } as Action };
  };

  const roles = await neededRoles(input, await creatableRows(input));
  for (const draft of registrationActions(input.settings, input.actual, roles.toAdd)) yield numbered(draft);

  /** Row → the action that makes its user. */
  const createdBy = new Map<number, number>();
  for await (const draft of newUsers(input)) {
    if ('problem' in draft) yield draft;
    else {
      yield numbered(draft);
      createdBy.set(draft.row, n);
    }
  }
  for await (const draft of newAssignments(input, roles.byName, createdBy)) {
    yield 'problem' in draft ? draft : numbered(draft);
  }
  for (const one of input.unassign ?? []) yield numbered({ kind: 'unassign', ...one });
}

/** Entries of an application's manifest. Source: https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions */
const MOST_ROLES = 1200;

const tooManyRoles = ({ application, roles }: Settings): RollcallError => {
  const column = 'column' in roles ? `the column "${roles.column}"` : 'the configuration';
  return new RollcallError(
    `With the roles that ${column} names, ${application.displayName} would have more than ${MOST_ROLES}, which the directory does not take.`,
    'Name the column that holds the role, or map its values to fewer roles.',
  );
};

const neededRoles = async (
  input: WantedInput,
  creatable: ReadonlySet<number>,
): Promise<{ byName: Map<string, AppRole>; toAdd: readonly AppRole[] }> => {
  const { settings, actual } = input;
  const existing = actual.servicePrincipal?.appRoles ?? actual.application?.appRoles ?? [];
  const declared = actual.application?.appRoles ?? [];
  const values = new Set(declared.map((role) => role.value?.toLowerCase() ?? ''));
  const byName = new Map<string, AppRole>();
  const toAdd: AppRole[] = [];
  const need = (name: string) => {
    const key = name.toLowerCase();
    if (byName.has(key)) return;
    const fresh = newRole(settings.application.uniqueName, settings.application.displayName, name, values);
    // A role that was added under this name keeps its id when somebody gives it another name.
    const renamed = declared.find(({ id }) => id.toLowerCase() === fresh.id);
    const found = findRole(declared, name) ?? findRole(existing, name) ?? renamed;
    if (found && !found.isEnabled) {
      throw new RollcallError(
        `The role "${name}" of ${settings.application.displayName} is disabled in the directory, so nobody can be assigned to it.`,
        'Enable the role in the app registration, or map the accounts to another role.',
      );
    }
    const role = found ?? fresh;
    byName.set(key, role);
    if (found) return;
    values.add(role.value!.toLowerCase());
    toAdd.push(role);
    if (declared.length + toAdd.length > MOST_ROLES) throw tooManyRoles(settings);
  };
  if (!('column' in settings.roles)) need(settings.roles.default);
  else {
    const read = cellReader(input.columns);
    for await (const row of input.rows()) {
      const { account, outcome } = row;
      const isHeld =
        outcome.kind === 'matched' || (outcome.kind === 'notMatched' && creatable.has(outcome.sameAs ?? account.n));
      if (!isHeld) continue;
      const choice = roleOf(settings.roles, (column) => read(account, column));
      if ('name' in choice) need(choice.name);
    }
  }
  return { byName, toAdd };
};

async function* newAssignments(
  input: PlanInput,
  roles: ReadonlyMap<string, AppRole>,
  createdBy: ReadonlyMap<number, number>,
): AsyncGenerator<(ActionDraft & { kind: 'assign' }) | { problem: PlanProblem }> {
  for await (const wanted of wantedAssignments(input, roles, createdBy)) {
    if ('problem' in wanted) yield wanted;
    else if (!('user' in wanted.principal && input.actual.isAssigned(wanted.principal.user, wanted.roleId)))
      yield wanted;
  }
}

/** Every assignment that the roster calls for, each once, whether the directory has it or not. */
async function* wantedAssignments(
  input: WantedInput,
  roles: ReadonlyMap<string, AppRole>,
  createdBy: ReadonlyMap<number, number>,
): AsyncGenerator<(ActionDraft & { kind: 'assign' }) | { problem: PlanProblem }> {
  const { settings } = input;
  const read = cellReader(input.columns);
  const promised = new PairSet();
  for await (const { account, outcome } of input.rows()) {
    const row = account.n;
    const cell = (column: string) => read(account, column);
    const principal = principalOf(outcome, row, createdBy);
    if (principal === undefined) continue;
    const choice = roleOf(settings.roles, cell);
    if (!('name' in choice)) {
      yield { problem: { row, ...choice } };
      continue;
    }
    const role = roles.get(choice.name.toLowerCase())!;
    const holder = 'user' in principal ? principal.user : `made by ${principal.createdBy}`;
    if (!promised.add(holder, role.id)) continue;
    const principalName = outcome.user?.userPrincipalName ?? createdName(settings, cell);
    yield { kind: 'assign' as const, row, principal, principalName, roleId: role.id, roleName: role.displayName };
  }
}

/** An assignment that should be there, of a user who is. */
export interface WantedAssignment {
  readonly row: number;
  readonly principalId: string;
  readonly principalName: string;
  readonly roleId: string;
  readonly roleName: string;
}

/**
 * What verification looks for: every assignment that the roster calls for. `createdUser` answers the id of the user
 * that was made for a row; the roles are those that the directory has by now.
 */
export async function* assignmentsToVerify(
  input: WantedInput,
  createdUser: (row: number) => string | undefined,
): AsyncGenerator<WantedAssignment> {
  const rows = async function* () {
    for await (const row of input.rows()) {
      const { outcome } = row;
      const made = outcome.kind === 'notMatched' ? createdUser(outcome.sameAs ?? outcome.n) : undefined;
      if (made === undefined) yield row;
      else {
        const user = { id: made, userPrincipalName: '', displayName: '', accountEnabled: false };
        yield { ...row, outcome: { ...outcome, kind: 'matched' as const, user } };
      }
    }
  };
  const { byName } = await neededRoles({ ...input, rows }, new Set());
  for await (const wanted of wantedAssignments({ ...input, rows }, byName, new Map())) {
    if ('problem' in wanted || !('user' in wanted.principal)) continue;
    const { row, principal, principalName, roleId, roleName } = wanted;
    yield { row, principalId: principal.user, principalName, roleId, roleName };
  }
}

const principalOf = (
  outcome: Outcome,
  row: number,
  createdBy: ReadonlyMap<number, number>,
): PrincipalRef | undefined => {
  if (outcome.kind === 'matched' && outcome.user) return { user: outcome.user.id };
  const action = outcome.kind === 'notMatched' ? createdBy.get(outcome.sameAs ?? row) : undefined;
  return action === undefined ? undefined : { createdBy: action };
};

const createdName = (settings: Settings, cell: (column: string) => string): string =>
  fill(settings.create?.attributes['userPrincipalName'] ?? '', cell);
