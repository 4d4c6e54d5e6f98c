// What can be wrong with a SCIM server, beyond what can be wrong with any web API.
import { type ServerPlace, SourceError } from '../../model/errors.ts';

const REMEDIES = {
  noColumns: 'Name them under source.scim.columns, or let "rollcall init --source" propose them.',
  notScim: 'Correct source.scim.address: /Users and /Groups stand directly below it.',
  notARecord: 'Tell those who run the server; every user has to have an id.',
  severalValues:
    'Choose one, as in "emails[primary eq true].value", "emails[type eq \\"work\\"].value" or "emails[0].value".',
  groupOfValues: 'Name the value inside it, as in "name.givenName".',
  invalidFilter: 'Correct source.scim.filter; the server may not know every attribute or operator of SCIM.',
  changedWhileReading: 'Run the same command again when nobody changes users, or page by cursor if the server can.',
  repeatedPage: 'Correct source.scim.paging: the server does not understand how it is asked for the next page.',
  emptyRoster: 'Check address and filter; if the application really has no accounts, there is nothing to govern.',
} as const;

export type ScimDefect = keyof typeof REMEDIES;

export const scimError = (code: ScimDefect, place: ServerPlace, message: string): SourceError =>
  new SourceError(code, place, message, REMEDIES[code]);

/** The list changed while its pages were read; another read may see it whole. */
export class Changed extends Error {
  readonly place: ServerPlace;

  constructor(place: ServerPlace, message: string) {
    super(message);
    this.place = place;
  }
}
