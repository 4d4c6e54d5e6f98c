// Which filters Graph answers only from its index: as advanced queries, with ConsistencyLevel and $count.
import type { Operator } from '../model/directory.ts';

/** The header of an advanced query. Each page of the answer needs it again. */
export const EVENTUAL: Readonly<Record<string, string>> = { ConsistencyLevel: 'eventual' };

/** Source: https://learn.microsoft.com/graph/aad-advanced-queries (table of user properties) */
const ADVANCED_ONLY = [
  'businessPhones',
  'companyName',
  'employeeType',
  'mobilePhone',
  'onPremisesDistinguishedName',
  'onPremisesDomainName',
  'onPremisesExtensionAttributes',
  'onPremisesSamAccountName',
];

const DIRECTORY_EXTENSION = /^extension_[0-9a-f]{32}_/i;

/** Whether a comparison with this attribute needs an advanced query. */
export const needsAdvanced = (attribute: string, operator: Operator): boolean => {
  const property = attribute.split('/')[0]!;
  if (DIRECTORY_EXTENSION.test(attribute)) return operator === 'startsWith';
  // What lies inside another property is an on-premises extension attribute or a schema extension.
  return ADVANCED_ONLY.includes(property) || attribute.includes('/');
};

const ADVANCED_IN_TEXT = new RegExp(
  `\\bendswith\\s*\\(|\\bne\\b|\\bnot\\b|/\\$count\\b|\\beq\\s+null\\b|\\b(?:${ADVANCED_ONLY.join('|')})\\b`,
  'i',
);

/** The same for a whole filter, looking at everything that is not a string literal. */
export const filterNeedsAdvanced = (filter: string): boolean => ADVANCED_IN_TEXT.test(withoutLiterals(filter));

/** A filter with its string literals emptied: filters made from one template are alike. */
export const withoutLiterals = (filter: string): string => filter.replace(/'(?:[^']|'')*'/g, "''");
