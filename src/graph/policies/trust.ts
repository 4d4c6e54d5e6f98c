// Trusts one more certificate authority: the local tenant's own, or that of a proxy that looks into TLS.
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { RollcallError } from '../../model/errors.ts';

/**
 * `caFile`: certificates in PEM. They are trusted besides those that Node.js trusts.
 *
 * The library's own TLS policy has no effect behind a proxy; a context on the request has, with a proxy and without.
 *
 * Errors: {@link RollcallError} when the file cannot be read or holds no certificate.
 */
export const trust = (caFile: string): PipelinePolicy => {
  const secureContext = contextFor(caFile);
  return {
    name: 'trust',
    sendRequest: (request, next) => {
      request.requestOverrides = { ...request.requestOverrides, secureContext };
      return next(request);
    },
  };
};

const contextFor = (caFile: string) => {
  try {
    return createSecureContext({ ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] });
  } catch (error) {
    throw new RollcallError(
      `The certificates in ${caFile} cannot be used: ${(error as Error).message}.`,
      'Name a file with certificates in PEM as "caFile".',
    );
  }
};
