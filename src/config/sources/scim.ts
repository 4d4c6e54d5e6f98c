// source.scim: what people write of a SCIM server, and what the code uses.
import { z } from 'zod';
import { attributePath } from '../../collect/scim/paths.ts';
import type { ScimSettings } from '../../model/web-settings.ts';
import { choice, object, type ToPath, text, url } from '../shapes.ts';
import { webKeys, webSettings } from './web.ts';

const path = text.superRefine((written, context) => {
  try {
    attributePath(written);
  } catch (error) {
    const message = `expected the path of an attribute, such as emails[primary eq true].value: ${(error as Error).message}`;
    context.addIssue({ code: 'custom', message });
  }
});

const SAP_USER = 'urn:ietf:params:scim:schemas:extension:sap:2.0:User';

/**
 * SAP Cloud Identity Services. The columns are those of its console's Export Users, so that rules fit both.
 * Source: https://help.sap.com/docs/cloud-identity-services
 */
const SAP_CLOUD_IDENTITY = {
  paging: 'startId',
  pageSize: 100,
  columns: {
    id: 'id',
    userName: 'userName',
    'emails[0].value': 'emails[0].value',
    'name.givenName': 'name.givenName',
    'name.familyName': 'name.familyName',
    displayName: 'displayName',
    active: 'active',
    userType: 'userType',
    [`${SAP_USER}:userUuid`]: `${SAP_USER}:userUuid`,
    [`${SAP_USER}:loginTime`]: `${SAP_USER}:loginTime`,
  },
} as const;

export const scimWritten = object({
  preset: choice(['sapCloudIdentity']).optional().describe('Columns and paging of a known server.'),
  address: url.describe('What /Users and /Groups stand below: https://TENANT.accounts.ondemand.com/scim'),
  filter: text
    .optional()
    .describe('Which users are accounts, as SCIM writes it: userType eq "employee". Default: all.'),
  paging: choice(['index', 'cursor', 'startId']).optional().describe('How pages are asked for. Default: index.'),
  pageSize: z
    .int('expected a whole number')
    .min(1, 'expected 1 to 10000')
    .max(10_000, 'expected 1 to 10000')
    .optional()
    .describe('Users to ask for at once; the server may give fewer. Default: 100.'),
  columns: z
    .record(text, path)
    .refine((columns) => Object.keys(columns).length > 0, 'expected at least one column')
    .optional()
    .describe('Name of a column: path of an attribute. "EMail: emails[primary eq true].value".'),
  groups: object({
    column: text.describe('The column that holds groups; most often also roles.column.'),
    joinedBy: z.string().min(1, 'expected a text that is not empty').optional(),
  })
    .optional()
    .describe('Groups as roles: a row for each user and group, or with joinedBy all groups of a user in one cell.'),
  ...webKeys,
}).superRefine(({ columns, groups }, context) => {
  if (groups === undefined || columns === undefined || !Object.hasOwn(columns, groups.column)) return;
  context.addIssue({ code: 'custom', path: ['groups', 'column'], message: 'a column of this name is there already' });
});

export const scimSettings = (written: z.infer<typeof scimWritten>, toPath: ToPath): ScimSettings => {
  const preset = written.preset === undefined ? undefined : SAP_CLOUD_IDENTITY;
  const { groups } = written;
  return {
    kind: 'scim',
    web: webSettings(written, toPath),
    address: written.address,
    filter: written.filter ?? null,
    paging: written.paging ?? preset?.paging ?? 'index',
    pageSize: written.pageSize ?? preset?.pageSize ?? 100,
    columns: written.columns ?? preset?.columns ?? null,
    groups: groups === undefined ? null : { column: groups.column, joinedBy: groups.joinedBy ?? null },
  };
};
