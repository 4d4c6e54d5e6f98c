// Removals for the tests of channels: invented accounts of an invented application.
import { createHash } from 'node:crypto';
import type { Removal } from '../../src/model/removal.ts';

const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** The n-th removal of a series; `parts` replaces what a test is about. */
export const removalOf = (n: number, parts: Partial<Removal> = {}): Removal => ({
  id: idOf(`CORPDB1 ${n}`),
  application: 'CORPDB1',
  applicationName: 'CORPDB1',
  account: {
    key: `person${n}@contoso.com`,
    identities: [{ columns: ['EMail'], value: `person${n}@contoso.com`, raw: `person${n}@contoso.com` }],
    cells: { EMail: `person${n}@contoso.com`, Login: `P${n}` },
    user: { id: `u${n}`, userPrincipalName: `person${n}@contoso.com`, displayName: `Person ${n}` },
  },
  role: null,
  cause: { kind: 'denied', review: 'r1', decidedBy: 'owner@contoso.com', justification: 'Left the team' },
  decidedAt: '2026-11-01T08:00:00.000Z',
  since: '2026-11-01T08:00:00.000Z',
  roster: 'sha256:1',
  due: '2026-11-15T08:00:00.000Z',
  state: 'open',
  order: null,
  failure: null,
  claimedAt: null,
  remindedAt: null,
  escalatedAt: null,
  exception: null,
  seen: null,
  confirmedBy: null,
  ...parts,
});

export const removalsOf = (count: number): Removal[] =>
  Array.from({ length: count }, (_, index) => removalOf(index + 1));
