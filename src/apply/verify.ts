// Compares the directory with what the roster calls for, and says why something is missing. Changes nothing.
import type { Clock } from '../model/clock.ts';
import type { Assignment, Directory } from '../model/directory.ts';
import { PairSet } from '../model/pairs.ts';
import { patience } from './patience.ts';

/** An assignment that should be there. */
export interface Wanted {
  readonly row: number;
  readonly principalId: string;
  readonly principalName: string;
  readonly roleId: string;
  readonly roleName: string;
}

export interface VerifyInput {
  readonly directory: Directory;
  readonly servicePrincipalId: string;
  /** Asked for several times. */
  wanted(): AsyncIterable<Wanted>;
  readonly clock: Clock;
  /** How long to go on looking for what is missing; 0 looks once. Milliseconds. */
  readonly lagLimitMs: number;
  /** Where the directory's audit log is searched from, ISO 8601; null leaves it alone. */
  readonly explainSince: string | null;
  readonly signal?: AbortSignal;
}

export interface Missing extends Wanted {
  /** What the directory's audit log says of it, if anything. */
  readonly reason: string | null;
}

export interface Verification {
  /** How many assignments the roster calls for, and how many of them the directory has. */
  readonly wanted: number;
  readonly present: number;
  readonly missing: readonly Missing[];
  /** Assignments that the roster does not call for: somebody else made them, or their account is gone. */
  readonly unexpected: number;
  /** The first of them. */
  readonly unexpectedExamples: readonly Assignment[];
}

/** So many missing assignments are looked up in the audit log, which takes five requests in ten seconds. */
const EXPLAINED = 10;
const EXAMPLES = 20;

/** Reads all assignments of the application, again and again while some are missing and time is left. */
export const verifyAssignments = async (input: VerifyInput): Promise<Verification> => {
  const waiting = patience(input.clock, input.lagLimitMs, input.signal);
  for (;;) {
    const { lacking, ...seen } = await compare(input);
    if (lacking.size === 0) return { ...seen, missing: [] };
    if (await waiting.pause()) continue;
    return { ...seen, missing: await explain(lacking, input) };
  }
};

const compare = async (input: VerifyInput): Promise<Omit<Verification, 'missing'> & { lacking: PairSet }> => {
  const lacking = new PairSet();
  for await (const { principalId, roleId } of input.wanted()) lacking.add(principalId, roleId);
  const wanted = lacking.size;
  let unexpected = 0;
  const unexpectedExamples: Assignment[] = [];
  for await (const page of input.directory.assignments(input.servicePrincipalId, input.signal)) {
    for (const assignment of page) {
      if (lacking.delete(assignment.principalId, assignment.appRoleId)) continue;
      unexpected += 1;
      if (unexpectedExamples.length < EXAMPLES) unexpectedExamples.push(assignment);
    }
  }
  return { wanted, present: wanted - lacking.size, lacking, unexpected, unexpectedExamples };
};

const explain = async (lacking: PairSet, input: VerifyInput): Promise<readonly Missing[]> => {
  const missing: Missing[] = [];
  for await (const wanted of input.wanted()) {
    if (!lacking.has(wanted.principalId, wanted.roleId)) continue;
    const reason = missing.length < EXPLAINED ? await auditReason(wanted, input) : null;
    missing.push({ ...wanted, reason });
  }
  return missing;
};

const auditReason = async ({ principalId }: Wanted, input: VerifyInput): Promise<string | null> => {
  if (input.explainSince === null) return null;
  const events = await input.directory.auditEvents(principalId, input.explainSince, input.signal);
  const failed = events.find(({ result }) => result !== 'success');
  const told = failed ?? events.find(({ activity }) => /remove|delete/i.test(activity));
  return told ? `${told.at} ${told.activity}: ${told.reason || told.result}` : null;
};
