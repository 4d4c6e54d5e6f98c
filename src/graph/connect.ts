// A directory behind Microsoft Graph: every question and every change, in the stages' words.
import { readFileSync } from 'node:fs';
import type { TokenCredential } from '@azure/core-auth';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Directory, DirectoryWriter, TenantInfo } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';
import { CALLS_PER_BATCH } from './batch.ts';
import { VALUES_PER_FILTER } from './filters.ts';
import { createSend } from './pipeline.ts';
import { tokensOf } from './policies/token.ts';
import { UsageMeter } from './policies/usage.ts';
import * as applications from './resources/applications.ts';
import { assignments } from './resources/assignments.ts';
import { auditEvents } from './resources/audit.ts';
import { servicePlans, tenantInfo } from './resources/organization.ts';
import * as users from './resources/users.ts';
import { createSession } from './session.ts';
import { sessionOf } from './token-claims.ts';
import { write } from './write.ts';

export interface ConnectOptions {
  /** Graph's root with its version: `https://graph.microsoft.com/v1.0`. */
  readonly graph: string;
  readonly credential: TokenCredential;
  /** A certificate authority to trust besides the system's, as a PEM file. */
  readonly caFile?: string;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number;
  readonly clock?: Clock;
}

/** Connects to a directory. Nothing is sent until something is asked. */
export const connect = (options: ConnectOptions): Directory & DirectoryWriter => {
  const { credential, clock = systemClock, concurrency = 4 } = options;
  const root = options.graph.replace(/\/+$/, '');
  const meter = new UsageMeter();
  const tokens = tokensOf(credential, `${new URL(root).origin}/.default`, () => clock.now());
  const ca = options.caFile === undefined ? {} : { ca: readCa(options.caFile) };
  const session = createSession(root, createSend({ tokens, meter, clock, ...ca }), meter, clock, concurrency);
  let tenant: Promise<TenantInfo> | undefined;
  return {
    limits: {
      valuesPerLookup: VALUES_PER_FILTER,
      lookupsPerRequest: CALLS_PER_BATCH,
      usersPerPage: users.USERS_PER_PAGE,
    },
    writesPerRequest: CALLS_PER_BATCH,
    usage: () => meter.usage(),
    session: async () => sessionOf(await tokens.get()),
    // A tenant's id and domains do not change while a command runs.
    tenant: (signal) => {
      tenant ??= tenantInfo(session, signal).catch((error: unknown) => {
        tenant = undefined;
        throw error;
      });
      return tenant;
    },
    servicePlans: (signal) => servicePlans(session, signal),
    countUsers: (signal) => users.countUsers(session, signal),
    findUsers: (lookups, attributes, signal) => users.findUsers(session, lookups, attributes, signal),
    readUsers: (attributes, signal) => users.readUsers(session, attributes, signal),
    findUsersById: (ids, attributes, signal) => users.findUsersById(session, ids, attributes, signal),
    findApplicationByUniqueName: (name, signal) => applications.findApplicationByUniqueName(session, name, signal),
    findApplicationByAppId: (appId, signal) => applications.findApplicationByAppId(session, appId, signal),
    findApplicationsByName: (name, signal) => applications.findApplicationsByName(session, name, signal),
    findServicePrincipal: (appId, signal) => applications.findServicePrincipal(session, appId, signal),
    assignments: (servicePrincipalId, signal) => assignments(session, servicePrincipalId, signal),
    auditEvents: (targetId, since, signal) => auditEvents(session, targetId, since, signal),
    write: (writes, signal) => write(session, writes, signal),
  };
};

const readCa = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RollcallError(
      `The certificate authority ${file} cannot be read: ${(error as Error).message}.`,
      'Correct caFile under directory in the configuration.',
      { cause: error },
    );
  }
};
