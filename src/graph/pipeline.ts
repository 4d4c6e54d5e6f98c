// The policies in their order, from the outermost. Order matters: each attempt of an outer policy runs all inner ones.
import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  proxyPolicy,
  tlsPolicy,
  userAgentPolicy,
} from '@azure/core-rest-pipeline';
import type { Clock } from '../model/clock.ts';
import { requestIdPolicy } from './policies/request-id.ts';
import { throttlePolicy } from './policies/throttle.ts';
import { isLoopback, type Tokens, tokenPolicy } from './policies/token.ts';
import { REPEATABLE_HEADER, transientPolicy } from './policies/transient.ts';
import { type UsageMeter, usagePolicy } from './policies/usage.ts';
import type { GraphAnswer, GraphCall } from './requests.ts';

/** Sends one call to an absolute address. Rejects when no whole answer came. */
export type Send = (
  url: string,
  call: Omit<GraphCall, 'path'> & { readonly isRepeatable?: boolean },
  signal?: AbortSignal,
) => Promise<GraphAnswer>;

const TIMEOUT_MS = 120_000;

export interface PipelineInput {
  readonly tokens: Tokens;
  readonly meter: UsageMeter;
  readonly clock: Clock;
  /** PEM of a certificate authority to trust besides the system's. */
  readonly ca?: string;
}

export const createSend = ({ tokens, meter, clock, ca }: PipelineInput): Send => {
  const pipeline = createEmptyPipeline();
  const policies = [
    userAgentPolicy({ userAgentPrefix: 'rollcall' }),
    // A read that failed is begun anew, with all waits of its own.
    transientPolicy(clock),
    // Outside the token, so that an attempt after a long wait carries a fresh one.
    throttlePolicy(clock),
    tokenPolicy(tokens),
    // Innermost of ours: each attempt has its own id and is counted.
    requestIdPolicy(),
    usagePolicy(meter),
    decompressResponsePolicy(),
  ];
  for (const policy of policies) pipeline.addPolicy(policy);
  if (ca !== undefined) pipeline.addPolicy(tlsPolicy({ ca }));
  const proxied = createEmptyPipeline();
  for (const policy of pipeline.getOrderedPolicies()) proxied.addPolicy(policy);
  proxied.addPolicy(proxyPolicy());
  const client = createDefaultHttpClient();

  return async (url, { method, headers, body, isRepeatable }, signal) => {
    const request = createPipelineRequest({
      url,
      method,
      timeout: TIMEOUT_MS,
      allowInsecureConnection: isLoopback(url),
      headers: createHttpHeaders({
        accept: 'application/json',
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(isRepeatable && { [REPEATABLE_HEADER]: '1' }),
      }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { abortSignal: signal }),
    });
    // The loopback interface is never behind a proxy.
    const response = await (isLoopback(url) ? pipeline : proxied).sendRequest(client, request);
    return {
      status: response.status,
      headers: response.headers.toJSON(),
      body: parsed(response.bodyAsText),
    };
  };
};

/** JSON where it is JSON; a gateway's page or a bare number as the text that it is. */
const parsed = (text: string | null | undefined): unknown => {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
