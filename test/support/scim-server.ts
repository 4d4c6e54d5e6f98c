// A SCIM server that others wrote (scimmy), on this machine, holding what a test or a measurement gives it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

export const SCIM_TOKEN = 'tok-en-0815';
/** Of the user `svc`. */
export const SCIM_PASSWORD = 'pass-4711';

export interface Person {
  readonly id: string;
  readonly userName: string;
  readonly [attribute: string]: unknown;
}

/** What the server holds. The package keeps its resource types for the whole process. */
export const held: { users: Person[]; groups: Record<string, unknown>[]; tellsGroups: boolean } = {
  users: [],
  groups: [],
  tellsGroups: false,
};
export const listening = async (one: Server): Promise<number> => {
  await new Promise<void>((done) => one.listen(0, '127.0.0.1', done));
  return (one.address() as AddressInfo).port;
};

/** What the package hands to whoever has the resources. */
interface Asked {
  readonly id?: string;
  readonly filter?: { match(all: object[]): object[] };
  readonly constraints?: { readonly startIndex?: number; readonly count?: number; totalResults?: number };
}

const application = () => {
  const { User, Group } = SCIMMY.Resources as unknown as Record<
    'User' | 'Group',
    Parameters<typeof SCIMMY.Resources.declare>[0]
  >;
  const list = (resources: () => Record<string, unknown>[]) => ({
    egress: ({ id, filter, constraints }: Asked) => {
      const all = resources();
      if (id !== undefined) return all.find((each) => each['id'] === id);
      const found = filter ? filter.match(all) : all;
      if (constraints === undefined) return found;
      // The package makes answers of all that it is given; with the total beside them, a page is enough.
      const { startIndex = 1, count = found.length } = constraints;
      constraints.totalResults = found.length;
      return found.slice(startIndex - 1, startIndex - 1 + count);
    },
    ingress: () => {
      throw new SCIMMY.Types.Error(403, null as never, 'nobody may write here');
    },
    degress: () => {
      throw new SCIMMY.Types.Error(403, null as never, 'nobody may write here');
    },
  });
  SCIMMY.Resources.declare(User, list(() => held.users) as never);
  SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
  SCIMMY.Resources.declare(Group, list(() => held.groups) as never);
  const app = express();
  // The package takes numbers for paging, and not the texts that a query is made of.
  app.set('query parser', (query: string) =>
    Object.fromEntries(
      [...new URLSearchParams(query)].map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]),
    ),
  );
  app.use(
    '/scim',
    new SCIMMYRouters({
      type: 'bearer',
      handler: (request: express.Request) => {
        const authorization = request.header('authorization');
        const basic = `Basic ${Buffer.from(`svc:${SCIM_PASSWORD}`).toString('base64')}`;
        if (authorization !== `Bearer ${SCIM_TOKEN}` && authorization !== basic) throw new Error('Who are you?');
        return 'rollcall';
      },
    } as never) as unknown as express.RequestHandler,
  );
  return app;
};

/** There is one: the package declares its resource types once a process. */
export const scimApplication = application();

/** The server over HTTP, without TLS. Users are at `/scim/Users`. */
export const startScim = async (): Promise<{ readonly port: number; close(): void }> => {
  const server = createServer(scimApplication);
  return {
    port: await listening(server),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
