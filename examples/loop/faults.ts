// What goes wrong during the loop, and when: each fault is planned, and must have struck by the end of its part.
import type { Call, Fault } from '../stand-ins/service-now.ts';
import type { PlannedFault } from './tenant-control.ts';

/** Besides what is planned, so many of all requests and items of batches meet a fault by chance. */
export const CHANCE = { rate: 0.002, seed: 20_261_125 };

const ASSIGN = { method: 'POST', path: 'appRoleAssignedTo$' };
const BATCH = { method: 'POST', path: '^/\\$batch$' };
const USERS = { method: 'GET', path: '^/users\\b' };
const ASSIGNED = { method: 'GET', path: 'appRoleAssignedTo' };
const DECISIONS = { method: 'GET', path: '/decisions' };

/** Of the main job, which is killed in its middle and run again. */
export const IN_THE_MAIN_JOB: readonly PlannedFault[] = [
  { do: 'status', status: 504, ...USERS },
  { do: 'status', status: 429, retryAfter: 1, ...USERS, nth: 3 },
  { do: 'halfBody', ...USERS, nth: 5 },
  { do: 'emptyPage', ...USERS, nth: 7 },
  { do: 'repeatLink', ...USERS, nth: 9 },
  { do: 'dropReply', method: 'PATCH', path: '^/applications\\(' },
  { do: 'reset', method: 'POST', path: '^/servicePrincipals$' },
  { do: 'dropReply', ...BATCH, nth: 40 },
  { do: 'reset', ...BATCH, nth: 60 },
  { do: 'html', status: 502, ...BATCH, nth: 80 },
  { do: 'missingItem', ...BATCH, nth: 100 },
  { do: 'status', status: 429, retryAfter: 1, ...ASSIGN, nth: 500, times: 20 },
  { do: 'status', status: 503, workDone: true, ...ASSIGN, nth: 1500, times: 10 },
  { do: 'status', status: 504, ...ASSIGN, nth: 2500, times: 10 },
  { do: 'status', status: 500, ...ASSIGN, nth: 6000, times: 5 },
  { do: 'dropReply', ...BATCH, nth: 300 },
];

export const IN_THE_START_OF_THE_REVIEW: readonly PlannedFault[] = [
  { do: 'status', status: 429, retryAfter: 1, ...ASSIGNED, nth: 2 },
  { do: 'dropReply', method: 'POST', path: 'accessReviews/definitions$' },
];

export const IN_ITS_END: readonly PlannedFault[] = [
  { do: 'status', status: 503, workDone: true, method: 'POST', path: 'applyDecisions$' },
  { do: 'status', status: 503, ...DECISIONS },
  { do: 'halfBody', ...DECISIONS, nth: 10 },
  { do: 'reset', ...DECISIONS, nth: 30 },
  { do: 'status', status: 429, retryAfter: 1, ...DECISIONS, nth: 50 },
];

export const IN_RECONCILING: readonly PlannedFault[] = [
  { do: 'status', status: 504, ...USERS },
  { do: 'dropReply', ...USERS, nth: 6 },
  { do: 'reset', ...ASSIGNED },
  { do: 'halfBody', ...ASSIGNED, nth: 4 },
  { do: 'repeatLink', ...ASSIGNED, nth: 6 },
];

interface DeskFault {
  readonly method: string;
  readonly nth: number;
  readonly fault: Fault;
}

/** Of the desk where tickets are: the n-th call of a method is answered in another way than it should. */
const AT_THE_DESK: readonly DeskFault[] = [
  { method: 'GET', nth: 3, fault: { kind: 'unavailable' } },
  { method: 'POST', nth: 10, fault: { kind: 'lostReply' } },
  { method: 'POST', nth: 30, fault: { kind: 'failedAfterWork' } },
  { method: 'POST', nth: 50, fault: { kind: 'throttled', retryAfter: '1' } },
  { method: 'POST', nth: 70, fault: { kind: 'lostRequest' } },
  { method: 'POST', nth: 150, fault: { kind: 'emptyReply' } },
  { method: 'POST', nth: 200, fault: { kind: 'lostReply' } },
  { method: 'PATCH', nth: 2, fault: { kind: 'lostReply' } },
  { method: 'PATCH', nth: 6, fault: { kind: 'throttled', retryAfter: '1' } },
];

/** The faults of the desk, and how many of them have struck. */
export class DeskFaults {
  readonly planned = AT_THE_DESK.length;
  fired = 0;
  readonly #calls = new Map<string, number>();

  strike({ method }: Call): Fault | undefined {
    const nth = (this.#calls.get(method) ?? 0) + 1;
    this.#calls.set(method, nth);
    const met = AT_THE_DESK.find((one) => one.method === method && one.nth === nth);
    if (met) this.fired += 1;
    return met?.fault;
  }
}
