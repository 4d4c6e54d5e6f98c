// A tenant over HTTP, asked as any Graph client asks: with fetch, a token and JSON. Nothing here knows its inside.
import { onTestFinished } from 'vitest';
import { DEFAULT_GRANT } from '../../../src/tenant/permissions.ts';
import { type RunningTenant, startTenant, type TenantOptions } from '../../../src/tenant/server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
  readonly text: string;
}

/** What a test looks into; it says itself what it expects to be there. */
export interface Json {
  readonly [name: string]: Json;
  readonly [index: number]: Json;
}

export interface Client {
  readonly tenant: RunningTenant;
  readonly token: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** An advanced query: with the header, and `$count=true` for the caller to write. */
  advanced(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** The body of an `@odata.id` that points at an object. */
  ref(id: string, set?: string): object;
  /** All pages of a list. */
  all(path: string, headers?: Record<string, string>): Promise<readonly Json[]>;
  control(method: string, what: string, body?: unknown): Promise<Json>;
  /** Users put in past the rules. */
  seed(...users: readonly object[]): Promise<void>;
}

/** A new tenant, gone when the test ends. */
export const startClient = async (options: TenantOptions = {}): Promise<Client> => {
  const tenant = await startTenant(options);
  onTestFinished(() => tenant.close());
  return clientOf(tenant);
};

export const tokenRequest = (tenant: RunningTenant, form: Record<string, string>, tenantName = tenant.tenantId) =>
  fetch(`${tenant.authority}/${tenantName}/oauth2/v2.0/token`, { method: 'POST', body: new URLSearchParams(form) });

export const goodForm = ({ clientId, clientSecret, authority }: RunningTenant): Record<string, string> => ({
  grant_type: 'client_credentials',
  client_id: clientId,
  client_secret: clientSecret,
  scope: `${authority}/.default`,
});

export const clientOf = async (tenant: RunningTenant): Promise<Client> => {
  const { access_token: token } = (await (await tokenRequest(tenant, goodForm(tenant))).json()) as {
    access_token: string;
  };
  return clientWith(tenant, token);
};

/** A client for somebody who signed in with a device code. By default it may do whatever was granted. */
export const signedInAs = async (tenant: RunningTenant, user: string, scope?: string): Promise<Client> => {
  const { access_token: token } = await deviceSignIn(tenant, user, scope ?? `${tenant.authority}/.default`);
  return clientWith(tenant, String(token));
};

/** The whole of a sign-in with a device code, and what the token endpoint answers at its end. */
export const deviceSignIn = async (
  tenant: RunningTenant,
  user: string,
  scope: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const { clientId: client_id, authority, tenantId } = tenant;
  const begun = await fetch(`${authority}/${tenantId}/oauth2/v2.0/devicecode`, {
    method: 'POST',
    body: new URLSearchParams({ client_id, scope }),
  });
  const { user_code: code, device_code } = (await begun.json()) as { user_code: string; device_code: string };
  const body = new URLSearchParams({ code, user, answer: 'accept' });
  await fetch(`${authority}/devicelogin`, { method: 'POST', body });
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const form = { grant_type, client_id, device_code, client_info: '1' };
  return (await tokenRequest(tenant, form)).json() as Promise<Record<string, unknown>>;
};

const clientWith = (tenant: RunningTenant, token: string): Client => {
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const answer = await fetch(path.startsWith('http') ? path : tenant.graph + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: asJson(text) };
  };
  const control: Client['control'] = async (method, what, body) => {
    const answer = await fetch(`${tenant.authority}/_tenant/${what}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, ...((await answer.json()) as object) } as unknown as Json;
  };
  return {
    tenant,
    token,
    get: (path, headers) => call('GET', path, undefined, headers),
    advanced: (path) => call('GET', path, undefined, { ConsistencyLevel: 'eventual' }),
    post: (path, body, headers) => call('POST', path, body, headers),
    patch: (path, body, headers) => call('PATCH', path, body, headers),
    put: (path, body) => call('PUT', path, body),
    delete: (path) => call('DELETE', path),
    ref: (id, set = 'directoryObjects') => ({ '@odata.id': `${tenant.graph}/${set}/${id}` }),
    all: async (path, headers) => {
      const all: Json[] = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const { status, body, text } = await call('GET', next, undefined, headers);
        if (status !== 200) throw new Error(`${next}: ${status} ${text}`);
        all.push(...(body['value'] as unknown as Json[]));
        next = body['@odata.nextLink'] as unknown as string | undefined;
      }
      return all;
    },
    control,
    seed: async (...users) => {
      const answer = await control('POST', 'users', { users });
      if ((answer['added'] as unknown) !== users.length) throw new Error(JSON.stringify(answer));
    },
  };
};

/** A client of the same tenant that holds these permissions and no others. */
export const granted = async (client: Client, ...permissions: readonly string[]): Promise<Client> => {
  const answer = await client.control('POST', 'grant', { permissions });
  if ((answer.status as unknown) !== 200) throw new Error(JSON.stringify(answer));
  return clientOf(client.tenant);
};

const asJson = (text: string): Json => {
  try {
    return JSON.parse(text);
  } catch {
    return {} as Json;
  }
};

export const where = (filter: string, more = ''): string => `/users?$filter=${encodeURIComponent(filter)}${more}`;

/** A user to be seeded: named, and with whatever a test is about. */
export const person = (alias: string, more: object = {}): object => ({
  userPrincipalName: `${alias}@contoso.com`,
  mailNickname: alias,
  displayName: alias,
  ...more,
});

/** The body of a creation that the directory takes. */
export const newUser = (alias: string, more: object = {}): object => ({
  accountEnabled: false,
  displayName: alias,
  mailNickname: alias,
  userPrincipalName: `${alias}@contoso.com`,
  passwordProfile: { forceChangePasswordNextSignIn: true, password: 'Trial-Pass-2026' },
  ...more,
});

/** A new tenant whose client may write groups besides all that the product needs. */
export const startWithGroups = (options: TenantOptions = {}): Promise<Client> =>
  startClient({ grant: [...DEFAULT_GRANT, 'Group.ReadWrite.All'], ...options });

/** The body of a security group. */
export const securityGroup = (displayName: string, more: object = {}): object => ({
  displayName,
  mailEnabled: false,
  mailNickname: displayName.replaceAll(' ', ''),
  securityEnabled: true,
  ...more,
});

/** Creates an object and answers its id. */
export const idOf = async (client: Client, set: string, body: object): Promise<string> => {
  const { status, body: made, text } = await client.post(`/${set}`, body);
  if (status !== 201) throw new Error(`${set}: ${status} ${text}`);
  return String(made['id']);
};

export const role = (id: string, displayName: string, more: object = {}): object => ({
  id,
  displayName,
  description: `${displayName} of the application`,
  allowedMemberTypes: ['User'],
  isEnabled: true,
  value: displayName,
  ...more,
});

export const ROLE_A = '11111111-1111-4111-8111-111111111111';
export const ROLE_B = '22222222-2222-4222-8222-222222222222';

/** An application with two roles and its service principal. */
export const register = async (client: Client, displayName = 'CORPDB1') => {
  const application = (
    await client.post('/applications', { displayName, appRoles: [role(ROLE_A, 'Reader'), role(ROLE_B, 'Writer')] })
  ).body as unknown as { id: string; appId: string };
  const principal = (await client.post('/servicePrincipals', { appId: application.appId })).body as unknown as {
    id: string;
  };
  return { applicationId: application.id, appId: application.appId, principalId: principal.id };
};

export const errorOf = ({ status, body }: Answer) => ({
  status,
  code: body['error']?.['code'] as unknown as string,
  message: body['error']?.['message'] as unknown as string,
});

export const names = (answer: Answer): string[] =>
  (answer.body['value'] as unknown as { displayName: string }[]).map(({ displayName }) => displayName).sort();
