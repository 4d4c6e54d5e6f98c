// What the answer to a write means: done, there already, too early, refused, or not known.
import type { DirectoryWrite, WriteResult } from '../model/directory.ts';
import type { DirectoryFailure } from '../model/errors.ts';
import { type Call, isRecord, isSuccess, type Outcome } from './call.ts';
import { outcomeFailure } from './failure.ts';

type Unsure = Exclude<WriteResult['status'], 'done'>;

/**
 * Judges by status and code. Messages are looked at only where Graph tells cases apart by nothing else.
 *
 * Source: https://learn.microsoft.com/graph/errors; texts and codes as the service was seen to send them.
 */
export const resultOf = (write: DirectoryWrite, call: Call, outcome: Outcome): WriteResult => {
  const failure = withoutSecret(write, outcomeFailure(call, outcome));
  if ('stopped' in outcome) return { status: 'notSent', failure };
  if ('lost' in outcome) return { status: 'unknown', failure };
  const { answer } = outcome;
  // What is not there needs no taking away.
  if (write.kind === 'unassign' && answer.status === 404) return { status: 'done', httpStatus: 404 };
  if (!isSuccess(answer)) return { status: judged(write, failure), failure };
  const id = isRecord(answer.body) && typeof answer.body['id'] === 'string' ? answer.body['id'] : undefined;
  // A success without the object that it made may be a proxy's page.
  const makesAnObject = call.method === 'POST' && !(write.kind in WITHOUT_CONTENT && answer.status === 204);
  if (makesAnObject && id === undefined) return { status: 'unknown', failure };
  const requestId = answer.header('request-id');
  return {
    status: 'done',
    httpStatus: answer.status,
    ...(id !== undefined && { id }),
    ...(requestId !== undefined && { requestId }),
  };
};

/** Actions that answer with nothing. */
const WITHOUT_CONTENT: Partial<Record<DirectoryWrite['kind'], true>> = {
  stopReview: true,
  stopSeries: true,
  remindReviewers: true,
  applyDecisions: true,
};

const judged = (write: DirectoryWrite, failure: DirectoryFailure): Unsure => {
  const { status } = failure;
  // A server that failed may have done it, and so may one that turned it away for the moment.
  if (status === 429 || status === 408 || (status >= 500 && status !== 501)) return 'unknown';
  if (isThere(write, failure)) return 'exists';
  if (isTooEarly(write, failure)) return 'notYet';
  return 'refused';
};

const isThere = (write: DirectoryWrite, failure: DirectoryFailure): boolean => {
  switch (write.kind) {
    case 'createUser':
    case 'createApplication':
    case 'createServicePrincipal':
      return (
        isClient(failure) && (failure.status === 409 || hasDetail(failure, 'ObjectConflict') || saysSameKey(failure))
      );
    case 'assign':
      return isClient(failure) && (failure.status === 409 || ASSIGNED_ALREADY.test(failure.message));
    default:
      return false;
  }
};

/** The older and the newer text. Source: https://github.com/microsoft/msgraph-bicep-types/issues/161 */
const ASSIGNED_ALREADY =
  /Permission being assigned already exists on the object|EntitlementGrant entry already exists/i;

/** The text where Graph leaves the details out. Source: https://github.com/microsoftgraph/microsoft-graph-docs/issues/1508 */
const SAME_KEY = /Another object with the same value for property \w+ already exists/i;

const saysSameKey = ({ message }: DirectoryFailure): boolean => SAME_KEY.test(message);

const ROLE_NOT_THERE = /Permission being assigned was not found/i;

const isTooEarly = (write: DirectoryWrite, failure: DirectoryFailure): boolean => {
  const notFound = failure.status === 404 && failure.code === 'Request_ResourceNotFound';
  switch (write.kind) {
    case 'createServicePrincipal':
      return notFound || hasDetail(failure, 'NoBackingApplicationObject');
    case 'assign':
      return notFound || (failure.status === 400 && ROLE_NOT_THERE.test(failure.message));
    case 'setAppRoles':
    case 'setTags':
    case 'requireAssignment':
      return notFound;
    default:
      return false;
  }
};

const isClient = ({ status }: DirectoryFailure): boolean => status === 400 || status === 409;

const hasDetail = ({ details }: DirectoryFailure, code: string): boolean =>
  details?.some((detail) => detail.code === code) ?? false;

/** A message that repeats the password, whoever wrote it, does not pass on. */
const withoutSecret = (write: DirectoryWrite, failure: DirectoryFailure): DirectoryFailure =>
  write.kind === 'createUser' && failure.message.includes(write.password)
    ? { ...failure, message: failure.message.replaceAll(write.password, '(password)') }
    : failure;
