// The directory itself: its clock, its size against the published limits, room for new users, and their domains.
import type { TenantInfo } from '../model/directory.ts';
import type { Settings } from '../model/settings.ts';
import { count, type Found } from './check.ts';
import type { SourceFacts } from './source-check.ts';

const MINUTE = 60_000;
const SKEW_TO_TELL = MINUTE;
/** Signing in with a certificate, and tokens, tolerate about this much. */
const SKEW_TOO_MUCH = 5 * MINUTE;

/** `skew`: how far the directory is ahead of this machine, milliseconds. */
export const clockFound = (skew: number | null): Found => {
  if (skew === null)
    return {
      status: 'warning',
      found: 'the directory does not tell its time',
      remedy: 'Check that nothing between this machine and the directory takes the Date header away.',
    };
  const seconds = Math.round(Math.abs(skew) / 1000);
  const found = `this machine's clock is ${seconds === 0 ? 'right' : `${count(seconds)} s ${skew > 0 ? 'behind' : 'ahead of'} the directory's`}`;
  const details = { skewSeconds: Math.round(skew / 1000) };
  if (Math.abs(skew) < SKEW_TO_TELL) return { status: 'ok', found, details };
  return {
    status: Math.abs(skew) < SKEW_TOO_MUCH ? 'warning' : 'failed',
    found,
    remedy:
      'Set this machine\'s clock by the network: "w32tm /resync" on Windows, "timedatectl set-ntp true" on Linux, "sntp -sS time.apple.com" on macOS. Sign-ins are refused, and times in the evidence wrong, while it is off. A local tenant that was put forward is ahead on purpose.',
    details,
  };
};

/** Published limits of one application in one tenant. Source: https://learn.microsoft.com/graph/throttling-limits */
const SIZES = [
  { size: 'S', users: 50, unitsPer10s: 3500 },
  { size: 'M', users: 501, unitsPer10s: 5000 },
  { size: 'L', users: Number.POSITIVE_INFINITY, unitsPer10s: 8000 },
] as const;
const WRITES = 3000;
const WRITES_SECONDS = 150;
const VALUES_PER_LOOKUP = 15;
const USERS_PER_PAGE = 999;

/** How large the directory is, and what its limits mean in minutes for a roster of so many accounts. */
export const sizeFound = (
  users: number,
  { match }: Pick<Settings, 'match'>,
  accounts: number | undefined,
  isEmbedded = false,
): Found => {
  const rules = match.rules.length;
  if (users === 0 && isEmbedded)
    return {
      status: 'warning',
      found: 'the embedded directory has no users',
      remedy:
        'Start it with users, "directory: { local: { users: people.ndjson } }", or name a tenant: { tenant: contoso.com, signIn: deviceCode }. As it is, no account will be matched.',
      details: { users },
    };
  const { size, unitsPer10s } = SIZES.find((one) => users < one.users)!;
  const limits = `size ${size}: ${count(unitsPer10s)} resource units in 10 s, ${count(WRITES)} writes in ${WRITES_SECONDS} s`;
  const details = { users, size, unitsPer10s, writesPer150s: WRITES };
  if (accounts === undefined) return { status: 'ok', found: `${count(users)} users; ${limits}`, details };
  const units = Math.min(Math.ceil(accounts / VALUES_PER_LOOKUP) * rules, Math.ceil(users / USERS_PER_PAGE));
  const minutes = {
    reading: toTenths(units / (unitsPer10s / 10) / 60),
    assigning: toTenths((accounts * WRITES_SECONDS) / WRITES / 60),
  };
  return {
    status: 'ok',
    found: `${count(users)} users; ${limits}; by these limits ${count(accounts)} accounts take ${minutesText(minutes.reading)} to find and ${minutesText(minutes.assigning)} to assign`,
    details: { ...details, minutes },
  };
};

const toTenths = (minutes: number): number => Math.ceil(minutes * 10) / 10;
const minutesText = (minutes: number): string =>
  minutes < 1 ? 'less than a minute' : `at least ${count(minutes)} minutes`;

/** Source: https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions */
const QUOTA = { withoutOwnDomain: 50_000, withOwnDomain: 300_000 };
const NEARLY = 0.9;

/** Whether what a plan may create fits. v1.0 of Microsoft Graph does not tell the quota, so the documented one is taken. */
export const quotaFound = (
  users: number,
  { ownDomains }: Pick<TenantInfo, 'ownDomains'>,
  { create, guards }: Pick<Settings, 'create' | 'guards'>,
  accounts: number | undefined,
): Found => {
  const quota = ownDomains.length > 0 ? QUOTA.withOwnDomain : QUOTA.withoutOwnDomain;
  const unasked = Math.max(guards.floor, Math.floor(guards.maxCreateShare * (accounts ?? 0)));
  const creations = create === null ? 0 : Math.min(accounts ?? 0, unasked);
  const filled = users + creations;
  const more = create === null ? '' : `, and at most ${count(creations)} to create without being allowed by name`;
  const found = `an estimate: ${count(users)} users${more}, of ${count(quota)} objects that a directory may have unless Microsoft has raised it; groups, devices and applications count, too, and a deleted object a quarter`;
  const details = { users, creations, quota, isEstimate: true };
  if (filled <= quota * NEARLY) return { status: 'ok', found, details };
  const remedy =
    ownDomains.length === 0
      ? 'Verify a domain of your own in the Microsoft Entra admin center (Settings, Domain names): it raises the quota to 300,000.'
      : 'Look up the quota in the Microsoft Entra admin center (Overview, Properties); remove what is not needed, or ask Microsoft support to raise the object quota.';
  return { status: users >= quota && creations > 0 ? 'failed' : 'warning', found, remedy, details };
};

const DOMAINS_TOLD = 5;

/** The tenant's domains, and whether users can be made in those that the roster names. */
export const domainsFound = (
  { displayName, verifiedDomains }: TenantInfo,
  create: Settings['create'],
  { newUserDomains }: SourceFacts,
): Found => {
  const verified = new Set(verifiedDomains.map((name) => name.toLowerCase()));
  const found = `${displayName} has verified ${verifiedDomains.join(', ') || 'no domain'}`;
  if (create === null) return { status: 'ok', found };
  if (verified.size === 0)
    return { status: 'failed', found, remedy: 'Verify a domain in the tenant before users can be created.' };
  const others = [...newUserDomains].filter(([domain]) => !verified.has(domain)).sort(([, a], [, b]) => b - a);
  if (others.length === 0) return { status: 'ok', found };
  const list = others.slice(0, DOMAINS_TOLD).map(([domain, n]) => `${domain} (${count(n)})`);
  const rest = others.length > DOMAINS_TOLD ? ` and ${others.length - DOMAINS_TOLD} more` : '';
  return {
    status: 'warning',
    found: `${found}; accounts would get a user principal name in others: ${list.join(', ')}${rest}`,
    remedy:
      'Where no user is found for one of these accounts, none can be created: verify the domain in the Microsoft Entra admin center (Settings, Domain names), change the template of userPrincipalName, or leave them to an override.',
    details: { verified: verifiedDomains, others: Object.fromEntries(others) },
  };
};
