// For the tests of apply/: a directory of which only what a test names is there, and a writer that answers from a script.
import type { ApplyInput } from '../../src/apply/input.ts';
import type { Directory, DirectoryWrite, DirectoryWriter, WriteResult } from '../../src/model/directory.ts';
import type { DirectoryFailure } from '../../src/model/errors.ts';
import type { Action } from '../../src/model/plan.ts';
import { type HandClock, handClock } from './graph.ts';

const notThere = (name: string) => () => {
  throw new Error(`this test's directory has no ${name}`);
};

/** A directory that fails where it is asked for what the test has not thought of. */
export const directoryOf = (parts: Partial<Directory>): Directory => ({
  limits: {
    valuesPerLookup: 15,
    lookupsPerRequest: 20,
    usersPerPage: 999,
    requestsAtOnce: 4,
    resourceUnitsPerSecond: 350,
  },
  addresses: { graph: 'https://graph.example.com/v1.0', authority: null },
  usage: notThere('usage'),
  session: notThere('session'),
  tenant: notThere('tenant'),
  licences: notThere('licences'),
  clockSkew: notThere('clockSkew'),
  countUsers: notThere('countUsers'),
  findUsers: notThere('findUsers'),
  readUsers: notThere('readUsers'),
  findUsersById: notThere('findUsersById'),
  findGroups: notThere('findGroups'),
  groupUsers: notThere('groupUsers'),
  ownersOf: notThere('ownersOf'),
  managersOf: notThere('managersOf'),
  reviews: notThere('reviews'),
  reviewInstances: notThere('reviewInstances'),
  reviewStages: notThere('reviewStages'),
  reviewDecisions: notThere('reviewDecisions'),
  contactedReviewers: notThere('contactedReviewers'),
  reviewsToDecide: notThere('reviewsToDecide'),
  instancesToDecide: notThere('instancesToDecide'),
  stagesToDecide: notThere('stagesToDecide'),
  decisionsToDecide: notThere('decisionsToDecide'),
  findApplicationByUniqueName: notThere('findApplicationByUniqueName'),
  findApplicationByAppId: notThere('findApplicationByAppId'),
  findApplicationsByName: notThere('findApplicationsByName'),
  findServicePrincipal: notThere('findServicePrincipal'),
  assignments: notThere('assignments'),
  assignmentsOfUsers: async () => [],
  auditEvents: notThere('auditEvents'),
  ...parts,
});

export const failed = (status: number, code: string, message = code): DirectoryFailure => ({ status, code, message });
export const done = (id: string): WriteResult => ({ status: 'done', id, requestId: `request of ${id}` });
export const answered = (status: Exclude<WriteResult['status'], 'done'>, failure: DirectoryFailure): WriteResult => ({
  status,
  failure,
});

export interface ScriptedWriter extends DirectoryWriter {
  /** The writes of each call. */
  readonly calls: (readonly DirectoryWrite[])[];
}

/** Answers each write by `answer`, which is told how often a write has been sent before this time. */
export const scriptedWriter = (
  answer: (write: DirectoryWrite, sentBefore: number) => WriteResult | Promise<WriteResult>,
  writesPerRequest = 20,
): ScriptedWriter => {
  const calls: (readonly DirectoryWrite[])[] = [];
  const sent = new Map<string, number>();
  return {
    calls,
    writesPerRequest,
    callsAtOnce: 4,
    writesAtOnce: 3000,
    writesPerSecond: 20,
    write: async (writes) => {
      calls.push(writes);
      return Promise.all(
        writes.map((write) => {
          const key = JSON.stringify(write, (name, value) => (name === 'password' ? undefined : value));
          const before = sent.get(key) ?? 0;
          sent.set(key, before + 1);
          return answer(write, before);
        }),
      );
    },
  };
};

/** What applying is handed, with what was recorded. */
export const applyInput = (
  parts: Partial<ApplyInput> & { readonly actions?: readonly Action[] },
): ApplyInput & { readonly clock: HandClock; readonly recorded: { kind: string; data: unknown }[] } => {
  const recorded: { kind: string; data: unknown }[] = [];
  const { actions = [], ...rest } = parts;
  return {
    application: { displayName: 'CORPDB1', uniqueName: 'corpdb1', appId: null },
    steps: (async function* () {
      for (const action of actions) yield { action, isNeeded: true };
    })(),
    found: {},
    directory: directoryOf({}),
    writer: scriptedWriter(() => done('x')),
    record: (kind, data) => void recorded.push({ kind, data }),
    assertHeld: () => undefined,
    lagLimitMs: 60_000,
    ...rest,
    clock: handClock(),
    recorded,
  };
};
