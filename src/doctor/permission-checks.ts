// Permissions and directory roles, stage by stage: what is needed, what the session holds, and whom to ask for the rest.
import type { Session } from '../model/directory.ts';
import { permissionId } from '../permissions/catalogue.ts';
import { rolesOf } from '../permissions/directory-roles.ts';
import { isLackingForRun, type Judged, judgeNeeds, kindOf, NEEDING_STAGES, type Uses } from '../permissions/needs.ts';
import { askForPermissions, askForRole, type ConsentPlace, consentUrl } from '../permissions/words.ts';
import type { Check, CheckStatus, Found } from './check.ts';

export interface PermissionInput {
  readonly session: Session;
  readonly uses: Uses;
  readonly place: ConsentPlace;
}

/** A check for each stage that the configuration uses, then the words to ask with, then the administrator's roles. */
export const permissionChecks = ({ session, uses, place }: PermissionInput): readonly Check[] => {
  const judged = judgeNeeds(session, uses);
  const stages = NEEDING_STAGES.filter((stage) => judged.some((one) => one.stage === stage));
  const byStage = stages.map((stage) => stageCheck(stage, judged, session));
  return [...byStage, ...consentCheck(judged, session, place), ...roleCheck(judged, session)];
};

const stageCheck = (stage: string, all: readonly Judged[], session: Session): Check => {
  const needs = all.filter((one) => one.stage === stage);
  const missing = [...new Set(needs.filter(isMissing).map(({ permission }) => permission))];
  const held = needs.filter((one) => !isMissing(one)).map(heldText);
  const kind = kindOf(session);
  const found = [
    ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
    ...(held.length > 0 ? [`held: ${[...new Set(held)].join(', ')}`] : []),
  ];
  return {
    name: `permissions to ${STAGE_WORDS[stage] ?? stage}`,
    status: statusOf(needs.filter(isMissing)),
    found: found.join('; '),
    ...(missing.length > 0 && { remedy: 'Ask for it with the words under "consent".' }),
    details: {
      stage,
      kind,
      needed: needs.map(({ permission, to, heldAs }) => ({
        permission,
        id: permissionId(permission, kind),
        to,
        heldAs,
      })),
      held: session.permissions,
      missing,
    },
  };
};

const STAGE_WORDS: Readonly<Record<string, string>> = {
  explain: 'explain what is missing',
  licences: 'read licences',
};

const isMissing = ({ heldAs }: Judged): boolean => heldAs === null;

const heldText = ({ permission, heldAs }: Judged): string =>
  heldAs === permission ? permission : `${permission} (by ${heldAs})`;

/** What a run lacks fails; what only later work lacks is for a person to see. */
const statusOf = (lacking: readonly Judged[]): CheckStatus => {
  if (lacking.length === 0) return 'ok';
  return lacking.some(isLackingForRun) ? 'failed' : 'warning';
};

const consentCheck = (judged: readonly Judged[], session: Session, place: ConsentPlace): readonly Check[] => {
  const missing = judged.filter(isMissing);
  if (missing.length === 0) return [];
  const names = [...new Set(missing.map(({ permission }) => permission))];
  return [
    {
      name: 'consent',
      status: statusOf(missing),
      found: `${names.length === 1 ? 'one permission is' : `${names.length} permissions are`} to be granted: ${names.join(', ')}`,
      remedy: askForPermissions(missing, session, place).join('\n'),
      details: { missing: names, url: place.isManagedIdentity ? null : consentUrl(place, session) },
    },
  ];
};

const roleCheck = (judged: readonly Judged[], session: Session): readonly Check[] => {
  if (session.kind === 'app') return [];
  return [{ name: 'directory roles', ...rolesFound(judged, session) }];
};

const rolesFound = (judged: readonly Judged[], session: Session): Found => {
  if (session.roleIds === null)
    return {
      status: 'warning',
      found: `the sign-in does not tell which directory roles ${session.name} holds`,
      remedy: `Look them up in the Microsoft Entra admin center: Users, ${session.name}, Assigned roles.`,
    };
  const held = rolesOf(session.roleIds);
  const lacking = judged.filter(({ byRole }) => byRole === 'lacking');
  const unsure = judged.filter(({ byRole }) => byRole === 'unknown');
  const names = [...held.names, ...held.others.map((id) => `one that Rollcall does not know (${id})`)];
  const purposes = (needs: readonly Judged[]) => [...new Set(needs.map(({ to }) => to))].join('; ');
  const found = [
    `${session.name} holds ${names.length > 0 ? names.join(', ') : 'none'}`,
    ...(lacking.length > 0 ? [`none that lets a user ${purposes(lacking)}`] : []),
    ...(unsure.length > 0 ? [`perhaps none that lets a user ${purposes(unsure)}`] : []),
  ];
  const asked = [...lacking, ...unsure];
  return {
    status: asked.length === 0 ? 'ok' : lacking.some(isLackingForRun) ? 'failed' : 'warning',
    found: found.join('; '),
    ...(asked.length > 0 && {
      remedy: asked.map(({ roles = [], to }) => askForRole(roles, to, session)).join('\n'),
    }),
    details: {
      held: held.names,
      unknown: held.others,
      lacking: lacking.map(({ to, roles }) => ({ to, anyOf: roles })),
    },
  };
};
