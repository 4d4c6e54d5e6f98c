// Faults by script: the n-th request that matches fails as it is told to. A test can ask which of them fired.
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphError } from './errors.ts';

/** `path` is a regular expression over path and query; batch items are matched, too. */
export interface Fault {
  readonly method?: string;
  readonly path?: string;
  /** The first match that it strikes, from 1. Default 1. */
  readonly nth?: number;
  /** How many matches in a row. Default 1. */
  readonly times?: number;
  /** status: refuse without doing it. dropReply: do it, then cut the connection. reset: cut it before. delay: wait first. */
  readonly do: 'status' | 'dropReply' | 'reset' | 'delay';
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Milliseconds. */
  readonly ms?: number;
}

const FIELDS = new Set(['method', 'path', 'nth', 'times', 'do', 'status', 'code', 'message', 'retryAfter', 'ms']);

interface Armed extends Fault {
  readonly pattern: RegExp;
  matched: number;
  fired: number;
}

export class Faults {
  #armed: Armed[] = [];

  /** Replaces the script. Throws {@link GraphError} where a fault cannot be understood. */
  arm(faults: unknown): void {
    if (!Array.isArray(faults)) throw new GraphError(400, 'BadRequest', 'faults must be a list.');
    this.#armed = faults.map((fault: Fault) => {
      const unknown = Object.keys(fault).find((name) => !FIELDS.has(name));
      if (unknown !== undefined)
        throw new GraphError(400, 'BadRequest', `a fault has no "${unknown}"; it has ${[...FIELDS].join(', ')}.`);
      if (!['status', 'dropReply', 'reset', 'delay'].includes(fault.do)) {
        throw new GraphError(
          400,
          'BadRequest',
          `a fault cannot do "${fault.do}"; it can do status, dropReply, reset or delay.`,
        );
      }
      return { ...fault, pattern: new RegExp(fault.path ?? ''), matched: 0, fired: 0 };
    });
  }

  /** The fault that strikes this request, if one does. */
  strike(method: string, address: string): Fault | undefined {
    let struck: Armed | undefined;
    for (const fault of this.#armed) {
      if (fault.method && fault.method.toUpperCase() !== method) continue;
      if (!fault.pattern.test(address)) continue;
      fault.matched += 1;
      const first = fault.nth ?? 1;
      if (struck || fault.matched < first || fault.matched >= first + (fault.times ?? 1)) continue;
      fault.fired += 1;
      struck = fault;
    }
    return struck;
  }

  /** Each fault with how often it matched and fired. */
  report(): readonly unknown[] {
    return this.#armed.map(({ pattern: _pattern, ...fault }) => fault);
  }
}

/** The connection breaks before the work is done. */
export class ConnectionReset extends Error {}

/** What a fault does before the work. Throws the refusal that it stands for, or {@link ConnectionReset}. */
export const suffer = async (fault: Fault | undefined): Promise<void> => {
  if (fault?.do === 'delay') await sleep(fault.ms ?? 0);
  if (fault?.do === 'reset') throw new ConnectionReset('The connection was to be reset.');
  if (fault?.do === 'status') throw faultError(fault);
};

const CODES: Readonly<Record<number, string>> = {
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  504: 'GatewayTimeout',
};

const faultError = ({ status = 503, code, message, retryAfter }: Fault): GraphError =>
  new GraphError(
    status,
    code ?? CODES[status] ?? (status < 500 ? 'Request_BadRequest' : 'ServiceUnavailable'),
    message ?? 'The service is not available.',
    {
      headers: retryAfter !== undefined || status === 429 ? { 'Retry-After': String(retryAfter ?? 1) } : {},
    },
  );
