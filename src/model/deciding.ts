// What of a configuration decides outcomes and plans, and the hash that stands for it.
import { canonicalJson, sha256 } from './hash.ts';
import type { Settings } from './settings.ts';

/** Where something is read from, and how users are looked up, decide nothing; where an override stands neither. */
export const decidingParts = ({
  application,
  match,
  create,
  roles,
  guards,
}: Pick<Settings, 'application' | 'create' | 'roles' | 'guards'> & {
  readonly match: Pick<Settings['match'], 'rules' | 'overrides'>;
}): object => ({
  application,
  rules: match.rules,
  overrides: match.overrides.map(({ where, decision, reason }) => ({ where, decision, reason })),
  create,
  roles,
  guards,
});

/** SHA-256 over the parts that decide, as JSON with sorted keys. */
export const decidingHash = (parts: object): string => sha256(canonicalJson(parts));
