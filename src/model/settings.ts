// The configuration as the code uses it: complete, checked, every default filled in. What people write is config/'s.
import type { AccountType } from './account-facts.ts';
import type { ChannelSettings } from './channel-settings.ts';
import type { Operator } from './directory.ts';
import type { ReviewOrder, ReviewStage } from './review.ts';
import type { ColumnChoices, SourceSettings } from './source-settings.ts';

/** A secret's place. The secret itself is read when it is needed and kept nowhere. */
export type SecretRef = { readonly env: string } | { readonly file: string } | { readonly keychain: string };

/** What is done to a cell before it is compared, in order. */
export type Transform =
  | { readonly kind: 'trim' | 'lower' | 'stripDomain' }
  | { readonly kind: 'replaceDomain'; readonly with: string }
  | { readonly kind: 'prefix' | 'suffix'; readonly text: string }
  /** `pattern` is a JavaScript regular expression, Unicode mode; `with` may use $1 or $<name>. No match: no value. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly with: string };

/** A rule compares a column with an attribute, or asks the administrator's own filter. */
export type MatchRule =
  | {
      readonly column: string;
      readonly attribute: string;
      readonly operator: Operator;
      readonly transforms: readonly Transform[];
    }
  /** `{Column}` in the template stands for the cell's value, escaped as a string literal's content. */
  | { readonly filter: string; readonly columns: readonly string[]; readonly transforms: readonly Transform[] };

/** An administrator's own decision about the accounts whose cells equal `where`. */
export interface Override {
  readonly where: Readonly<Record<string, string>>;
  readonly decision: { readonly kind: 'match'; readonly user: string } | { readonly kind: 'ignore' };
  readonly reason: string;
  /** Where it stands, for messages: `overrides.csv:12`. */
  readonly place: string;
}

export type Strategy = 'auto' | 'lookups' | 'directory';

export interface MatchSettings {
  readonly rules: readonly MatchRule[];
  readonly overrides: readonly Override[];
  readonly strategy: Strategy;
  /** With a role column, one account's further rows are further roles and no duplicates. */
  readonly roleColumn: string | null;
}

/** The user attributes of a person to be created: each a template over the columns, `{Column}`. */
export interface CreateSettings {
  readonly attributes: Readonly<Record<string, string>>;
}

/** `map` takes a cell of `column` to a role's display name; without a map the cell is the name. */
export type RoleSettings =
  | { readonly default: string }
  | { readonly column: string; readonly map: Readonly<Record<string, string>> | null; readonly default: string | null };

/** What roles mean, for people: by a role's name, and in a column of the roster. It decides nothing. */
export interface RoleDescriptions {
  readonly byName: Readonly<Record<string, string>>;
  readonly column: string | null;
}

/** Who reviews, as people name them: users by principal name or id, groups by name or id. */
export type NamedReviewer =
  | { readonly user: string }
  | { readonly group: string }
  | { readonly manager: true }
  /** Of the application, as the directory has them. */
  | { readonly owners: true };

export interface ReviewStageSettings {
  readonly reviewers: readonly NamedReviewer[];
  readonly fallback: readonly NamedReviewer[];
  readonly durationInDays: number;
  readonly movesOn: ReviewStage['movesOn'];
}

/** How the access is reviewed. `startsOn` null: on the day on which it is started. */
export interface ReviewSettings
  extends Pick<
    ReviewOrder,
    'recurrence' | 'ends' | 'justificationRequired' | 'notifies' | 'reminds' | 'recommends' | 'default' | 'autoApply'
  > {
  readonly name: string | null;
  /** One to three. */
  readonly stages: readonly ReviewStageSettings[];
  readonly startsOn: string | null;
  readonly description: string | null;
}

/** How removals are ordered, and when they are overdue. */
export interface RemovalSettings {
  /** Null where nobody has named one. */
  readonly channel: ChannelSettings | null;
  readonly dueDays: number;
  /** Between two reminders. */
  readonly remindDays: number;
  /** After the day on which a removal was due. */
  readonly escalateDays: number;
}

/** Where the private key is that signs the evidence: kept like a secret, or by a program that signs what it is given. */
export type EvidenceKey =
  | SecretRef
  /** A program with its arguments, and the file with the public key. */
  | { readonly command: readonly string[]; readonly publicKey: string };

export interface EvidenceSettings {
  /** Null: the evidence is chained, but not signed. */
  readonly key: EvidenceKey | null;
}

/** Shares are of the accounts in the roster, 0 to 1. A plan that does more needs a person's leave, by the guard's name. */
export interface GuardSettings {
  readonly maxCreateShare: number;
  readonly maxAssignShare: number;
  /** Assignments to take away, or that were taken away by others. */
  readonly maxRemoveShare: number;
  /** A roster smaller than the last one by more than this share is not believed. */
  readonly maxShrinkShare: number;
  readonly maxGrowShare: number;
  /** Guards do not speak about fewer than this many. */
  readonly floor: number;
}

/** The columns that hold what the application knows of its accounts. Null where nobody has named one. */
export interface AccountSettings {
  /** `yes`: cells of accounts that can be used, without regard to case; null: the usual words. */
  readonly enabled: { readonly column: string; readonly yes: readonly string[] | null } | null;
  /** `format`: made of yyyy, MM and dd; null: ISO 8601. */
  readonly lastLogin: { readonly column: string; readonly format: string | null } | null;
  readonly created: { readonly column: string; readonly format: string | null } | null;
  /** Until when the access is meant to last. */
  readonly ends: { readonly column: string; readonly format: string | null } | null;
  readonly owner: string | null;
  readonly type: { readonly column: string; readonly map: Readonly<Record<string, AccountType>> | null } | null;
}

/** Control totals. Null where nobody has given one. */
export interface CompleteSettings {
  /** Columns that must be there besides those that are used. */
  readonly columns: readonly string[];
  /** How many accounts must come; in a file: a number alone. The path is absolute. */
  readonly rows: number | { readonly file: string } | null;
  /** `is`: a decimal number as text. */
  readonly sum: { readonly column: string; readonly is: string } | null;
  /** The record that comes last and is no account; `count`: its column that counts them. */
  readonly trailer: { readonly column: string; readonly value: string; readonly count: string | null } | null;
}

export type SignIn =
  | { readonly kind: 'clientSecret'; readonly clientId: string; readonly secret: SecretRef }
  | {
      readonly kind: 'certificate';
      readonly clientId: string;
      readonly certificate: string;
      readonly password: SecretRef | null;
    }
  | { readonly kind: 'deviceCode' | 'browser'; readonly clientId: string | null }
  | { readonly kind: 'azureCli' }
  | { readonly kind: 'managedIdentity'; readonly clientId: string | null }
  | { readonly kind: 'workloadIdentity'; readonly clientId: string | null };

/** The embedded tenant, or one reached over the network. `graph` carries the version: `https://…/v1.0`. */
export type DirectorySettings =
  /** `users`: a file of Graph users that a new embedded tenant starts with; null for an empty directory. */
  | { readonly kind: 'local'; readonly users: string | null }
  | {
      readonly kind: 'tenant';
      readonly tenant: string;
      readonly graph: string;
      readonly authority: string;
      readonly signIn: SignIn;
      readonly caFile: string | null;
    };

/** Everything that `rollcall.yaml` says. Paths are absolute. */
export interface Settings {
  /** The configuration file. */
  readonly file: string;
  /** Where results are kept: `.rollcall` beside the configuration. */
  readonly stateFolder: string;
  readonly application: { readonly displayName: string; readonly uniqueName: string; readonly appId: string | null };
  readonly directory: DirectorySettings;
  readonly source: SourceSettings;
  readonly columns: ColumnChoices;
  readonly accounts: AccountSettings;
  readonly complete: CompleteSettings;
  readonly match: MatchSettings;
  readonly create: CreateSettings | null;
  readonly roles: RoleSettings;
  readonly roleDescriptions: RoleDescriptions;
  readonly review: ReviewSettings | null;
  readonly removals: RemovalSettings;
  readonly evidence: EvidenceSettings;
  readonly guards: GuardSettings;
  /** SHA-256 over everything that decides outcomes and plans, the overrides' content included. `sha256:` and hex. */
  readonly hash: string;
}
