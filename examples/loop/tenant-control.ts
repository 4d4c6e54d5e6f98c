// What the loop asks of the local tenant besides the commands: which faults are to strike, what it counted, what it holds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fault of the tenant's script; docs/commands/tenant.md tells what each does. */
export interface PlannedFault {
  readonly do: string;
  readonly method: string;
  readonly path: string;
  readonly nth?: number;
  readonly times?: number;
  readonly status?: number;
  readonly retryAfter?: number;
  readonly workDone?: boolean;
}

export interface FaultReport {
  readonly faults: readonly (PlannedFault & { readonly fired: number })[];
  /** Of the plan and by chance together. */
  readonly fired: number;
}

export interface Stats {
  readonly writes: number;
  readonly throttled: number;
}

type Item = Readonly<Record<string, unknown>>;

export class TenantControl {
  readonly #line: Readonly<Record<'graph' | 'authority' | 'tenantId' | 'clientId' | 'clientSecret', string>>;

  /** Of the tenant that runs for the commands of this folder. */
  constructor(folder: string) {
    this.#line = JSON.parse(readFileSync(join(folder, 'connection.json'), 'utf8'));
  }

  stats(): Promise<Stats> {
    return this.#control('stats');
  }

  faults(): Promise<FaultReport> {
    return this.#control('faults');
  }

  /** Takes the place of what was planned before. */
  async plan(faults: readonly PlannedFault[], chance: { rate: number; seed: number }): Promise<void> {
    await this.#control('faults', { faults, ...chance });
  }

  /** The assignments of every application, as `principal role`. Nothing is to be disturbed while they are read. */
  async assignments(): Promise<readonly string[]> {
    const principals = await this.#all('/servicePrincipals?$select=id');
    const lists = await Promise.all(
      principals.map(({ id }) => this.#all(`/servicePrincipals/${id}/appRoleAssignedTo?$top=999`)),
    );
    return lists.flat().map(({ principalId, appRoleId }) => `${principalId} ${appRoleId}`);
  }

  async #control<T>(what: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await answered(`${this.#line.authority}/_tenant/${what}`, init)) as T;
  }

  async #all(path: string): Promise<readonly Item[]> {
    const { graph, authority, tenantId, clientId, clientSecret } = this.#line;
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${new URL(graph).origin}/.default`,
    };
    const signIn = { method: 'POST', body: new URLSearchParams(form) };
    const { access_token } = await answered(`${authority}/${tenantId}/oauth2/v2.0/token`, signIn);
    const items: Item[] = [];
    for (let next: unknown = `${graph}${path}`; typeof next === 'string'; ) {
      const page = await answered(next, { headers: { authorization: `Bearer ${access_token}` } });
      items.push(...(page['value'] as readonly Item[]));
      next = page['@odata.nextLink'];
    }
    return items;
  }
}

const answered = async (url: string, init: RequestInit): Promise<Item> => {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
};
