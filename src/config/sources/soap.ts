// source.soap: what people write of a SOAP service, and what the code uses.
import { z } from 'zod';
import type { SoapSettings } from '../../model/web-settings.ts';
import { choice, either, object, SECRET_EXPECTED, secretPlace, secretRef, type ToPath, text } from '../shapes.ts';
import { apiAddress, headerSettings, headersWritten, namedBy, webKeys, webSettings } from './web.ts';

/** Answers are XML, which takes many times its size to look at. */
const MAX_ANSWER_MIB = 16;

const areValues = namedBy(/^[A-Za-z][\w-]*$/, 'expected a name of letters and digits');
const arePrefixes = namedBy(/^[A-Za-z_][\w.-]*$/, 'expected a prefix');

export const soapWritten = object({
  wsdl: apiAddress.optional().describe('Where the service is described (WSDL 1.1).'),
  operation: text.optional().describe('With wsdl: which operation is asked.'),
  address: apiAddress.optional().describe('Where the service is. Default: as the WSDL says.'),
  action: text.optional().describe('The SOAP action. Default: as the WSDL says, else empty.'),
  version: choice(['1.1', '1.2']).optional().describe('Default: as the WSDL says, else "1.1".'),
  headers: headersWritten,
  body: text
    .optional()
    .describe('XML inside soap:Body, with {name} for values. Default: the empty element of the WSDL.'),
  header: text.optional().describe('XML inside soap:Header.'),
  values: z
    .record(z.string(), either([z.string(), secretRef], `expected a text; ${SECRET_EXPECTED}`))
    .superRefine(areValues)
    .optional()
    .describe('What {name} in body and header stands for: a text, or the place of a secret.'),
  security: object({
    user: text,
    password: secretRef,
    as: choice(['text', 'digest']).optional().describe('How the password is shown. Default: text.'),
    timestamp: z.boolean().optional().describe('Whether the message says how long it is valid. Default: false.'),
  })
    .optional()
    .describe("WS-Security's user name token."),
  namespaces: z
    .record(z.string(), text)
    .superRefine(arePrefixes)
    .optional()
    .describe('Namespaces by prefix, for body, header and all XPath.'),
  records: text.describe('XPath from soap:Body to the records. "//*:User" finds them in any namespace.'),
  columns: z
    .record(text, text)
    .refine((columns) => Object.keys(columns).length > 0, 'expected at least one column')
    .optional()
    .describe('Name of a column: XPath to its value in a record. "EMail: *:Contact/*:Mail".'),
  total: text.optional().describe('XPath to the number of records on all pages; it is compared with what came.'),
  paging: object({
    token: text.describe('XPath to the token of the next page; the last page has none.'),
    first: z.string().optional().describe('What {pageToken} stands for on the first page. Default: nothing.'),
  })
    .optional()
    .describe('The token of the next page, which {pageToken} in the body stands for.'),
  ...webKeys,
  maxAnswerMiB: webKeys.maxAnswerMiB.describe('A larger answer is not read. Default: 16.'),
}).superRefine((written, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (written.wsdl === undefined) {
    if (written.address === undefined) refuse('address', 'missing; expected an address, or a wsdl with an operation');
    else if (written.body === undefined)
      refuse('body', 'missing; expected the XML that asks for the accounts, or a wsdl');
    if (written.operation !== undefined) refuse('operation', 'goes with wsdl only');
  } else if (written.operation === undefined) {
    refuse('operation', 'missing; expected which operation of the wsdl is asked');
  }
  if (written.paging !== undefined && !written.body?.includes('{pageToken}')) {
    refuse('paging', 'expected {pageToken} in the body, where the token of the next page belongs');
  }
});

export const soapSettings = (written: z.infer<typeof soapWritten>, path: ToPath): SoapSettings => {
  const { wsdl, operation, security, paging } = written;
  return {
    kind: 'soap',
    web: webSettings({ ...written, maxAnswerMiB: written.maxAnswerMiB ?? MAX_ANSWER_MIB }, path),
    wsdl: wsdl === undefined ? null : { address: wsdl, operation: operation! },
    address: written.address ?? null,
    action: written.action ?? null,
    version: written.version ?? null,
    headers: headerSettings(written.headers, path),
    body: written.body ?? null,
    header: written.header ?? null,
    values: headerSettings(written.values, path),
    security:
      security === undefined
        ? null
        : {
            user: security.user,
            password: secretPlace(security.password, path),
            as: security.as ?? 'text',
            timestamp: security.timestamp ?? false,
          },
    namespaces: written.namespaces ?? {},
    records: written.records,
    columns: written.columns ?? null,
    total: written.total ?? null,
    paging: paging === undefined ? null : { token: paging.token, first: paging.first ?? '' },
  };
};
