// From what people write to what the code uses: every default filled in, every path absolute.
import { resolve } from 'node:path';
import { CLOUDS } from '../model/clouds.ts';
import { decidingHash, decidingParts } from '../model/deciding.ts';
import type {
  CreateSettings,
  DirectorySettings,
  GuardSettings,
  MatchRule,
  Override,
  RoleDescriptions,
  RoleSettings,
  Settings,
  SignIn,
  Transform,
} from '../model/settings.ts';
import { accountSettings, completeSettings } from './accounts.ts';
import { evidenceSettings } from './evidence.ts';
import { removalSettings } from './removals.ts';
import { reviewSettings } from './review.ts';
import { secretPlace, type ToPath } from './shapes.ts';
import { sourceSettings } from './sources/sources.ts';
import { templateColumns } from './template.ts';
import { defaultUniqueName } from './unique-name.ts';
import { LIST_ATTRIBUTES, type Written } from './written.ts';

/** Large enough for a first import, small enough to stop a rule or an export that went wrong. */
export const DEFAULT_GUARDS: GuardSettings = {
  maxCreateShare: 0.25,
  maxAssignShare: 1,
  maxRemoveShare: 0.1,
  maxShrinkShare: 0.1,
  maxGrowShare: 0.5,
  floor: 20,
};

/** The role of an account where the configuration names none. */
const DEFAULT_ROLE = 'User';

/** Makes settings of a checked configuration. `file` is absolute; other paths are taken from its folder. */
export const normalise = (file: string, folder: string, written: Written, overrides: readonly Override[]): Settings => {
  const path = (name: string) => resolve(folder, name);
  const application = applicationSettings(written.application);
  const roles = roleSettings(written.roles);
  const match = {
    rules: written.match.map(matchRule),
    overrides,
    strategy: written.strategy ?? 'auto',
    roleColumn: 'column' in roles ? roles.column : null,
  } as const;
  const create = createSettings(written.create);
  const guards = { ...DEFAULT_GUARDS, ...withoutMissing(written.guards ?? {}) };
  return {
    file,
    stateFolder: path('.rollcall'),
    application,
    directory: directorySettings(written.directory, path),
    source: sourceSettings(written.source, path),
    accounts: accountSettings(written.accounts),
    complete: completeSettings(written.complete, path),
    columns: { drop: written.source.drop ?? [], keep: written.source.keep ?? [] },
    match,
    create,
    roles,
    roleDescriptions: roleDescriptions(written.roles),
    removals: removalSettings(written.removals, path),
    review: reviewSettings(written.review),
    evidence: evidenceSettings(written.evidence, path),
    guards,
    hash: decidingHash(decidingParts({ application, match, create, roles, guards })),
  };
};

const withoutMissing = <T extends object>(written: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };

const applicationSettings = (written: Written['application']): Settings['application'] => {
  const { name, appId, uniqueName } = typeof written === 'string' ? { name: written } : written;
  return {
    displayName: name,
    uniqueName: uniqueName ?? defaultUniqueName(name),
    appId: appId?.toLowerCase() ?? null,
  };
};

const directorySettings = (written: Written['directory'], path: ToPath): DirectorySettings => {
  if (written === 'local') return { kind: 'local', users: null };
  if ('local' in written) {
    const { users } = written.local;
    return { kind: 'local', users: users === undefined ? null : path(users) };
  }
  const { graph, authorities } = CLOUDS[written.cloud ?? 'global'];
  return {
    kind: 'tenant',
    tenant: written.tenant,
    graph: versioned(written.graph ?? graph),
    authority: withoutSlash(written.authority ?? authorities[0]),
    signIn: signInSettings(written, path),
    caFile: written.caFile === undefined ? null : path(written.caFile),
  };
};

const withoutSlash = (address: string): string => address.replace(/\/+$/, '');

const versioned = (address: string): string => {
  const bare = withoutSlash(address);
  return /\/(v1\.0|beta)$/.test(bare) ? bare : `${bare}/v1.0`;
};

type TenantWritten = Extract<Written['directory'], { tenant: string }>;

const signInSettings = (written: TenantWritten, path: ToPath): SignIn => {
  const { signIn: kind, secret, certificate, certificatePassword } = written;
  const clientId = written.clientId?.toLowerCase() ?? null;
  switch (kind) {
    // The schema has seen to it that what a way of signing in needs is there.
    case 'clientSecret':
      return { kind, clientId: clientId!, secret: secretPlace(secret!, path) };
    case 'certificate':
      return {
        kind,
        clientId: clientId!,
        certificate: path(certificate!),
        password: certificatePassword === undefined ? null : secretPlace(certificatePassword, path),
      };
    case 'azureCli':
      return { kind };
    default:
      return { kind, clientId };
  }
};

const matchRule = (written: Written['match'][number]): MatchRule => {
  const transforms = written.transforms?.map(transform) ?? [{ kind: 'trim' }];
  if ('filter' in written) return { filter: written.filter, columns: templateColumns(written.filter), transforms };
  const list = (LIST_ATTRIBUTES as readonly string[]).includes(written.attribute);
  return {
    column: written.column,
    attribute: written.attribute.replace(/^(?=extensionAttribute)/, 'onPremisesExtensionAttributes/'),
    operator: written.operator ?? (list ? 'any' : 'equals'),
    transforms,
  };
};

type WrittenTransform = NonNullable<Written['match'][number]['transforms']>[number];

const transform = (written: WrittenTransform): Transform => {
  if (typeof written === 'string') return { kind: written };
  if ('replaceDomain' in written) return { kind: 'replaceDomain', with: written.replaceDomain };
  if ('prefix' in written) return { kind: 'prefix', text: written.prefix };
  if ('suffix' in written) return { kind: 'suffix', text: written.suffix };
  return { kind: 'regex', pattern: written.regex, with: written.with };
};

const createSettings = (written: Written['create']): CreateSettings | null =>
  written === undefined ? null : { attributes: withoutMissing(written) };

const roleSettings = (written: Written['roles']): RoleSettings => {
  if (written === undefined) return { default: DEFAULT_ROLE };
  if (!('column' in written)) return { default: written.default };
  return { column: written.column, map: written.map ?? null, default: written.default ?? null };
};

const roleDescriptions = (written: Written['roles']): RoleDescriptions => ({
  byName: written?.descriptions ?? {},
  column: written?.descriptionColumn ?? null,
});
