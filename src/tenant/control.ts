// The control plane at /_tenant/: counts, faults, the clock, users by the thousand. Not part of what Graph has.
import { readFileSync } from 'node:fs';
import type { People } from './authority/people.ts';
import type { Clock } from './clock.ts';
import type { Stats } from './costs.ts';
import type { Database } from './database.ts';
import { malformed } from './errors.ts';
import type { Faults } from './faults.ts';
import { ndjsonUsers, seedUsers } from './seed.ts';
import type { Throttle } from './throttle.ts';
import { parsed } from './wire.ts';

export interface Controlled {
  readonly db: Database;
  readonly stats: Stats;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly clock: Clock;
  /** Sets which permissions the client holds; tokens that were issued keep theirs. */
  readonly grant: (names: readonly string[]) => void;
  readonly people: People;
  /** Does what is due by the clock as it stands. */
  readonly settle: () => void;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers `method` of `/_tenant/{what}`. What cannot be understood is answered with 400 and why. */
export const answerControl = async (
  controlled: Controlled,
  method: string,
  what: string,
  body: string,
): Promise<ControlAnswer> => {
  const answer = ANSWERS[`${method} ${what}`];
  if (!answer)
    return refused(404, 'NotFound', 'The control plane has stats, memory, faults, clock, grant, roles and users.');
  try {
    return { status: 200, body: await answer(controlled, body) };
  } catch (error) {
    return refused(400, 'BadRequest', error instanceof Error ? error.message : String(error));
  }
};

const refused = (status: number, code: string, message: string): ControlAnswer => ({
  status,
  body: { error: { code, message } },
});

/** What is the process's own: without pages of files, which the system takes back when it needs them. Linux alone tells. */
const ownBytes = (): number | undefined => {
  try {
    const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
};

const ANSWERS: Readonly<Record<string, (controlled: Controlled, body: string) => unknown>> = {
  'GET stats': ({ stats, throttle }) => ({ ...stats.summary(), limitsUsed: throttle.levels() }),
  'GET memory': () => {
    const { rss, heapUsed } = process.memoryUsage();
    return { residentBytes: rss, ownBytes: ownBytes() ?? rss, heapBytes: heapUsed };
  },
  'GET faults': ({ faults }) => faults.report(),
  'POST faults': ({ faults }, body) => {
    faults.arm(JSON.parse(body));
    return faults.report();
  },
  'GET clock': ({ clock }) => timeOf(clock),
  'POST clock': ({ clock, settle }, body) => {
    clock.advance(durationMs(String((JSON.parse(body) as { advance?: unknown }).advance)));
    settle();
    return timeOf(clock);
  },
  'POST grant': ({ grant }, body) => {
    const { permissions } = JSON.parse(body) as { permissions?: unknown };
    if (!Array.isArray(permissions)) throw malformed('The body is {"permissions": [names]}.');
    grant(permissions.map(String));
    return { permissions };
  },
  'POST roles': ({ people }, body) => {
    const { user, roles } = JSON.parse(body) as { user?: unknown; roles?: unknown };
    if (typeof user !== 'string' || !Array.isArray(roles))
      throw malformed('The body is {"user": name, "roles": [names]}.');
    people.setRoles(user, roles.map(String));
    return { user, roles };
  },
  'POST users': async ({ db, clock }, body) => ({ added: await seedUsers(db, bulkUsers(body), clock.now) }),
};

const timeOf = ({ now, scale }: Clock) => ({ now: new Date(now()).toISOString(), scale });

/** The users of `{"users": […]}`, or of NDJSON. */
async function* bulkUsers(body: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const whole = parsed(body) as { users?: Record<string, unknown>[] } | string | undefined;
  if (typeof whole === 'object' && Array.isArray(whole.users)) yield* whole.users;
  else yield* ndjsonUsers([body], 'the request');
}

const DURATION = /^P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNITS_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/** An ISO 8601 duration of weeks, days, hours, minutes and seconds, in milliseconds. */
const durationMs = (text: string): number => {
  const parts = DURATION.exec(text)?.slice(1);
  if (!parts) throw malformed(`'${text}' is no ISO 8601 duration such as P14D or PT2H.`);
  return parts.reduce((sum, part, i) => sum + Number(part ?? 0) * UNITS_MS[i]!, 0);
};
