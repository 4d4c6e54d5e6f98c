// A world in which people have access that is reviewed: a tenant whose clock goes forward, and reviewers who are played.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TenantOptions } from '../../../src/tenant/server.ts';
import { commandHere, type EndedHere, rollcallHere } from './in-process.ts';
import { ask, change, emptyWorld, readAll, temporaryFolder, type World } from './world.ts';

export type Json = Record<string, unknown>;

/** `ana` → `ana@contoso.com` */
export const upn = (name: string): string => `${name}@contoso.com`;

export interface Person {
  readonly name: string;
  readonly manager?: string;
  readonly [property: string]: unknown;
}

export interface ReviewSetup {
  /** What stands under `review:`, in one line. */
  readonly review: string;
  /** Who has access. */
  readonly people: readonly (string | Person)[];
  /** Who else is in the directory; the owner is, always. */
  readonly others?: readonly (string | Person)[];
  readonly tenant?: TenantOptions;
}

export interface ReviewWorld {
  readonly world: World;
  /** Runs `rollcall …` in this process. */
  rollcall(...args: readonly string[]): Promise<EndedHere>;
  /** The same with `--output json`, after checking the exit status. */
  json(expectedStatus: number, ...args: readonly string[]): Promise<Json>;
  /** Tells the tenant's control plane something. */
  control(what: string, body: Json): Promise<void>;
  /** `P14D`: time passes in the tenant. */
  advance(duration: string): Promise<void>;
  /** Plays reviewers: reviewer, user, decision, justification. Answers how it ended. */
  decide(
    ...lines: readonly (readonly [string, string, string, string?])[]
  ): Promise<{ status: number | null; out: string }>;
  /** Writes another review into the configuration. */
  configure(review: string): void;
  /** The list of accounts as it is from now on, by the names of the people. */
  accounts(...names: readonly string[]): void;
  /** Who is assigned to the application in the directory, by name. */
  assigned(): Promise<readonly string[]>;
}

const configuration = (review: string, directory = 'local'): string =>
  [
    'application: CORPDB1',
    `directory: ${directory}`,
    'source: { csv: { path: users.csv } }',
    'match: [{ column: EMail, attribute: userPrincipalName }]',
    `review: ${review}`,
    // A list may shrink to nothing here.
    'guards: { maxShrinkShare: 1 }',
  ].join('\n');

const asPerson = (one: string | Person): Person => (typeof one === 'string' ? { name: one } : one);

const asUser = ({ name, manager: _, ...more }: Person): Json => ({
  userPrincipalName: upn(name),
  displayName: name,
  mailNickname: name,
  mail: upn(name),
  accountEnabled: true,
  ...more,
});

/** People with access, assigned by `rollcall run`. What is sent is recorded under `name`, if there is one. */
export const reviewWorld = async (setup: ReviewSetup, name?: string): Promise<ReviewWorld> => {
  const people = setup.people.map(asPerson);
  const files = { 'rollcall.yaml': configuration(setup.review), 'users.csv': '' };
  const world = await emptyWorld(files, name, setup.tenant);
  const made = worldOf(world);
  made.accounts(...people.map((one) => one.name));
  const everybody = [...people, ...(setup.others ?? []).map(asPerson), { name: 'owner' } as Person];
  await control(world, 'users', { users: everybody.map(asUser) });
  await setManagers(world, everybody);
  const run = await made.rollcall('run', '--yes');
  expect(run.status, run.err).toBe(0);
  return made;
};

const control = async ({ tenant }: World, what: string, body: Json): Promise<void> => {
  const answer = await ask(tenant, `${tenant.authority}/_tenant/${what}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok, `${what}: ${answer.status}`).toBe(true);
};

const setManagers = async ({ tenant }: World, everybody: readonly Person[]): Promise<void> => {
  if (everybody.every(({ manager }) => manager === undefined)) return;
  const users = await readAll(tenant, '/users?$select=id,userPrincipalName');
  const idOf = new Map(users.map(({ id, userPrincipalName }) => [String(userPrincipalName), String(id)]));
  for (const { name, manager } of everybody) {
    if (manager === undefined) continue;
    const reference = { '@odata.id': `${tenant.graph}/users/${idOf.get(upn(manager))}` };
    await change(tenant, 'PUT', `/users/${idOf.get(upn(name))}/manager/$ref`, reference);
  }
};

const worldOf = (world: World): ReviewWorld => {
  const { folder, tenant } = world;
  const rollcall: ReviewWorld['rollcall'] = (...args) => rollcallHere(folder, ...args);
  return {
    world,
    rollcall,
    json: async (expectedStatus, ...args) => {
      const { status, out, err } = await rollcall(...args, '--output', 'json');
      if (status !== expectedStatus)
        throw new Error(`rollcall ${args.join(' ')} ended with ${status}, not ${expectedStatus}:\n${err}\n${out}`);
      return JSON.parse(out) as Json;
    },
    control: (what, body) => control(world, what, body),
    advance: async (duration) => {
      const { status, err } = await world.rollcall('tenant', 'advance', duration);
      expect(status, err).toBe(0);
    },
    decide: async (...lines) => {
      const rows = lines.map(([reviewer, user, decision, why = '']) => [
        upn(reviewer),
        user === '*' ? user : upn(user),
        decision,
        why,
      ]);
      const script = [['reviewer', 'user', 'decision', 'justification'], ...rows]
        .map((row) => row.join(','))
        .join('\n');
      writeFileSync(join(folder, 'script.csv'), `${script}\n`);
      return world.rollcall('tenant', 'decide', '--script', 'script.csv', '--output', 'json');
    },
    configure: (review) => writeFileSync(join(folder, 'rollcall.yaml'), configuration(review)),
    accounts: (...names) =>
      writeFileSync(join(folder, 'users.csv'), `EMail\n${names.map((one) => `${upn(one)}\n`).join('')}`),
    assigned: async () => {
      const [principal] = (await readAll(tenant, '/servicePrincipals')).filter(
        (one) => one['displayName'] === 'CORPDB1',
      );
      const all = await readAll(tenant, `/servicePrincipals/${principal!['id']}/appRoleAssignedTo`);
      return all.map(({ principalDisplayName }) => String(principalDisplayName)).sort();
    },
  };
};

/** What decisions say, by the person's name: the word, who said it, what was applied. */
export const decided = (results: Json): Record<string, string> =>
  Object.fromEntries(
    (results['decisions'] as Decided[]).map(({ principal, decision, reviewedBy, applyResult }) => [
      principal.displayName,
      `${decision} ${reviewedBy?.displayName ?? 'nobody'} ${applyResult}`,
    ]),
  );

interface Decided {
  readonly principal: { readonly displayName: string };
  readonly decision: string;
  readonly reviewedBy: { readonly displayName: string } | null;
  readonly applyResult: string;
}

/** Removals by the account's key: their state. */
export const removalStates = (list: Json): Record<string, string> =>
  Object.fromEntries(
    (list['removals'] as { account: { key: string }; state: string }[]).map(({ account, state }) => [
      account.key.replace('@contoso.com', ''),
      state,
    ]),
  );

/** Somebody who signs in with a device code: at a machine of their own, with nothing on it but the configuration, or in a folder that is there. */
export interface SignedIn {
  readonly folder: string;
  rollcall(...args: readonly string[]): Promise<EndedHere>;
}

/** The tenant must serve over TLS: people sign in to nothing else. */
export const signedInAs = (
  { tenant }: World,
  name: string,
  review: string,
  folder: string = temporaryFolder(),
): SignedIn => {
  const { tenantId, graph, authority, clientId, caFile } = tenant;
  const directory = { tenant: tenantId, graph, authority, caFile, clientId, signIn: 'deviceCode' };
  const file = join(folder, 'signed-in.yaml');
  writeFileSync(file, configuration(review, JSON.stringify(directory)));
  return {
    folder,
    rollcall: async (...args) => {
      let answered: Promise<unknown> = Promise.resolve();
      const ended = await commandHere([...args, '--config', file], (text) => {
        const code = /enter the code (\w+)/.exec(text)?.[1];
        if (code === undefined) return;
        const body = new URLSearchParams({ code, user: upn(name), answer: 'accept' });
        answered = ask(tenant, `${authority}/devicelogin`, { method: 'POST', body });
      });
      await answered;
      return ended;
    },
  };
};
