// What a result keeps of the directory's answer.
import type { WriteResult } from '../model/directory.ts';
import type { DirectoryFailure } from '../model/errors.ts';
import type { ActionResult } from '../model/plan.ts';

/** The HTTP status and the request-id of an answer; nothing where none came. */
export const answerOf = (
  answer: DirectoryFailure | (WriteResult & { status: 'done' }),
): Pick<ActionResult, 'httpStatus' | 'requestId'> => {
  const httpStatus = answer.status === 'done' ? answer.httpStatus : answer.status;
  const { requestId } = answer;
  return { ...(httpStatus && { httpStatus }), ...(requestId && { requestId }) };
};
