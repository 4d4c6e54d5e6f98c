// Trusts those whom the operating system trusts, where a company puts the authority of its proxy that looks into TLS, and
// one more that is named: the local tenant's own, say.
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { usualAuthorities } from '../../http/authorities.ts';
import { RollcallError } from '../../model/errors.ts';

/**
 * `caFile`: certificates in PEM, trusted besides the usual ones; null where none are named.
 *
 * The library's own TLS policy has no effect behind a proxy; a context on the request has, with a proxy and without.
 *
 * Errors: {@link RollcallError} when the file cannot be read or holds no certificate.
 */
export const trust = (caFile: string | null): PipelinePolicy => {
  let secureContext = caFile === null ? undefined : contextFor(caFile);
  return {
    name: 'trust',
    sendRequest: (request, next) => {
      if (request.url.startsWith('https:')) {
        secureContext ??= usualContext();
        request.requestOverrides = { ...request.requestOverrides, secureContext };
      }
      return next(request);
    },
  };
};

let usual: SecureContext | undefined;

/** Of the process, made when it is first wanted: it takes a moment, and plain http to this machine does without. */
const usualContext = (): SecureContext => {
  usual ??= createSecureContext({ ca: usualAuthorities() });
  return usual;
};

const contextFor = (caFile: string): SecureContext => {
  try {
    return createSecureContext({ ca: [...usualAuthorities(), readFileSync(caFile, 'utf8')] });
  } catch (error) {
    throw new RollcallError(
      `The certificates in ${caFile} cannot be used: ${(error as Error).message}.`,
      'Name a file with certificates in PEM as "caFile".',
    );
  }
};
