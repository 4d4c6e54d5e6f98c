// Proposes a configuration for a users file. A proposal is to be read: it says what it rests on, and what it could not see.
import { basename, extname, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { kindByLook } from '../collect/kind-of-file.ts';
import { sourceOf } from '../collect/sources.ts';
import { ConfigError, SourceError } from '../model/errors.ts';
import type { Source, SourceTools } from '../model/source.ts';
import { readDocument } from './document.ts';
import { SAMPLE_ROWS, type Sample, type SampledColumn, sampleSource } from './look-at-columns.ts';
import { problemsOf, schemaMessage } from './problems.ts';
import { KIND_OF_FILE, sourceSettings, sourceWritten } from './sources/sources.ts';

export interface ProposalInput {
  /** A users file, or a file in YAML with what is to stand under `source`; paths in it are taken from `folder`. */
  readonly users: { readonly file: string } | { readonly sourceFile: string };
  readonly tools: SourceTools;
  readonly signal: AbortSignal;
  /** Default: the name of the folder. */
  readonly application?: string;
  /** Where the configuration will lie; paths in it are taken from there. */
  readonly folder: string;
}

export interface Proposal {
  /** The text of a `rollcall.yaml` that loads. */
  readonly yaml: string;
  /** What was seen in the source and what was made of it, a sentence each. */
  readonly findings: readonly string[];
}

/**
 * Looks at the first rows of a source and proposes a configuration. Writes nothing.
 *
 * Errors: {@link SourceError} where it cannot be read; {@link ConfigError} where the file with the source is wrong.
 */
export const proposeConfiguration = async (input: ProposalInput): Promise<Proposal> => {
  const { written, sample, encoding } = await lookAt(await writtenSource(input), input);
  const seen = findColumns(sample.columns);
  const rules = proposeRules(sample.columns, seen);
  const create = proposeCreate(seen);
  const name = input.application ?? (basename(resolve(input.folder)) || 'Application');
  const yaml = [
    '# What Rollcall does for one application. Read it through, then try "rollcall match": it changes nothing.',
    '',
    `application: ${scalar(name)}`,
    '# The embedded directory, to try things out. A real one: { tenant: contoso.com, signIn: deviceCode }',
    'directory: local',
    'source:',
    ...sourceLines(written),
    '# Rules in order; the first that finds exactly one user wins.',
    'match:',
    ...rules.map(ruleLine),
    '# Your own decisions: a CSV file with columns of the users file, then decision (match or ignore), user, reason.',
    '# overrides: overrides.csv',
    ...createLines(create),
    ...roleLines(seen.role),
    '# review:',
    '#   reviewers: [{ user: owner@contoso.com }]',
    '#   durationInDays: 14',
    '',
  ].join('\n');
  return {
    yaml,
    findings: findingsOf(sample, encoding, seen, rules, create, input.application === undefined ? name : undefined),
  };
};

/** What stands under `source`: one kind with its keys, and what is chosen of its columns. */
type WrittenSource = Readonly<Record<string, unknown>>;

const kindOf = (written: WrittenSource): [kind: string, keys: Readonly<Record<string, unknown>>] => {
  const [kind, keys] = Object.entries(written).find(([key]) => key !== 'drop' && key !== 'keep')!;
  return [kind, keys as Readonly<Record<string, unknown>>];
};

const writtenSource = async ({ users, folder }: ProposalInput): Promise<WrittenSource> => {
  if ('file' in users) {
    const path = relative(resolve(folder), resolve(users.file)).replaceAll('\\', '/');
    const seen = await kindByLook(resolve(users.file));
    return { [seen?.kind ?? KIND_OF_FILE[extname(path).toLowerCase()] ?? 'csv']: { path, ...seen?.keys } };
  }
  const document = await readDocument(resolve(users.sourceFile));
  const checked = sourceWritten.safeParse(document.data, { error: schemaMessage });
  if (!checked.success) throw new ConfigError(problemsOf(checked.error.issues, document));
  return document.data as WrittenSource;
};

interface LookedAt {
  readonly written: WrittenSource;
  readonly sample: Sample;
  /** Set where the file could only be read in an encoding that has to be declared. */
  readonly encoding: string | undefined;
}

/** Reads a sample, once what the source needs for that and nobody has written is found by looking. */
const lookAt = async (written: WrittenSource, input: ProposalInput): Promise<LookedAt> => {
  const { signal } = input;
  const [kind, keys] = kindOf(written);
  const source = await sourceAsWritten(written, input);
  if (source.proposeColumns && keys['columns'] === undefined) {
    const whole = { ...written, [kind]: { ...keys, columns: await source.proposeColumns(signal) } };
    return {
      written: whole,
      sample: await sampleSource(await sourceAsWritten(whole, input), signal),
      encoding: undefined,
    };
  }
  try {
    return { written, sample: await sampleSource(source, signal), encoding: undefined };
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'invalidEncoding' || 'encoding' in keys) throw error;
    // What is not UTF-8 and carries no mark is nearly always what Windows programs of the west write.
    const encoding = 'windows-1252';
    const declared = { ...written, [kind]: { ...keys, encoding } };
    return { written: declared, sample: await sampleSource(await sourceAsWritten(declared, input), signal), encoding };
  }
};

const sourceAsWritten = (written: WrittenSource, { folder, tools }: ProposalInput): Promise<Source> => {
  const checked = sourceWritten.parse(written);
  const settings = sourceSettings(checked, (name) => resolve(folder, name));
  return sourceOf(settings, tools, { drop: checked.drop ?? [], keep: checked.keep ?? [] });
};

/** On one line where it fits. */
const sourceLines = (written: WrittenSource): string[] => {
  const [kind, keys] = kindOf(written);
  const line = `  ${kind}: ${stringify(keys, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()}`;
  if (line.length <= 100 && Object.keys(written).length === 1) return [line];
  return stringify(written, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((part) => `  ${part}`);
};

interface SeenColumns {
  /** Columns of mail addresses, the likeliest to be the user principal name first. */
  readonly mails: readonly SampledColumn[];
  readonly employeeId: SampledColumn | undefined;
  readonly accountName: SampledColumn | undefined;
  readonly alias: SampledColumn | undefined;
  readonly displayName: SampledColumn | undefined;
  readonly givenName: SampledColumn | undefined;
  readonly surname: SampledColumn | undefined;
  readonly department: SampledColumn | undefined;
  readonly role: SampledColumn | undefined;
}

const MAIL = /^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>".]{2,}$/;
const BARE_NAME = /^(?:[^\\@\s]+\\)?[^\\@\s,;]+$/;
/** What a mail nickname may consist of. Source: https://learn.microsoft.com/graph/api/resources/user */
const NICKNAME = /^[^\s@()\\[\]";:<>,]{1,64}$/;
/** Graph keeps at most 16 characters of an employee id. */
const LONGEST_EMPLOYEE_ID = 16;

/** Most of what a column holds, though a few cells may be out of line. */
const MOSTLY = 0.8;
const ROLES_AT_MOST = 50;
const ROLES_SHOWN = 10;

const findColumns = (columns: readonly SampledColumn[]): SeenColumns => {
  const named = (words: RegExp, holds: (column: SampledColumn) => boolean = () => true) =>
    columns.find((column) => words.test(plainName(column.name)) && column.filled > 0 && holds(column));
  const mails = columns
    .filter((column) => column.share((value) => MAIL.test(value)) >= MOSTLY)
    .sort((a, b) => mailRank(a) - mailRank(b));
  const bare = (column: SampledColumn) => column.share((value) => BARE_NAME.test(value)) >= MOSTLY;
  return {
    mails,
    employeeId: named(
      /^(employee|personnel|staff|worker|badge)(id|number|no|nr|num)?$|^pernr$|^personalnummer$|^matricule$/,
      (column) => column.longest <= LONGEST_EMPLOYEE_ID && isDistinct(column),
    ),
    accountName: named(
      /^(sam)?account(name)?$|^(login|logon)(name|id)?$|^user(name|id)?$|^uid$|^benutzer(name|kennung)?$|^identifiant$/,
      (column) => bare(column) && isDistinct(column),
    ),
    alias: named(
      /^(mail)?(alias|nickname)$/,
      (column) => column.share((value) => NICKNAME.test(value)) >= MOSTLY && isDistinct(column),
    ),
    displayName: named(
      /^(full|display|person)?name$|^(cn|anzeigename|voll(er|staendiger|ständiger)name|nomcomplet)$/,
      (column) => !bare(column) && !mails.includes(column),
    ),
    givenName: named(/^(first|given|fore)name$|^vorname$|^prenom$/),
    surname: named(/^(last|family|sur)name$|^sn$|^nachname$|^nomdefamille$/),
    department: named(/^(department|dept|abteilung|service|orgunit)(name)?$/),
    role: named(
      /role|profile|group|permission|entitlement|privilege|authori[sz]ation|rolle|profil|gruppe|berechtigung/,
      (column) => column.values.size <= Math.min(ROLES_AT_MOST, Math.max(2, column.filled / 3)),
    ),
  };
};

/** `Employee-ID` and `employee id` are one name; accents are left out. */
const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '');

/** Nearly every account has a value of its own. */
const isDistinct = (column: SampledColumn): boolean => column.values.size >= column.filled * 0.9;

const mailRank = ({ name }: SampledColumn): number => {
  const plain = plainName(name);
  if (/upn|principal/.test(plain)) return 0;
  if (/login|logon|username|userid|account/.test(plain)) return 1;
  return /^(e?mail|primarye?mail|worke?mail)(address)?$/.test(plain) ? 2 : 3;
};

interface ProposedRule {
  readonly column: string;
  readonly attribute: string;
  readonly transforms?: string;
  readonly why: string;
}

const proposeRules = (columns: readonly SampledColumn[], seen: SeenColumns): ProposedRule[] => {
  const rules: ProposedRule[] = [];
  const [mail] = seen.mails;
  if (mail) {
    const why = `${percent(mail.share((value) => MAIL.test(value)))} of its values are mail addresses`;
    rules.push({ column: mail.name, attribute: 'userPrincipalName', why });
    const address = seen.mails.find((column) => mailRank(column) >= 2);
    if (address) rules.push({ column: address.name, attribute: 'mail', why });
  }
  if (seen.employeeId) {
    rules.push({ column: seen.employeeId.name, attribute: 'employeeId', why: 'its name says so' });
  }
  if (seen.accountName) {
    const domain = seen.accountName.share((value) => value.includes('\\')) > 0;
    rules.push({
      column: seen.accountName.name,
      attribute: 'onPremisesSamAccountName',
      ...(domain && { transforms: '[trim, stripDomain]' }),
      why: domain ? 'its values are account names with a domain in front' : 'its values are account names',
    });
  }
  if (seen.alias && !mail) {
    rules.push({ column: seen.alias.name, attribute: 'mailNickname', why: 'its values are aliases' });
  }
  if (rules.length > 0) return rules;
  const [likeliest] = [...columns].sort((a, b) => b.values.size - a.values.size);
  const why = 'nothing better was seen; this is to be corrected';
  return [{ column: likeliest!.name, attribute: 'userPrincipalName', why }];
};

type Templates = readonly (readonly [attribute: string, template: string])[];

/** Templates for users who are missing, or undefined where a required attribute has no column. */
const proposeCreate = (seen: SeenColumns): Templates | undefined => {
  const column = (found: SampledColumn | undefined) =>
    found === undefined || /[{}]/.test(found.name) ? undefined : `{${found.name}}`;
  const [given, family] = [column(seen.givenName), column(seen.surname)];
  const displayName = column(seen.displayName) ?? (given && family && `${given} ${family}`);
  const userPrincipalName = column(seen.mails[0]);
  const accountName = seen.accountName?.share((value) => NICKNAME.test(value)) === 1 ? seen.accountName : undefined;
  const mailNickname = column(seen.alias ?? accountName);
  if (!displayName || !userPrincipalName || !mailNickname) return undefined;
  const optional = { givenName: given, surname: family, department: column(seen.department) };
  return [
    ['displayName', displayName],
    ['userPrincipalName', userPrincipalName],
    ['mailNickname', mailNickname],
    ...Object.entries(optional).flatMap(([name, template]) => (template ? [[name, template] as const] : [])),
  ];
};

const ruleLine = ({ column, attribute, transforms, why }: ProposedRule): string =>
  `  - { column: ${scalar(column)}, attribute: ${attribute}${transforms ? `, transforms: ${transforms}` : ''} } # ${why}`;

const createLines = (create: Templates | undefined): string[] =>
  create
    ? [
        '# Users that are missing are created, disabled. Without this, they are only listed.',
        'create:',
        ...create.map(([name, template]) => `  ${name}: ${JSON.stringify(template)}`),
      ]
    : [
        '# To have missing users created, disabled, name the columns; all three are needed.',
        '# create: { displayName: "{…}", userPrincipalName: "{…}", mailNickname: "{…}" }',
      ];

const roleLines = (role: SampledColumn | undefined): string[] => {
  if (!role) {
    return [
      '# The role that everyone has. With a column of roles: { column: …, map: { ADM: Administrator } }',
      'roles: { default: General }',
    ];
  }
  const shown = [...role.values.keys()].slice(0, ROLES_SHOWN).map((value) => JSON.stringify(value));
  const more = role.values.size > ROLES_SHOWN ? ', …' : '';
  return [
    '# The cell is the name of the role, unless a map gives it another: map: { ADM: Administrator }',
    `# Values that were seen: ${shown.join(', ')}${more}`,
    `roles: { column: ${scalar(role.name)} }`,
  ];
};

const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** A text as YAML, in quotes unless it is plainly a word. */
const scalar = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9_./-]*$/.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);

const percent = (share: number): string => `${Math.floor(share * 100)} %`;

const findingsOf = (
  sample: Sample,
  encoding: string | undefined,
  seen: SeenColumns,
  rules: readonly ProposedRule[],
  create: Templates | undefined,
  assumedName: string | undefined,
): string[] => {
  const looked = sample.rows === SAMPLE_ROWS ? `the first ${SAMPLE_ROWS}` : `all ${sample.rows}`;
  const findings = [`Looked at ${looked} rows of ${sample.description}, with ${sample.columns.length} columns.`];
  if (encoding) {
    findings.push(`The file is not UTF-8; it was read as ${encoding}. Check that letters with accents are right.`);
  }
  findings.push(...sample.notes);
  for (const { column, attribute, why } of rules) {
    findings.push(`"${column}" is compared with ${attribute}: ${why}.`);
  }
  for (const column of new Set(rules.map((rule) => rule.column))) {
    const empty = sample.rows - sample.columns.find(({ name }) => name === column)!.filled;
    if (empty > 0) findings.push(`${empty} of ${sample.rows} rows have nothing in "${column}".`);
  }
  findings.push(
    seen.role
      ? `"${seen.role.name}" holds the roles: ${seen.role.values.size} different ones.`
      : 'No column of roles was seen: everyone gets the role General.',
    create
      ? 'Users who are missing would be created, disabled.'
      : 'Users who are missing are only listed: no columns were seen for display name, user principal name and alias together.',
  );
  if (assumedName !== undefined) findings.push(`The application is called ${assumedName}, after the folder.`);
  return findings;
};
