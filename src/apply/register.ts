// The steps that make the application known to the directory, one after another: each needs the one before.
import type { Application, AppRole, DirectoryWrite, ServicePrincipal, WriteResult } from '../model/directory.ts';
import { failureText } from '../model/errors.ts';
import type { AccessAction, ActionResult } from '../model/plan.ts';
import { answerOf } from './answer.ts';
import { type ApplyInput, STOPPED } from './input.ts';
import { patience, waitFor } from './patience.ts';

/** The application as far as it is known by now. Steps fill it in. */
export interface Target {
  application?: Application;
  servicePrincipal?: ServicePrincipal;
  /** Roles that were waited for already. */
  readonly awaited: Set<string>;
}

type Registration = Exclude<AccessAction, { kind: 'createUser' } | { kind: 'assign' } | { kind: 'unassign' }>;

/** Carries out one step, and waits until the directory shows it: the next ones refer to it. */
export const register = async (action: Registration, target: Target, input: ApplyInput): Promise<ActionResult> => {
  const { n } = action;
  const write = await nextWrite(action, target, input);
  if (typeof write === 'string') return { n, status: 'notTried', reason: write };
  if (write === undefined) return { n, status: 'alreadySo' };
  input.assertHeld();
  input.record('intended', { actions: [{ n, ...write }] });
  const answer = await sendUntilClear(action, write, target, input);
  const result = await resultOf(action, answer, target, input);
  input.record('written', { results: [result] });
  return result;
};

/**
 * Waits until the service principal shows a role that the application declares already: it follows late, and a step of
 * this plan may not have been needed because an earlier attempt declared it a moment ago.
 */
export const awaitRole = async (roleId: string, target: Target, input: ApplyInput): Promise<void> => {
  const has = (roles: readonly AppRole[] | undefined): boolean => roles?.some(({ id }) => id === roleId) ?? false;
  const { application, servicePrincipal, awaited } = target;
  if (!servicePrincipal || has(servicePrincipal.appRoles) || !has(application?.appRoles) || awaited.has(roleId)) return;
  awaited.add(roleId);
  const look = async () => {
    const principal = await input.directory.findServicePrincipal(servicePrincipal.appId, input.signal);
    return has(principal?.appRoles) ? principal : undefined;
  };
  const seen = await waitFor(look, input.clock, input.lagLimitMs, input.signal);
  if (seen) target.servicePrincipal = seen;
};

/** The write that the step needs now: undefined if it needs none, a reason if it cannot be tried. */
const nextWrite = async (
  action: Registration,
  target: Target,
  { directory, application, signal }: ApplyInput,
): Promise<DirectoryWrite | string | undefined> => {
  const { application: app, servicePrincipal } = target;
  switch (action.kind) {
    case 'createApplication':
      return {
        kind: 'createApplication',
        uniqueName: action.uniqueName,
        properties: { displayName: action.displayName, tags: action.tags },
      };
    case 'createServicePrincipal':
      return app ? { kind: 'createServicePrincipal', appId: app.appId } : 'the application could not be registered';
    case 'addAppRoles': {
      if (!app) return 'the application could not be registered';
      // Writing roles replaces them all, so the newest are read just before.
      const newest =
        (application.appId === null
          ? await directory.findApplicationByUniqueName(application.uniqueName, signal)
          : await directory.findApplicationByAppId(application.appId, signal)) ?? app;
      const lacking = action.roles.filter((role) => !newest.appRoles.some(({ id }) => id === role.id));
      if (lacking.length === 0) return undefined;
      return { kind: 'setAppRoles', applicationId: newest.id, appRoles: [...newest.appRoles, ...lacking] };
    }
    case 'addTags':
      if (!servicePrincipal) return 'the service principal could not be created';
      return {
        kind: 'setTags',
        servicePrincipalId: servicePrincipal.id,
        tags: [...new Set([...servicePrincipal.tags, ...action.tags])],
      };
    case 'requireAssignment':
      if (!servicePrincipal) return 'the service principal could not be created';
      return { kind: 'requireAssignment', servicePrincipalId: servicePrincipal.id };
    default:
      return action satisfies never;
  }
};

/**
 * Each of these writes may be sent again: keys are unique, and the others set what they set. One whose answer was lost
 * is sent again only if the directory does not show what it was to do.
 */
const sendUntilClear = async (
  action: Registration,
  first: DirectoryWrite,
  target: Target,
  input: ApplyInput,
): Promise<WriteResult> => {
  const waiting = patience(input.clock, input.lagLimitMs, input.signal);
  for (let write: DirectoryWrite | undefined = first; ; ) {
    const [result] = await input.writer.write([write], input.signal);
    if (!result || (result.status !== 'notYet' && result.status !== 'unknown')) return result!;
    const { failure } = result;
    const goesOn = await waiting.pause().catch(() => false);
    if (!goesOn) return result;
    write = await stillNeeded(action, write, result.status === 'unknown', target, input);
    if (write === undefined) return { status: 'exists', failure };
    input.assertHeld();
  }
};

/** The write to send again; undefined if the directory shows by now what it was to do. */
const stillNeeded = async (
  action: Registration,
  write: DirectoryWrite,
  isUnclear: boolean,
  target: Target,
  input: ApplyInput,
): Promise<DirectoryWrite | undefined> => {
  try {
    if (isUnclear && (await shown(action, target, input)) !== undefined) return undefined;
    // Roles are replaced as a whole: what others have written meanwhile must not be lost.
    const again = await nextWrite(action, target, input);
    return typeof again === 'string' ? write : again;
  } catch (error) {
    // Stopped: the write is told as not sent.
    if (input.signal?.aborted) return write;
    throw error;
  }
};

const resultOf = async (
  action: Registration,
  answer: WriteResult,
  target: Target,
  input: ApplyInput,
): Promise<ActionResult> => {
  const { n } = action;
  if (answer.status === 'notSent') return { n, status: 'notTried', reason: STOPPED };
  if (answer.status !== 'done' && answer.status !== 'exists') {
    return { n, status: 'refused', reason: failureText(answer.failure), ...answerOf(answer.failure) };
  }
  const status = answer.status === 'done' ? 'done' : 'alreadySo';
  const told = answerOf('failure' in answer ? answer.failure : answer);
  const { clock, lagLimitMs, signal } = input;
  const seen = await waitFor(() => shown(action, target, input), clock, lagLimitMs, signal).catch((error: unknown) => {
    if (signal?.aborted) return STOPPED;
    throw error;
  });
  // Stopped while waiting to see it: it is done all the same, and recorded as done.
  if (seen === STOPPED) return { n, status, ...told };
  if (seen === undefined) {
    const seconds = Math.round(lagLimitMs / 1000);
    const reason = `the directory accepted it, but did not show it within ${seconds} seconds`;
    return { n, status: 'refused', reason, ...told };
  }
  return { n, status, id: seen, ...told };
};

/** Whether the directory shows what the step did; if so, the id of the object, and the target is brought up to date. */
const shown = async (action: Registration, target: Target, input: ApplyInput): Promise<string | undefined> => {
  const { directory, signal } = input;
  if (action.kind === 'createApplication') {
    target.application = await directory.findApplicationByUniqueName(action.uniqueName, signal);
    return target.application?.id;
  }
  const principal = await directory.findServicePrincipal(target.application!.appId, signal);
  if (!principal || !hasEffect(action, principal)) return undefined;
  target.servicePrincipal = principal;
  return principal.id;
};

const hasEffect = (action: Registration, principal: ServicePrincipal): boolean => {
  switch (action.kind) {
    case 'addAppRoles':
      return action.roles.every(({ id }: AppRole) => principal.appRoles.some((role) => role.id === id));
    case 'addTags':
      return action.tags.every((tag) => principal.tags.includes(tag));
    case 'requireAssignment':
      return principal.appRoleAssignmentRequired;
    default:
      return true;
  }
};
