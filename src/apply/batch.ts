// One request's worth of writes, followed until each has an end: done, already so, refused, or not tried.
import type { DirectoryWrite, WriteResult } from '../model/directory.ts';
import { DirectoryError, type DirectoryFailure, failureText } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { Action, ActionResult } from '../model/plan.ts';
import { answerOf } from './answer.ts';
import { type ApplyInput, STOPPED } from './input.ts';
import { newPassword } from './password.ts';
import { patience } from './patience.ts';

export type BatchItem =
  | { readonly action: Action & { readonly kind: 'createUser' } }
  | {
      readonly action: Action & { readonly kind: 'assign' | 'unassign' };
      readonly principalId: string;
      readonly servicePrincipalId: string;
    };

/** An item on its way, with what the directory last said of it. */
interface Open {
  readonly item: BatchItem;
  readonly failure?: DirectoryFailure;
  /** No clear answer came to its last write, which may have been done. */
  readonly isUnclear?: boolean;
}

/**
 * A write whose answer was lost may have been done: after a pause the directory is looked at, and only what it does not
 * show is sent again. That is safe, since reads may be late: a user's name and an assignment's pair are unique in the
 * directory, which refuses a second one; then what exists is looked at. What came too early is sent again as well.
 *
 * When the work is stopped, what has been sent is waited for; the rest is told as not tried.
 */
export const carryOutBatch = async (
  items: readonly BatchItem[],
  input: ApplyInput,
  denied: Map<string, string>,
): Promise<readonly ActionResult[]> => {
  const ended: ActionResult[] = [];
  const waiting = patience(input.clock, input.lagLimitMs, input.signal);
  const end = (results: readonly ActionResult[]): void => {
    if (results.length > 0) input.record('written', { results });
    ended.push(...results);
  };
  let open: readonly Open[] = items.map((item) => ({ item }));
  const refusal = denied.get(items[0]!.action.kind);
  if (refusal !== undefined || input.signal?.aborted)
    return items.map(({ action }) => notTried(action, refusal === undefined ? STOPPED : afterRefusal(refusal)));
  for (;;) {
    const unclear = await lookAt(open, input, end);
    const sent = open.filter(({ isUnclear }) => !isUnclear).concat(unclear.absent);
    const next: Open[] = [...unclear.unseen];
    if (sent.length > 0) {
      const results = await send(
        sent.map(({ item }) => item),
        input,
      );
      // One refusal among others is about its own object; when all are denied, the permission is lacking.
      const isDenied = results.every(isDenial);
      const now: ActionResult[] = [];
      for (const [i, { item }] of sent.entries()) {
        const result = results[i]!;
        const ending = await endOf(item, result, input);
        if ('n' in ending) now.push(ending);
        else next.push({ item, failure: ending, isUnclear: result.status === 'unknown' });
        if (isDenied && 'failure' in result) denied.set(item.action.kind, failureText(result.failure));
      }
      end(now);
    }
    if (next.length === 0) return ended;
    const goesOn = await waiting.pause().catch(() => false);
    const refused = denied.get(next[0]!.item.action.kind);
    if (refused !== undefined) end(next.map(({ item }) => notTried(item.action, afterRefusal(refused))));
    else if (!goesOn) end(next.map(({ item, failure }) => givenUp(item, failure!, input)));
    if (refused !== undefined || !goesOn) return ended;
    open = next;
  }
};

/** Looks whether the directory has what was sent without a clear answer. What it has is ended. */
const lookAt = async (
  open: readonly Open[],
  input: ApplyInput,
  end: (results: readonly ActionResult[]) => void,
): Promise<{ absent: readonly Open[]; unseen: readonly Open[] }> => {
  const unclear = open.filter(({ isUnclear }) => isUnclear);
  if (unclear.length === 0) return { absent: [], unseen: [] };
  const absent: Open[] = [];
  const unseen: Open[] = [];
  const now: ActionResult[] = [];
  const held = await heldAlready(
    unclear.map(({ item }) => item),
    input,
  );
  for (const one of unclear) {
    const { item, failure } = one;
    if ('principalId' in item) {
      if (held === undefined) unseen.push(one);
      else if (held.has(pairOf(item.principalId, item.action.roleId)) === (item.action.kind === 'assign'))
        now.push({ n: item.action.n, status: 'alreadySo' });
      else absent.push(one);
    } else {
      const found = await existingUser(item.action, failure!, input);
      if ('n' in found) now.push(found);
      else (found === failure ? absent : unseen).push(one);
    }
  }
  end(now);
  return { absent, unseen };
};

const pairOf = (principalId: string, roleId: string): string => `${principalId} ${roleId}`;

/** The pairs that are there of those that the items want; undefined where the directory did not say. */
const heldAlready = async (
  items: readonly BatchItem[],
  { directory, signal }: ApplyInput,
): Promise<ReadonlySet<string> | undefined> => {
  const assignments = items.filter((item) => 'principalId' in item);
  const [first] = assignments;
  if (!first) return new Set();
  const users = [...new Set(assignments.map(({ principalId }) => principalId))];
  try {
    const held = await directory.assignmentsOfUsers(first.servicePrincipalId, users, signal);
    return new Set(held.map(({ principalId, appRoleId }) => pairOf(principalId, appRoleId)));
  } catch (error) {
    // What cannot be looked at now is looked at again after the next pause.
    if (error instanceof DirectoryError || signal?.aborted) return undefined;
    throw error;
  }
};

const send = async (items: readonly BatchItem[], input: ApplyInput): Promise<readonly WriteResult[]> => {
  input.assertHeld();
  input.record('intended', { actions: items.map(intention) });
  return input.writer.write(items.map(toWrite), input.signal);
};

/** What the evidence keeps of a write before it is sent. A password is no part of it. */
const intention = (item: BatchItem): unknown =>
  'principalId' in item
    ? {
        n: item.action.n,
        kind: item.action.kind,
        principalId: item.principalId,
        roleId: item.action.roleId,
        ...('row' in item.action && { row: item.action.row }),
      }
    : { n: item.action.n, kind: 'createUser', properties: item.action.properties, row: item.action.row };

const toWrite = (item: BatchItem): DirectoryWrite => {
  if (!('principalId' in item))
    return { kind: 'createUser', properties: item.action.properties, password: newPassword() };
  const { action, servicePrincipalId, principalId } = item;
  return action.kind === 'assign'
    ? { kind: 'assign', servicePrincipalId, principalId, appRoleId: action.roleId }
    : { kind: 'unassign', servicePrincipalId, assignmentId: action.assignmentId };
};

/** What a write's answer means for its action; the failure itself where another try may do better. */
const endOf = async (
  item: BatchItem,
  result: WriteResult,
  input: ApplyInput,
): Promise<ActionResult | DirectoryFailure> => {
  const { n } = item.action;
  switch (result.status) {
    case 'done':
      return { n, status: 'done', ...(result.id && { id: result.id }), ...answerOf(result) };
    case 'exists':
      return 'principalId' in item
        ? { n, status: 'alreadySo', ...answerOf(result.failure) }
        : existingUser(item.action, result.failure, input);
    case 'refused':
      return refused(n, result.failure);
    case 'notSent':
      return notTried(item.action, STOPPED);
    case 'notYet':
    case 'unknown':
      return result.failure;
    default:
      return result satisfies never;
  }
};

const refused = (n: number, failure: DirectoryFailure, reason = failureText(failure)): ActionResult => ({
  n,
  status: 'refused',
  reason,
  ...answerOf(failure),
});

/** Creating what exists already is a success only if what exists is what was wanted. */
const existingUser = async (
  action: Action & { kind: 'createUser' },
  failure: DirectoryFailure,
  { directory, signal }: ApplyInput,
): Promise<ActionResult | DirectoryFailure> => {
  const conflicting = failure.details?.find(({ target }) => target !== undefined)?.target;
  // Another value than the name is taken: waiting would not help, and the user is not there.
  if (conflicting !== undefined && conflicting !== 'userPrincipalName') return refused(action.n, failure);
  const { accountEnabled: _enabled, otherMails: _mails, ...wanted } = action.properties;
  const name = String(wanted['userPrincipalName']);
  const attributes = ['id', ...Object.keys(wanted)];
  const lookup = { attribute: 'userPrincipalName', operator: 'equals' as const, values: [name] };
  try {
    for await (const answer of directory.findUsers([lookup], attributes, signal)) {
      if ('failure' in answer) return answer.failure;
      const user = answer.users[0];
      // The name is taken, but reads do not show by whom yet.
      if (user === undefined) return failure;
      const other = Object.entries(wanted).find(
        ([key, value]) => fold(text(attributeOf(user, key))) !== fold(text(value)),
      );
      if (other === undefined) return { n: action.n, status: 'alreadySo', id: user.id, ...answerOf(failure) };
      const told = `a user ${name} exists whose ${other[0]} is "${attributeOf(user, other[0])}", not "${other[1]}"`;
      return refused(
        action.n,
        failure,
        `${told}: match the account to it by a rule or an override, or correct the account`,
      );
    }
  } catch (error) {
    // Stopped: what was sent is known to be unclear, and recorded as that.
    if (!signal?.aborted) throw error;
  }
  return failure;
};

const text = (value: unknown): string => String(value ?? '');

const attributeOf = (user: Readonly<Record<string, unknown>>, attribute: string): unknown =>
  attribute.startsWith('extensionAttribute')
    ? (user['onPremisesExtensionAttributes'] as Record<string, unknown> | undefined)?.[attribute]
    : user[attribute];

const notTried = ({ n }: Action, reason: string): ActionResult => ({ n, status: 'notTried', reason });

const afterRefusal = (refusal: string): string => `not tried after this was refused: ${refusal}`;

const isDenial = (result: WriteResult): boolean =>
  result.status === 'refused' && (result.failure.status === 401 || result.failure.status === 403);

const givenUp = ({ action }: BatchItem, failure: DirectoryFailure, input: ApplyInput): ActionResult => {
  const waited = input.signal?.aborted
    ? 'stopped while waiting'
    : `waited ${Math.round(input.lagLimitMs / 1000)} seconds`;
  return refused(action.n, failure, `${waited}; the last answer was: ${failureText(failure)}`);
};
