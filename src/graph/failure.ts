// From an answer, or the lack of one, to a failure as results and evidence keep it.
import { DirectoryError, type DirectoryFailure } from '../model/errors.ts';
import { type Answer, type Call, isRecord, isSuccess, type Outcome } from './call.ts';
import { remedyFor } from './permissions.ts';
import { isDistrust } from './repeats.ts';

/** The call as errors name it; without its values, since some of them are secret. */
const requestText = ({ method, template }: Call): string => `${method} ${template}`;

/** What Graph said. An answer that is none of Graph's, such as a proxy's page, is told as that. */
export const failureOf = (call: Call, answer: Answer): DirectoryFailure => {
  const { status, body } = answer;
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : undefined;
  const inner = isRecord(error?.['innerError']) ? error['innerError'] : {};
  const requestId = text(inner['request-id']) ?? answer.header('request-id');
  const date = text(inner['date']) ?? answer.header('date');
  const details = detailsOf(error?.['details']);
  const remedy = remedyFor(call, status) ?? (error ? undefined : NOT_GRAPHS_REMEDY);
  return {
    status,
    code: text(error?.['code']) ?? (isSuccess(answer) ? 'UnexpectedAnswer' : 'NoGraphError'),
    message: text(error?.['message']) ?? NOT_GRAPHS,
    ...(details && { details }),
    ...(requestId !== undefined && { requestId }),
    ...(date !== undefined && { date }),
    request: requestText(call),
    ...(remedy !== undefined && { remedy }),
  };
};

const NOT_GRAPHS = 'the answer is not one that Microsoft Graph gives; a proxy or another server may have sent it';
const NOT_GRAPHS_REMEDY = 'Check the address of the directory and the proxy between, then run again.';

/** No answer came. */
export const lostFailure = (call: Call, code: string, message: string): DirectoryFailure => ({
  status: 0,
  code,
  message,
  request: requestText(call),
  remedy: isDistrust(code)
    ? 'Name a file with the certificate authority of the directory, or of the proxy before it, as "caFile".'
    : 'Check the network, the proxy and the address of the directory, then run again.',
});

/** It was stopped before anything was done. */
const stoppedFailure = (call: Call): DirectoryFailure => ({
  status: 0,
  code: 'Stopped',
  message: 'stopped before it was sent',
  request: requestText(call),
});

export const outcomeFailure = (call: Call, outcome: Outcome): DirectoryFailure => {
  if ('stopped' in outcome) return stoppedFailure(call);
  return 'lost' in outcome ? outcome.lost : failureOf(call, outcome.answer);
};

/** An answer whose JSON is not of the shape that Graph documents. */
export const unexpected = (call: Call, answer: Answer, lacking: string): DirectoryError =>
  new DirectoryError({ ...failureOf(call, { ...answer, body: undefined }), message: `${NOT_GRAPHS} (${lacking})` });

const detailsOf = (details: unknown): DirectoryFailure['details'] | undefined => {
  if (!Array.isArray(details) || details.length === 0) return undefined;
  return details.filter(isRecord).map(({ code, target }) => ({
    code: String(code ?? ''),
    ...(typeof target === 'string' && { target }),
  }));
};

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
