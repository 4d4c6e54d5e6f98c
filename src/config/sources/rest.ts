// source.rest: what people write of a REST API, and what the code uses.
import { z } from 'zod';
import { expressionProblem } from '../../collect/rest/paths.ts';
import { plainPath } from '../../collect/rest/plain-path.ts';
import type { RestPaging, RestSettings } from '../../model/web-settings.ts';
import { choice, either, object, type ToPath, text } from '../shapes.ts';
import { apiAddress, headerSettings, headersWritten, webKeys, webSettings } from './web.ts';

const jmesPath = text.superRefine((written, context) => {
  const problem = expressionProblem(written);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `expected a JMESPath: ${problem}` });
});

const wholeNumber = z.int('expected a whole number').min(0, 'expected 0 or more');

/** How many records a page has: asked for by a parameter of its own. */
const size = object({ parameter: text, value: wholeNumber.min(1, 'expected 1 or more') })
  .optional()
  .describe('The parameter that says how many records a page has, and how many are wanted.');

const paging = either(
  [
    choice(['none']),
    object({ nextLink: jmesPath.describe('JMESPath to the address of the next page.') }),
    object({ linkHeader: z.literal(true).describe('The Link header with rel="next" leads to the next page.') }),
    object({
      cursor: jmesPath.describe('JMESPath to the cursor of the next page.'),
      parameter: text.describe('The parameter that takes it.'),
    }),
    object({ page: text.describe('The parameter that counts pages.'), first: wholeNumber.optional(), size }),
    object({ offset: text.describe('The parameter that counts records.'), first: wholeNumber.optional(), size }),
  ],
  'expected none, or one of { nextLink }, { linkHeader: true }, { cursor, parameter }, { page }, { offset }',
).describe('How the next page is asked for. Default: none.');

export const restWritten = object({
  address: apiAddress.describe('Where the accounts are, with a query if one is needed.'),
  method: choice(['GET', 'POST']).optional().describe('Default: GET. POST for an API whose searches are sent so.'),
  headers: headersWritten,
  body: z
    .union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())])
    .optional()
    .describe('With method: POST. Sent as JSON, a text as it is.'),
  format: choice(['json', 'ndjson', 'jsonStream'])
    .optional()
    .describe('ndjson: one record a line. jsonStream: one large answer, read as it comes. Default: json.'),
  paging: paging.optional(),
  records: jmesPath.optional().describe('JMESPath to the list of records. Default: the answer itself.'),
  columns: z
    .record(text, jmesPath)
    .refine((columns) => Object.keys(columns).length > 0, 'expected at least one column')
    .optional()
    .describe('Name of a column: JMESPath to its value in a record. "EMail: contact.email".'),
  total: jmesPath.optional().describe('JMESPath to the number of records on all pages; it is compared with what came.'),
  ...webKeys,
}).superRefine((written, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (written.body !== undefined && written.method !== 'POST') refuse('body', 'goes with method: POST only');
  if (written.format === 'jsonStream') {
    for (const key of ['records', 'total'] as const) {
      const expression = written[key];
      if (expression === undefined || plainPath(expression) !== undefined) continue;
      refuse(
        key,
        'expected names alone, such as data.people: with format: jsonStream the answer is never held as a whole',
      );
    }
  }
  if (written.format === undefined || written.format === 'json') return;
  if (written.paging !== undefined && written.paging !== 'none') refuse('paging', 'goes with format: json only');
  if (written.total !== undefined && written.format === 'ndjson')
    refuse('total', 'goes with format: json or jsonStream only');
});

export const restSettings = (written: z.infer<typeof restWritten>, path: ToPath): RestSettings => ({
  kind: 'rest',
  web: webSettings(written, path),
  address: written.address,
  method: written.method ?? 'GET',
  headers: headerSettings(written.headers, path),
  body: written.body ?? null,
  format: written.format ?? 'json',
  paging: pagingSettings(written.paging ?? 'none'),
  records: written.records ?? '@',
  columns: written.columns ?? null,
  total: written.total ?? null,
});

const pagingSettings = (written: NonNullable<z.infer<typeof restWritten>['paging']>): RestPaging => {
  if (written === 'none') return { kind: 'none' };
  if ('nextLink' in written) return { kind: 'nextLink', path: written.nextLink };
  if ('linkHeader' in written) return { kind: 'linkHeader' };
  if ('cursor' in written) return { kind: 'cursor', path: written.cursor, parameter: written.parameter };
  if ('page' in written) {
    return { kind: 'page', parameter: written.page, first: written.first ?? 1, size: written.size ?? null };
  }
  return { kind: 'offset', parameter: written.offset, first: written.first ?? 0, size: written.size ?? null };
};
