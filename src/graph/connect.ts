// A directory, reached over Microsoft Graph.
import type { TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Directory, DirectoryWriter, TenantInfo } from '../model/directory.ts';
import { createBatch } from './batch.ts';
import { createClient } from './client.ts';
import { CALLS_PER_ENVELOPE } from './envelope.ts';
import { MAX_ALTERNATIVES } from './filters.ts';
import type { Graph } from './graph.ts';
import { SMALLEST_UNITS_PER_SECOND, WRITES_AT_ONCE, WRITES_PER_SECOND } from './limits.ts';
import { createPace } from './pace.ts';
import { PAGE_SIZE } from './pages.ts';
import { createPipeline } from './pipeline.ts';
import * as applications from './resources/applications.ts';
import { assignments, assignmentsOfUsers } from './resources/assignments.ts';
import { createAuditLog } from './resources/audit.ts';
import { clockSkew, licences, tenant } from './resources/organization.ts';
import * as people from './resources/people.ts';
import * as reviews from './resources/reviews.ts';
import { findServicePrincipal } from './resources/service-principals.ts';
import * as users from './resources/users.ts';
import { session } from './session.ts';
import { createTokens } from './tokens.ts';
import { createUsage } from './usage.ts';
import { createWindow, USUAL_BOUNDS } from './window.ts';
import { write } from './write.ts';

export interface ConnectOptions {
  /** The root with its version: `https://graph.microsoft.com/v1.0`. */
  readonly graph: string;
  readonly credential: TokenCredential;
  /** Where the credential signs in, for those who read about it. */
  readonly authority?: string;
  /** The system's own by default. */
  readonly clock?: Clock;
  /** Certificates in PEM to be trusted besides the usual ones. */
  readonly caFile?: string;
  /** Which limits the directory keeps to: those that Microsoft publishes, by default, or none. */
  readonly limits?: 'published' | 'none';
  /** How many times faster than the clock the directory's time runs, as in a rehearsal; 1 by default. */
  readonly timeScale?: number;
  /** Is told, in words, when something takes long. */
  readonly onNotice?: (text: string) => void;
}

/** Nothing is sent before the first method is called. */
export const connect = (options: ConnectOptions): Directory & DirectoryWriter => {
  const { credential, clock = systemClock, caFile, limits = 'published', timeScale = 1, onNotice } = options;
  const root = options.graph.replace(/\/+$/, '');
  const tokens = createTokens(credential, `${new URL(root).origin}/.default`, clock);
  const usage = createUsage();
  const pace = createPace({ clock, limits, timeScale, ...(onNotice && { onNotice }) });
  const window = createWindow(clock);
  const pipeline = createPipeline({
    root,
    clock,
    pace,
    window,
    tokens,
    usage,
    ...(caFile !== undefined && { caFile }),
    ...(onNotice && { onNotice }),
  });
  const client = createClient(root, pipeline, createDefaultHttpClient());
  const batch = createBatch({ client, clock, pace, window, tokens, usage });
  const graph: Graph = { client, batch, clock, tokens, window, advancedKinds: new Set() };
  const auditLog = createAuditLog(graph);
  let info: Promise<TenantInfo> | undefined;
  return Object.freeze({
    limits: Object.freeze({
      valuesPerLookup: MAX_ALTERNATIVES,
      lookupsPerRequest: CALLS_PER_ENVELOPE,
      usersPerPage: PAGE_SIZE,
      requestsAtOnce: USUAL_BOUNDS.first,
      resourceUnitsPerSecond: SMALLEST_UNITS_PER_SECOND,
    }),
    addresses: Object.freeze({ graph: root, authority: options.authority ?? null }),
    writesPerRequest: CALLS_PER_ENVELOPE,
    // Envelopes that wait for their turn are filled up with what was throttled meanwhile.
    callsAtOnce: USUAL_BOUNDS.most,
    writesAtOnce: limits === 'none' ? Number.POSITIVE_INFINITY : WRITES_AT_ONCE,
    writesPerSecond: limits === 'none' ? Number.POSITIVE_INFINITY : WRITES_PER_SECOND * timeScale,
    usage: usage.total,
    session: (signal) => session(tokens, signal),
    // Neither name nor domains change while a command runs.
    tenant: (signal) => {
      info ??= tenant(graph, signal).catch((error: unknown) => {
        info = undefined;
        throw error;
      });
      return info;
    },
    licences: (signal) => licences(graph, signal),
    clockSkew: (signal) => clockSkew(graph, signal),
    countUsers: async (signal) => {
      const count = await users.countUsers(graph, signal);
      pace.size(count);
      return count;
    },
    findUsers: (lookups, attributes, signal) => users.findUsers(graph, lookups, attributes, signal),
    readUsers: (attributes, signal) => users.readUsers(graph, attributes, signal),
    findUsersById: (ids, attributes, signal) => users.findUsersById(graph, ids, attributes, signal),
    findGroups: (nameOrId, signal) => people.findGroups(graph, nameOrId, signal),
    groupUsers: (id, attributes, signal) => people.groupUsers(graph, id, attributes, signal),
    ownersOf: (id, attributes, signal) => people.ownersOf(graph, id, attributes, signal),
    managersOf: (ids, attributes, signal) => people.managersOf(graph, ids, attributes, signal),
    reviews: (signal) => reviews.reviews(graph, signal),
    reviewInstances: (id, signal) => reviews.reviewInstances(graph, id, signal),
    reviewStages: (id, instance, signal) => reviews.reviewStages(graph, id, instance, signal),
    reviewDecisions: (id, instance, stage, signal) => reviews.reviewDecisions(graph, id, instance, stage, signal),
    contactedReviewers: (id, instance, signal) => reviews.contactedReviewers(graph, id, instance, signal),
    reviewsToDecide: (signal) => reviews.reviewsToDecide(graph, signal),
    instancesToDecide: (id, signal) => reviews.instancesToDecide(graph, id, signal),
    stagesToDecide: (id, instance, signal) => reviews.stagesToDecide(graph, id, instance, signal),
    decisionsToDecide: (id, instance, stage, signal) => reviews.decisionsToDecide(graph, id, instance, stage, signal),
    findApplicationByUniqueName: (name, signal) => applications.findApplicationByUniqueName(graph, name, signal),
    findApplicationByAppId: (appId, signal) => applications.findApplicationByAppId(graph, appId, signal),
    findApplicationsByName: (name, signal) => applications.findApplicationsByName(graph, name, signal),
    findServicePrincipal: (appId, signal) => findServicePrincipal(graph, appId, signal),
    assignments: (id, signal) => assignments(graph, id, signal),
    assignmentsOfUsers: (id, userIds, signal) => assignmentsOfUsers(graph, id, userIds, signal),
    auditEvents: (id, since, signal) => auditLog.auditEvents(id, since, signal),
    write: (writes, signal) => write(graph, writes, signal),
  } satisfies Directory & DirectoryWriter);
};
