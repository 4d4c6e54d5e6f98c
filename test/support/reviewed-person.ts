// For the tests of companions: a person under review of whom nothing is known, and what a test adds.
import type { AccountFacts } from '../../src/model/account-facts.ts';
import type { ReviewContext, ReviewedAccount, ReviewedPerson } from '../../src/model/review-context.ts';

const UNKNOWN: AccountFacts = { enabled: null, lastLogin: null, created: null, ends: null, owner: null, type: null };

export const accountOf = (facts: Partial<AccountFacts> = {}, more: Partial<ReviewedAccount> = {}): ReviewedAccount => ({
  key: 'ana@contoso.com',
  role: null,
  facts: { ...UNKNOWN, ...facts },
  since: null,
  was: null,
  removals: [],
  ...more,
});

export const reviewedPerson = (more: Partial<ReviewedPerson> = {}): ReviewedPerson => ({
  id: 'ana',
  displayName: 'Ana Ruiz',
  userPrincipalName: 'ana@contoso.com',
  isEnabled: true,
  roles: [{ name: 'General', peers: null }],
  accounts: [accountOf()],
  hasAccount: true,
  rolesLost: [],
  decisions: [],
  ...more,
});

export const contextOf = (people: readonly ReviewedPerson[], more: Partial<ReviewContext> = {}): ReviewContext => ({
  application: 'CORPDB1',
  round: { id: 'round', name: 'CORPDB1 2026-12', startsAt: '2026-12-01T00:00:00Z', endsAt: '2026-12-15T00:00:00Z' },
  roster: { hash: 'sha256:roster', collectedAt: '2026-11-25T08:00:00.000Z', rows: people.length },
  last: null,
  roles: [{ name: 'General', description: null, people: people.length }],
  people,
  parts: [],
  peersKnown: true,
  notes: [],
  ...more,
});
