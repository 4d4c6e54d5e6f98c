// What can be wrong with the answers of a REST API, beyond what can be wrong with any web API.
import { type ServerPlace, SourceError } from '../../model/errors.ts';

const REMEDIES = {
  noColumns: 'Name them under source.rest.columns, or let "rollcall init --source" propose them.',
  noRecords: 'Correct source.rest.records; it is a JMESPath from the answer to its list of records.',
  notARecord:
    'Let source.rest.records lead to the records themselves, and leave out what is none: records: "data[?id]".',
  badExpression: 'Correct the JMESPath in rollcall.yaml; https://jmespath.org has a tutorial.',
  severalValues: `Choose one in the column's JMESPath, as in "roles[0]", or join them: "join('; ', roles || \`[]\`)".`,
  groupOfValues: 'Name the value inside it in the column\'s JMESPath, as in "contact.email".',
  badPaging: 'Correct source.rest.paging; the documentation of the API says how its pages follow each other.',
  repeatedPage: 'Correct source.rest.paging: the API does not understand how it is asked for the next page.',
  otherHost:
    'If the address is the right one, name that host in source.rest.address; sign-in is never sent to another.',
  endlessPages: 'Correct source.rest.paging or source.rest.records.',
  countMismatch: 'Run the same command again; if it stays so, correct source.rest.paging, records or total.',
  lineTooLong: 'Check whether the API really answers with one record a line; otherwise write "format: json".',
  cutOff: 'Run the same command again; if it stays so, tell those who run the API.',
  emptyRoster: 'Check address and records; if the application really has no accounts, there is nothing to govern.',
} as const;

export type RestDefect = keyof typeof REMEDIES;

export const restError = (code: RestDefect, place: ServerPlace, message: string): SourceError =>
  new SourceError(code, place, message, REMEDIES[code]);
