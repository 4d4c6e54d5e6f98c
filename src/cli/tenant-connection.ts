// A running local tenant, reached as the JSON line says that "tenant start" printed.
import { readFileSync } from 'node:fs';
import { RollcallError, UsageError } from '../model/errors.ts';

export interface TenantConnection {
  readonly graph: string;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly caFile: string | undefined;
}

/** Reads the line. Throws {@link UsageError} where the file is none of a tenant. */
export const tenantConnection = (file: string): TenantConnection => {
  let line: Readonly<Record<string, unknown>>;
  try {
    line = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw notTheLine(file, (error as Error).message);
  }
  const { authority, graph, tenantId, clientId, caFile } = line;
  if (typeof authority !== 'string') throw notTheLine(file, 'it has no "authority"');
  return {
    authority,
    graph: String(graph ?? `${authority}/v1.0`),
    tenantId: String(tenantId),
    clientId: String(clientId),
    caFile: typeof caFile === 'string' ? caFile : undefined,
  };
};

const notTheLine = (file: string, why: string): UsageError =>
  new UsageError(
    `--directory ${file}: ${why}.`,
    'Name a file with the JSON line that "rollcall tenant start" prints when it is ready.',
  );

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  /** JSON as text, or a form. */
  readonly body?: string | Readonly<Record<string, string>>;
  readonly token?: string;
}

export interface Told {
  readonly status: number;
  readonly text: string;
}

export type AskTenant = (ask: Ask) => Promise<Told>;

/** Asks the tenant over HTTP; waits where it says to. Throws {@link RollcallError} where no answer comes. */
export const askTenant = async ({ authority, caFile }: TenantConnection, signal: AbortSignal): Promise<AskTenant> => {
  const { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } = await import(
    '@azure/core-rest-pipeline'
  );
  const { trust } = await import('../graph/policies/trust.ts');
  const client = createDefaultHttpClient();
  const pipeline = createPipelineFromOptions({});
  if (caFile !== undefined) pipeline.addPolicy(trust(caFile));
  return async ({ method, url, body, token }) => {
    const isForm = typeof body === 'object';
    const request = createPipelineRequest({
      url,
      method,
      // The tenant is on this machine.
      allowInsecureConnection: true,
      abortSignal: signal,
      ...(body !== undefined && { body: isForm ? new URLSearchParams(body).toString() : body }),
    });
    if (body !== undefined)
      request.headers.set('Content-Type', isForm ? 'application/x-www-form-urlencoded' : 'application/json');
    if (token !== undefined) request.headers.set('Authorization', `Bearer ${token}`);
    const { status, bodyAsText } = await pipeline.sendRequest(client, request).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new RollcallError(
        `No tenant answers at ${authority}: ${(error as Error).message}.`,
        'Start it with "rollcall tenant start", and name the file with the line that it prints.',
      );
    });
    return { status, text: bodyAsText ?? '' };
  };
};
