// The directory roles that let an administrator do what Rollcall does, by the template ids that a token carries.

/** Source: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference */
const ROLES = {
  '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3': 'Application Administrator',
  'cf1c38e5-3621-4004-a7cb-879624dced7c': 'Application Developer',
  '158c047a-c907-4556-b7ef-446551a6b5f7': 'Cloud Application Administrator',
  'd29b2b05-8046-44ba-8758-1e26182fcf32': 'Directory Synchronization Accounts',
  '9360feb5-f418-4baa-8175-e2a00bac4301': 'Directory Writers',
  '62e90394-69f5-4237-9190-012177145e10': 'Global Administrator',
  'f2ef992c-3afb-46b9-b7cf-a126ee74c451': 'Global Reader',
  '8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2': 'Hybrid Identity Administrator',
  '45d8d3c5-c802-45c6-b32a-1d70b5e1e86e': 'Identity Governance Administrator',
  'e8611ab8-c189-46e8-94e1-60213ab1f814': 'Privileged Role Administrator',
  '4a5d8f65-41da-4de4-8968-e035b65339cf': 'Reports Reader',
  '194ae4cb-b126-40b2-bd5b-6091b380977d': 'Security Administrator',
  '5d6b6bb7-de71-4623-b4af-96380a352509': 'Security Reader',
  'fe930be7-5e62-47db-91af-98c3a49a38b1': 'User Administrator',
} as const;

export type RoleName = (typeof ROLES)[keyof typeof ROLES];

/** Every token of a user carries it; it stands for no role. */
const EVERYBODY = 'b79fbf4d-3ef9-4689-8143-76b194e85509';

/** What is known of somebody's directory roles. */
export interface HeldRoles {
  readonly names: readonly RoleName[];
  /** Template ids of roles that Rollcall does not know: other built-in ones, and those that the tenant made. */
  readonly others: readonly string[];
}

export const rolesOf = (templateIds: readonly string[]): HeldRoles => {
  const isKnown = (id: string): id is keyof typeof ROLES => Object.hasOwn(ROLES, id);
  const ids = templateIds.map((id) => id.toLowerCase()).filter((id) => id !== EVERYBODY);
  return { names: ids.filter(isKnown).map((id) => ROLES[id]), others: ids.filter((id) => !isKnown(id)) };
};

/** Whether one of the roles is held. A Global Administrator may do what any of them may. */
export const holdsOneOf = ({ names }: HeldRoles, roles: readonly RoleName[]): boolean =>
  names.some((name) => name === 'Global Administrator' || roles.includes(name));
