// Writes, several in one request, each with what became of it.
import type { AppRole, DirectoryWrite, WriteResult } from '../model/directory.ts';
import { DirectoryError, type DirectoryFailure } from '../model/errors.ts';
import { type CallOutcome, sendBatch } from './batch.ts';
import { failureOf, type GraphAnswer, type GraphCall, noAnswer } from './requests.ts';
import { keyText } from './resources/applications.ts';
import type { GraphSession } from './session.ts';

/** Sends writes together and answers in their order. One alone goes without an envelope. */
export const write = async (
  session: GraphSession,
  writes: readonly DirectoryWrite[],
  signal?: AbortSignal,
): Promise<readonly WriteResult[]> => {
  const calls = writes.map(callFor);
  const outcomes =
    calls.length === 1 ? [await single(session, calls[0]!, signal)] : await sendBatch(session, calls, signal);
  return outcomes.map((outcome, i) => {
    if ('lost' in outcome) return { status: 'unknown', failure: outcome.lost };
    return resultOf(calls[i]!, outcome.answer);
  });
};

const single = async (session: GraphSession, call: GraphCall, signal?: AbortSignal): Promise<CallOutcome> => {
  try {
    return { answer: await session.call(call, signal) };
  } catch (error) {
    if (error instanceof DirectoryError) return { lost: error.failure };
    if (signal?.aborted) return { lost: noAnswer(call, error) };
    throw error;
  }
};

const callFor = (write: DirectoryWrite): GraphCall => {
  switch (write.kind) {
    case 'createUser':
      return {
        method: 'POST',
        path: '/users',
        body: {
          ...nested(write.properties),
          passwordProfile: { password: write.password, forceChangePasswordNextSignIn: true },
        },
      };
    case 'createApplication':
      return {
        method: 'PATCH',
        path: `/applications(uniqueName='${keyText(write.uniqueName)}')`,
        headers: { Prefer: 'create-if-missing' },
        body: write.properties,
      };
    case 'createServicePrincipal':
      return { method: 'POST', path: '/servicePrincipals', body: { appId: write.appId } };
    case 'setAppRoles':
      return {
        method: 'PATCH',
        path: `/applications/${write.applicationId}`,
        body: { appRoles: write.appRoles.map(writableRole) },
      };
    case 'setTags':
      return { method: 'PATCH', path: `/servicePrincipals/${write.servicePrincipalId}`, body: { tags: write.tags } };
    case 'requireAssignment':
      return {
        method: 'PATCH',
        path: `/servicePrincipals/${write.servicePrincipalId}`,
        body: { appRoleAssignmentRequired: true },
      };
    case 'assign':
      return {
        method: 'POST',
        path: `/servicePrincipals/${write.servicePrincipalId}/appRoleAssignedTo`,
        body: { principalId: write.principalId, resourceId: write.servicePrincipalId, appRoleId: write.appRoleId },
      };
    default:
      return write satisfies never;
  }
};

/** `origin` is read-only and never sent. */
const writableRole = ({ id, displayName, description, value, isEnabled, allowedMemberTypes }: AppRole) => ({
  id,
  displayName,
  description,
  value,
  isEnabled,
  allowedMemberTypes,
});

/** `extensionAttribute1` to 15 lie in an object of their own. */
const nested = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const isExtension = ([name]: [string, unknown]) => name.startsWith('extensionAttribute');
  const entries = Object.entries(properties);
  const extensions = entries.filter(isExtension);
  return {
    ...Object.fromEntries(entries.filter((entry) => !isExtension(entry))),
    ...(extensions.length > 0 && { onPremisesExtensionAttributes: Object.fromEntries(extensions) }),
  };
};

const resultOf = (call: GraphCall, answer: GraphAnswer): WriteResult => {
  const { status, headers, body } = answer;
  const requestId = headers['request-id'];
  if (status >= 200 && status < 300) {
    const id = typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : undefined;
    return { status: 'done', ...(id && { id }), ...(requestId && { requestId }) };
  }
  const failure = failureOf(call, answer);
  return { status: classOf(failure), failure };
};

/** Messages are looked at only where the service has no other way to tell cases apart. */
const ASSIGNED_ALREADY = /Permission being assigned already exists on the object|EntitlementGrant entry already exists/;
const NOT_REPLICATED = /does not reference a valid application object|Permission being assigned was not found/;

const classOf = (failure: DirectoryFailure): 'exists' | 'notYet' | 'refused' | 'unknown' => {
  const { status, code, message, details = [] } = failure;
  const isDetail = (name: string) => details.some((detail) => detail.code === name);
  if (ASSIGNED_ALREADY.test(message)) return 'exists';
  if (isDetail('ObjectConflict') || isDetail('ConflictingObjects') || (status === 409 && code !== 'Request_Conflict'))
    return 'exists';
  if (isDetail('NoBackingApplicationObject') || NOT_REPLICATED.test(message)) return 'notYet';
  if (status === 404 && code === 'Request_ResourceNotFound') return 'notYet';
  // The service or a gateway failed: the work may have been done.
  if (status >= 500 || status === 408 || status === 429) return 'unknown';
  return 'refused';
};
