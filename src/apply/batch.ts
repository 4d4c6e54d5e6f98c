// One request's worth of writes, followed until each has an end: done, already so, refused, or not tried.
import type { DirectoryWrite, WriteResult } from '../model/directory.ts';
import { type DirectoryFailure, failureText } from '../model/errors.ts';
import type { Action, ActionResult } from '../model/plan.ts';
import { type ApplyInput, STOPPED } from './input.ts';
import { newPassword } from './password.ts';
import { patience } from './patience.ts';

export type BatchItem =
  | { readonly action: Action & { readonly kind: 'createUser' } }
  | {
      readonly action: Action & { readonly kind: 'assign' };
      readonly principalId: string;
      readonly servicePrincipalId: string;
    };

/**
 * Every write here is safe to send again: a user's name and an assignment's pair are unique in the directory. So a
 * write whose answer was lost, and one that came too early, are sent again after a pause; if the directory has it
 * already, that is looked at and told.
 */
export const carryOutBatch = async (
  items: readonly BatchItem[],
  input: ApplyInput,
  denied: Map<string, string>,
): Promise<readonly ActionResult[]> => {
  const ended: ActionResult[] = [];
  const waiting = patience(input.clock, input.lagLimitMs, input.signal);
  let open = [...items];
  while (open.length > 0) {
    const refusal = denied.get(open[0]!.action.kind);
    if (refusal !== undefined || input.signal?.aborted) {
      const reason = refusal === undefined ? STOPPED : `not tried after this was refused: ${refusal}`;
      return [...ended, ...open.map(({ action }) => ({ n: action.n, status: 'notTried' as const, reason }))];
    }
    const results = await send(open, input);
    // One refusal among others is about its own object; when all are denied, the permission is lacking.
    const isDenied = results.every(isDenial);
    const now: ActionResult[] = [];
    const again: { item: BatchItem; failure: DirectoryFailure }[] = [];
    for (const [i, item] of open.entries()) {
      const ending = await endOf(item, results[i]!, input);
      if ('n' in ending) now.push(ending);
      else again.push({ item, failure: ending });
      if (isDenied) denied.set(item.action.kind, ending.reason ?? '');
    }
    open = again.map(({ item }) => item);
    const goesOn = open.length > 0 && (await waiting.pause().catch(() => false));
    if (open.length > 0 && !goesOn) {
      now.push(...again.map(({ item, failure }) => givenUp(item, failure, input)));
      open = [];
    }
    if (now.length > 0) input.record('written', { results: now });
    ended.push(...now);
  }
  return ended;
};

const send = async (items: readonly BatchItem[], input: ApplyInput): Promise<readonly WriteResult[]> => {
  input.assertHeld();
  input.record('intended', { actions: items.map(intention) });
  return input.writer.write(items.map(toWrite));
};

/** What the evidence keeps of a write before it is sent. A password is no part of it. */
const intention = (item: BatchItem): unknown =>
  'principalId' in item
    ? {
        n: item.action.n,
        kind: 'assign',
        principalId: item.principalId,
        roleId: item.action.roleId,
        row: item.action.row,
      }
    : { n: item.action.n, kind: 'createUser', properties: item.action.properties, row: item.action.row };

const toWrite = (item: BatchItem): DirectoryWrite =>
  'principalId' in item
    ? {
        kind: 'assign',
        servicePrincipalId: item.servicePrincipalId,
        principalId: item.principalId,
        appRoleId: item.action.roleId,
      }
    : { kind: 'createUser', properties: item.action.properties, password: newPassword() };

/** What a write's answer means for its action; the failure itself where another try may do better. */
const endOf = async (
  item: BatchItem,
  result: WriteResult,
  input: ApplyInput,
): Promise<ActionResult | (DirectoryFailure & { readonly reason?: string })> => {
  const { n } = item.action;
  switch (result.status) {
    case 'done':
      return {
        n,
        status: 'done',
        ...(result.id && { id: result.id }),
        ...(result.requestId && { requestId: result.requestId }),
      };
    case 'exists':
      return 'principalId' in item ? { n, status: 'alreadySo' } : existingUser(item.action, result.failure, input);
    case 'refused':
      return refused(n, result.failure);
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
  ...(failure.requestId && { requestId: failure.requestId }),
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
  for await (const answer of directory.findUsers([lookup], attributes, signal)) {
    if ('failure' in answer) return answer.failure;
    const user = answer.users[0];
    // The name is taken, but reads do not show by whom yet.
    if (user === undefined) return failure;
    const other = Object.entries(wanted).find(([key, value]) => fold(attributeOf(user, key)) !== fold(value));
    if (other === undefined) return { n: action.n, status: 'alreadySo', id: user.id };
    const told = `a user ${name} exists whose ${other[0]} is "${attributeOf(user, other[0])}", not "${other[1]}"`;
    return refused(
      action.n,
      failure,
      `${told}: match the account to it by a rule or an override, or correct the account`,
    );
  }
  return failure;
};

const fold = (value: unknown): string => String(value ?? '').toLowerCase();

const attributeOf = (user: Readonly<Record<string, unknown>>, attribute: string): unknown =>
  attribute.startsWith('extensionAttribute')
    ? (user['onPremisesExtensionAttributes'] as Record<string, unknown> | undefined)?.[attribute]
    : user[attribute];

const isDenial = (result: WriteResult): boolean =>
  result.status === 'refused' && (result.failure.status === 401 || result.failure.status === 403);

const givenUp = ({ action }: BatchItem, failure: DirectoryFailure, input: ApplyInput): ActionResult => {
  const waited = input.signal?.aborted
    ? 'stopped while waiting'
    : `waited ${Math.round(input.lagLimitMs / 1000)} seconds`;
  return refused(action.n, failure, `${waited}; the last answer was: ${failureText(failure)}`);
};
