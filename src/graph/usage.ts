// Counts what a connection has spent.
import type { DirectoryUsage } from '../model/directory.ts';

export interface UsageCounter {
  total(): DirectoryUsage;
  /** An HTTP request was sent. */
  countRequest(): void;
  /** A change was sent, alone or inside an envelope. */
  countWrite(): void;
  /** An answer came, alone or inside an envelope. */
  countAnswer(status: number, header: (name: string) => string | undefined): void;
}

export const createUsage = (): UsageCounter => {
  const total = { requests: 0, resourceUnits: 0, writes: 0, throttled: 0 };
  return {
    total: () => ({ ...total }),
    countRequest: () => {
      total.requests += 1;
    },
    countWrite: () => {
      total.writes += 1;
    },
    countAnswer: (status, header) => {
      const units = Number(header('x-ms-resource-unit') ?? 0);
      if (Number.isFinite(units)) total.resourceUnits += units;
      if (status === 429) total.throttled += 1;
    },
  };
};
