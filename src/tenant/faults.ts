// Which fault strikes which request: by script, the n-th that matches; and by chance, at a rate, from a seed.
import { drawn } from './draw.ts';
import { malformed } from './errors.ts';

/** What a fault does, and how a fault of the script is named where no other name says it better. */
const DOES = [
  /** Refuses with `status`, `code`, `message`, `retryAfter`. */
  'status',
  /** 401, and the token that was sent is good for nothing any more. */
  'unauthorized',
  /** Answers with a proxy's page, with `status` 502 or another. */
  'html',
  /** Does the work, then cuts the connection in place of the answer. */
  'dropReply',
  /** Cuts the connection before the work. */
  'reset',
  /** Waits `ms` before the work. */
  'delay',
  /** Does the work, and cuts the connection in the middle of the answer. */
  'halfBody',
  /** Answers an empty page, whose link leads to the page that was asked for. */
  'emptyPage',
  /** Answers a page whose link leads to the same page again. */
  'repeatLink',
  /** Leaves one item out of a batch's answer. */
  'missingItem',
  /** Answers a batch's items in another order. */
  'otherOrder',
] as const;

/** A fault. Only what is named for `do` has a meaning. */
export interface Fault {
  readonly do: (typeof DOES)[number];
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** Seconds; null: a 429 that does not say when. Default 1 for a 429, else not said. */
  readonly retryAfter?: number | null;
  /** Milliseconds of the wall's clock. */
  readonly ms?: number;
  /** Of status, html and delay: the work is done first. */
  readonly workDone?: boolean;
  /** Of halfBody: the answer comes in chunks that end too soon, in place of fewer bytes than Content-Length says. */
  readonly chunked?: boolean;
  /** Of unauthorized: with a claims challenge. */
  readonly claims?: boolean;
}

/** A fault of a script, and where it strikes. `path` is a regular expression over path and query; batch items count, too. */
export interface ScriptedFault extends Fault {
  readonly method?: string;
  readonly path?: string;
  /** The first match that it strikes, from 1. Default 1. */
  readonly nth?: number;
  /** How many matches in a row. Default 1. */
  readonly times?: number;
}

const FIELDS = 'do status code message retryAfter ms workDone chunked claims method path nth times'.split(' ');

/** Where chance can put a kind: on what is asked, alone or as an item; on a list; on a whole request; on a batch. */
type On = 'item' | 'list' | 'request' | 'batch';

/** The kinds that chance chooses from. */
const KINDS: Readonly<Record<string, Fault & { readonly on: On }>> = {
  throttled: { on: 'item', do: 'status', status: 429, retryAfter: 1 },
  throttledWithoutRetryAfter: { on: 'item', do: 'status', status: 429, retryAfter: null },
  unavailable: { on: 'item', do: 'status', status: 503, retryAfter: 1 },
  unavailableAfterWork: { on: 'item', do: 'status', status: 503, workDone: true },
  gatewayTimeout: { on: 'item', do: 'status', status: 504 },
  gatewayTimeoutAfterWork: { on: 'item', do: 'status', status: 504, workDone: true },
  internalError: { on: 'item', do: 'status', status: 500 },
  unauthorized: { on: 'request', do: 'unauthorized' },
  claimsChallenge: { on: 'request', do: 'unauthorized', claims: true },
  proxyPage502: { on: 'request', do: 'html', status: 502 },
  proxyPage200: { on: 'request', do: 'html', status: 200 },
  droppedReply: { on: 'request', do: 'dropReply' },
  reset: { on: 'request', do: 'reset' },
  late: { on: 'request', do: 'delay', ms: 500 },
  lateAfterWork: { on: 'request', do: 'delay', ms: 500, workDone: true },
  halfBody: { on: 'request', do: 'halfBody' },
  halfBodyInChunks: { on: 'request', do: 'halfBody', chunked: true },
  emptyPage: { on: 'list', do: 'emptyPage' },
  repeatedLink: { on: 'list', do: 'repeatLink' },
  missingItem: { on: 'batch', do: 'missingItem' },
  otherOrder: { on: 'batch', do: 'otherOrder' },
};

/** The names of {@link KINDS}. */
export const FAULT_KINDS: readonly string[] = Object.keys(KINDS);

/** Faults by chance. */
export interface Chance {
  /** The share of requests, and of batch items, that one strikes: 0 to 1. */
  readonly rate: number;
  readonly seed: number;
  /** Of {@link FAULT_KINDS}. Default: all. */
  readonly kinds?: readonly string[];
}

/** A request or batch item as faults see it. */
export interface Aim {
  readonly method: string;
  /** Path and query. */
  readonly address: string;
  /** Of the request among those with the directory, from 1. */
  readonly number: number;
  /** Of an item in its batch, from 1; absent for a whole request. */
  readonly item?: number;
}

/** A fault that strikes. */
export class Strike {
  /** What it does, or the kind that chance chose. */
  readonly name: string;
  readonly fault: Fault;
  readonly #count: () => void;
  #hasFired = false;

  constructor(name: string, fault: Fault, count: () => void) {
    this.name = name;
    this.fault = fault;
    this.#count = count;
  }

  get hasFired(): boolean {
    return this.#hasFired;
  }

  /** To be told when it does something: an empty page, say, can be made of a list alone. */
  fire(): void {
    this.#hasFired = true;
    this.#count();
  }
}

interface Armed extends ScriptedFault {
  readonly pattern: RegExp;
  matched: number;
  fired: number;
}

/** What is armed, and what fired so far. */
export interface FaultReport {
  /** The script, each fault with how often it matched and fired. */
  readonly faults: readonly (ScriptedFault & { readonly matched: number; readonly fired: number })[];
  readonly rate: number;
  readonly seed: number;
  /** How often each kind was chosen by chance and fired. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Of the script and by chance together. */
  readonly fired: number;
}

export class Faults {
  #armed: readonly Armed[] = [];
  #chance: Required<Chance> = { rate: 0, seed: 1, kinds: [] };
  #byKind: Record<string, number> = {};

  constructor(chance?: Chance) {
    if (chance) this.arm(chance);
  }

  /** Replaces what was armed: `{faults?, rate?, seed?, kinds?}`. Throws a GraphError where it cannot be understood. */
  arm(given: unknown): void {
    const { faults = [], ...chance } = isObject(given) ? given : {};
    if (!isObject(given) || (given['faults'] === undefined && given['rate'] === undefined))
      throw malformed('Give "faults", a list, or "rate", a share of all requests, or both.');
    if (!Array.isArray(faults)) throw malformed('faults must be a list.');
    const armed = faults.map(armedOf);
    this.#chance = chanceOf(chance);
    this.#armed = armed;
    this.#byKind = Object.fromEntries(this.#chance.kinds.map((kind) => [kind, 0]));
  }

  /** The fault that strikes here, if one does. The script comes before chance. */
  strike(aim: Aim): Strike | undefined {
    return this.#byScript(aim) ?? this.#byChance(aim);
  }

  report(): FaultReport {
    const { rate, seed } = this.#chance;
    const faults = this.#armed.map(({ pattern: _pattern, ...fault }) => fault);
    const counts = [...faults.map(({ fired }) => fired), ...Object.values(this.#byKind)];
    const fired = counts.reduce((sum, count) => sum + count, 0);
    return { faults, rate, seed, kinds: { ...this.#byKind }, fired };
  }

  #byScript({ method, address }: Aim): Strike | undefined {
    let struck: Armed | undefined;
    for (const fault of this.#armed) {
      if (fault.method && fault.method.toUpperCase() !== method) continue;
      if (!fault.pattern.test(address)) continue;
      fault.matched += 1;
      const first = fault.nth ?? 1;
      if (struck || fault.matched < first || fault.matched >= first + (fault.times ?? 1)) continue;
      struck = fault;
    }
    const fault = struck;
    return (
      fault &&
      new Strike(fault.do, fault, () => {
        fault.fired += 1;
      })
    );
  }

  #byChance({ method, address, number, item }: Aim): Strike | undefined {
    const { rate, seed, kinds } = this.#chance;
    if (rate === 0) return undefined;
    const chance = drawn(seed, number, item ?? 0);
    if (chance >= rate) return undefined;
    const isBatch = address === BATCH;
    const fitting = kinds.filter((kind) => {
      const { on } = KINDS[kind]!;
      if (on === 'item') return !isBatch || item === undefined;
      return on === 'list' ? method === 'GET' : item === undefined && (on === 'request' || isBatch);
    });
    const name = fitting[Math.floor((chance / rate) * fitting.length)];
    if (name === undefined) return undefined;
    const counts = this.#byKind;
    return new Strike(name, KINDS[name]!, () => {
      counts[name] = counts[name]! + 1;
    });
  }
}

const BATCH = '/$batch';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const armedOf = (fault: unknown): Armed => {
  if (!isObject(fault)) throw malformed('A fault is an object.');
  const unknown = Object.keys(fault).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw malformed(`A fault has no "${unknown}"; it has ${FIELDS.join(', ')}.`);
  if (!DOES.some((one) => one === fault['do']))
    throw malformed(`A fault cannot do "${fault['do']}"; it can do ${DOES.join(', ')}.`);
  return {
    ...(fault as unknown as ScriptedFault),
    pattern: new RegExp(String(fault['path'] ?? '')),
    matched: 0,
    fired: 0,
  };
};

const chanceOf = (given: Readonly<Record<string, unknown>>): Required<Chance> => {
  const { rate = 0, seed = 1, kinds = FAULT_KINDS, ...more } = given;
  const unknown = Object.keys(more)[0];
  if (unknown !== undefined) throw malformed(`There is no "${unknown}"; there are faults, rate, seed and kinds.`);
  if (typeof rate !== 'number' || !(rate >= 0 && rate <= 1)) throw malformed('rate must be a number from 0 to 1.');
  if (!Number.isSafeInteger(seed)) throw malformed('seed must be a whole number.');
  if (!Array.isArray(kinds) || kinds.some((kind) => !FAULT_KINDS.includes(kind)))
    throw malformed(`kinds must be a list of some of ${FAULT_KINDS.join(', ')}.`);
  return { rate, seed: seed as number, kinds: rate === 0 ? [] : kinds };
};
