// Graph's limits as token buckets on the tenant's clock. Source: https://learn.microsoft.com/graph/throttling-limits
import type { Clock } from './clock.ts';
import { isWrite } from './costs.ts';
import { GraphError } from './errors.ts';
import type { GraphRequest } from './request.ts';

/** By its number of users: below 50, up to 500, above. */
export type TenantSize = 'small' | 'medium' | 'large';

const UNITS: Readonly<Record<TenantSize, number>> = { small: 3500, medium: 5000, large: 8000 };
const UNITS_MS = 10_000;
const WRITES = { most: 3000, ms: 150_000 };
const WRITES_OF_ALL_APPS = { most: 18_000, ms: 300_000 };
const REPORTS = { most: 5, ms: 10_000 };
const SIGN_IN_ACTIVITY = { most: 10, ms: 60_000 };

/** From this share of a limit on, answers tell how much of it is used. */
const TOLD_FROM = 0.8;
/** What is asked during a penalty counts, up to this share of the limit. */
const MOST_USED = 1.8;
/** A penalty lasts until this share of the limit is there again, so that whoever waited does not find a single token. */
const REOPENS_AT = 0.1;

/** A limit: so many tokens at most, which flow in evenly. Empty, it stays closed for a while. */
export class Bucket {
  readonly #most: number;
  readonly #perMs: number;
  readonly #reopensAt: number;
  #level: number;
  #at: number;
  #isClosed = false;

  constructor(most: number, ms: number, now: number) {
    this.#most = most;
    this.#perMs = most / ms;
    this.#reopensAt = Math.max(1, most * REOPENS_AT);
    this.#level = most;
    this.#at = now;
  }

  /** Takes tokens, and answers whether they were there to take. What is refused counts nevertheless. */
  take(tokens: number, now: number): boolean {
    this.#fill(now);
    if (this.#isClosed) this.#isClosed = this.#level < this.#reopensAt;
    if (this.#level < tokens) this.#isClosed = true;
    this.#level = Math.max(this.#level - tokens, this.#most * (1 - MOST_USED));
    return !this.#isClosed;
  }

  /** The share of the limit that is used: 1 where nothing is left, more during a penalty. */
  used(now: number): number {
    this.#fill(now);
    return 1 - this.#level / this.#most;
  }

  /** Milliseconds until the penalty ends, if nobody asks meanwhile. */
  get closedForMs(): number {
    return this.#isClosed ? Math.max(0, (this.#reopensAt - this.#level) / this.#perMs) : 0;
  }

  #fill(now: number): void {
    this.#level = Math.min(this.#most, this.#level + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

/** A limit as the headers name it. */
interface Limit {
  readonly bucket: Bucket;
  readonly isUnits: boolean;
  readonly scope: string;
  readonly information: string;
}

/** What one application may ask of the tenant: the limits that each kind of request falls under. */
interface Limits {
  readonly read: readonly Limit[];
  readonly write: readonly Limit[];
  readonly signInActivity: readonly Limit[];
  readonly reports: readonly Limit[];
}

type Charged = Pick<GraphRequest, 'method' | 'path' | 'query'>;

const REPORTS_PATH = /^\/auditLogs\//i;
const USERS_PATH = /^\/users\b/i;
const SIGN_IN_ACTIVITY_NAME = /\bsignInActivity\b/i;

/** Charges each request or batch item to the limits that it falls under. Without a size, nothing is limited. */
export class Throttle {
  readonly #size: TenantSize | undefined;
  readonly #tenantId: string;
  readonly #clock: Clock;
  readonly #byApp = new Map<string, Limits>();
  readonly #allWrites: Limit;

  constructor(size: TenantSize | undefined, tenantId: string, clock: Clock) {
    this.#size = size;
    this.#tenantId = tenantId;
    this.#clock = clock;
    this.#allWrites = this.#limit(WRITES_OF_ALL_APPS, 'Tenant/Write', 'WriteLimitExceeded');
  }

  /**
   * Charges a request, and answers the headers that tell how near its limits are, if they are.
   *
   * Errors: Graph's 429 with Retry-After. That is in seconds of the wall's clock, whole ones unless the tenant's runs
   * faster: whoever waits so long by the own clock is served.
   */
  charge(request: Charged, appId: string, units: number): Readonly<Record<string, string>> | undefined {
    if (this.#size === undefined) return undefined;
    const now = this.#clock.now();
    let used = 0;
    let refusedBy: Limit | undefined;
    for (const limit of this.#limitsOf(request, appId, this.#size)) {
      const { bucket } = limit;
      const isServed = bucket.take(limit.isUnits ? units : 1, now);
      if (!isServed && (!refusedBy || bucket.closedForMs > refusedBy.bucket.closedForMs)) refusedBy = limit;
      used = Math.max(used, bucket.used(now));
    }
    const told = used < TOLD_FROM ? undefined : { 'x-ms-throttle-limit-percentage': used.toFixed(2) };
    if (refusedBy) throw this.#refusal(refusedBy, appId, told);
    return told;
  }

  /** How much of each limit is used, by application, for whoever watches. */
  levels(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    const now = this.#clock.now();
    const used = ({ bucket }: Limit) => Number(bucket.used(now).toFixed(3));
    const apps = [...this.#byApp].map(([appId, { write, signInActivity, reports }]) => [
      appId,
      {
        resourceUnits: used(write[0]!),
        writes: used(write[1]!),
        writesOfAllApplications: used(write[2]!),
        signInActivity: used(signInActivity[1]!),
        reports: used(reports[0]!),
      },
    ]);
    return Object.fromEntries(apps);
  }

  #limitsOf(request: Charged, appId: string, size: TenantSize): readonly Limit[] {
    const { read, write, signInActivity, reports } = this.#ofApp(appId, size);
    if (REPORTS_PATH.test(request.path)) return reports;
    if (isWrite(request)) return write;
    return SIGN_IN_ACTIVITY_NAME.test(request.query) && USERS_PATH.test(request.path) ? signInActivity : read;
  }

  #ofApp(appId: string, size: TenantSize): Limits {
    const known = this.#byApp.get(appId);
    if (known) return known;
    const own = 'Tenant_Application';
    const units = this.#limit({ most: UNITS[size], ms: UNITS_MS }, `${own}/Read`, 'ResourceUnitLimitExceeded', true);
    const limits = {
      read: [units],
      write: [units, this.#limit(WRITES, `${own}/Write`, 'WriteLimitExceeded'), this.#allWrites],
      signInActivity: [units, this.#limit(SIGN_IN_ACTIVITY, `${own}/Read`, 'RequestLimitExceeded')],
      reports: [this.#limit(REPORTS, `${own}/ReadWrite`, 'RequestLimitExceeded')],
    };
    this.#byApp.set(appId, limits);
    return limits;
  }

  #limit({ most, ms }: { most: number; ms: number }, scope: string, information: string, isUnits = false): Limit {
    return { bucket: new Bucket(most, ms, this.#clock.now()), isUnits, scope, information };
  }

  #refusal({ bucket, scope, information }: Limit, appId: string, told: object | undefined): GraphError {
    const { onWall, scale } = this.#clock;
    // A millisecond more: a clock may still say a little less when the time is over.
    const ms = Math.ceil(onWall(bucket.closedForMs)) + 1;
    return new GraphError(429, 'TooManyRequests', 'Too many requests.', {
      headers: {
        'Retry-After': String(scale === 1 ? Math.ceil(ms / 1000) : ms / 1000),
        'x-ms-throttle-scope': `${scope}/${appId}/${this.#tenantId}`,
        'x-ms-throttle-information': information,
        ...told,
      },
    });
  }
}
