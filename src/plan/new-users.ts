// The users that the plan creates: one for each account that nobody stands behind, however many roles it has.
import { cellReader } from '../model/account.ts';
import type { PlanProblem } from '../model/plan.ts';
import { newUser } from './new-user.ts';
import type { ActionDraft, PlanInput, PlanRow } from './plan.ts';

/** So many new users are looked up together, to see whether their names are free. */
const LOOKUP_CHUNK = 300;

type NewUserDraft = (ActionDraft & { kind: 'createUser' }) | { readonly problem: PlanProblem };

const attributesOf = ({ settings, columns, actual }: PlanInput) => {
  const read = cellReader(columns);
  return ({ account, outcome }: PlanRow) =>
    newUser(settings, outcome, (column) => read(account, column), actual.verifiedDomains);
};

/** Rows of accounts whose user can be created, as far as their own cells tell: their roles will be needed. */
export const creatableRows = async (input: PlanInput): Promise<ReadonlySet<number>> => {
  const rows = new Set<number>();
  if (input.settings.create === null) return rows;
  const attributes = attributesOf(input);
  for await (const row of input.rows()) {
    const isFirst = row.outcome.kind === 'notMatched' && row.outcome.sameAs === undefined;
    if (isFirst && 'properties' in attributes(row)) rows.add(row.account.n);
  }
  return rows;
};

/** The users to create, in row order, and the accounts for which none can be created, each of their rows with the reason. */
export async function* newUsers(input: PlanInput): AsyncGenerator<NewUserDraft> {
  if (input.settings.create === null) return;
  const decide = decider(input);
  let chunk: PlanRow[] = [];
  for await (const row of input.rows()) {
    if (row.outcome.kind !== 'notMatched') continue;
    chunk.push(row);
    if (chunk.length === LOOKUP_CHUNK) {
      yield* decide(chunk);
      chunk = [];
    }
  }
  if (chunk.length > 0) yield* decide(chunk);
}

/** Decides chunk after chunk; what was promised in an earlier chunk is remembered. */
const decider = (input: PlanInput) => {
  const attributes = attributesOf(input);
  /** User principal names in lower case → the row they are for. */
  const promised = new Map<string, number>();
  const created = new Set<number>();
  const refused = new Map<number, Omit<PlanProblem, 'row'>>();

  return async function* (rows: readonly PlanRow[]): AsyncGenerator<NewUserDraft> {
    const firsts = rows.filter(({ outcome }) => outcome.sameAs === undefined);
    const users = new Map(firsts.map((row) => [row.account.n, attributes(row)]));
    const names = [...users.values()].flatMap((user) => ('properties' in user ? [nameOf(user.properties)] : []));
    const taken = names.length > 0 ? await input.taken(names) : new Set<string>();
    for (const { account, outcome } of rows) {
      const row = account.n;
      if (outcome.sameAs !== undefined) {
        // A further role of an account is no further person; it shares what became of the first.
        const problem = refused.get(outcome.sameAs);
        if (problem) yield { problem: { row, ...problem } };
        if (created.has(outcome.sameAs)) input.onNewUserRow?.(row);
        continue;
      }
      const user = users.get(row)!;
      const problem = 'properties' in user ? nameProblem(nameOf(user.properties), taken, promised) : user;
      if (problem) {
        refused.set(row, problem);
        yield { problem: { row, ...problem } };
      } else if ('properties' in user) {
        promised.set(nameOf(user.properties).toLowerCase(), row);
        created.add(row);
        input.onNewUserRow?.(row);
        yield { kind: 'createUser', row, properties: user.properties };
      }
    }
  };
};

const nameOf = (properties: Readonly<Record<string, unknown>>): string => String(properties['userPrincipalName']);

const nameProblem = (
  name: string,
  taken: ReadonlySet<string>,
  promised: ReadonlyMap<string, number>,
): Omit<PlanProblem, 'row'> | undefined => {
  if (taken.has(name.toLowerCase())) {
    // Replicas of a directory may disagree for a while: matching may have asked one that did not show the user yet.
    const message = `a user ${name} exists, but matching did not find it for this account: match again, since a new user shows late; if it is not found then, add a rule or an override`;
    return { code: 'nameTaken', message };
  }
  const other = promised.get(name.toLowerCase());
  if (other === undefined) return undefined;
  return { code: 'nameTwice', message: `row ${other} has the user principal name ${name} already: add an override` };
};
