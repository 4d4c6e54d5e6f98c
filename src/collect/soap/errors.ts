// What can be wrong with a SOAP service, beyond what can be wrong with any web API.
import { type ServerPlace, SourceError } from '../../model/errors.ts';

const REMEDIES = {
  noColumns: 'Name them under source.soap.columns, or let "rollcall init --source" propose them.',
  noRecords: 'Correct source.soap.records; it is an XPath from soap:Body to the records, such as "//*:User".',
  badExpression: 'Correct the XPath in rollcall.yaml, and declare its prefixes under source.soap.namespaces.',
  badTemplate: 'Correct body or header under source.soap; they are XML, and its prefixes stand under namespaces.',
  severalValues: `Choose one in the column's XPath, as in "*:Role[1]", or join them: "string-join(*:Role, '; ')".`,
  groupOfValues: `Name the value inside it in the column's XPath, as in "*:Name/*:First".`,
  fault: 'Compare the request with the documentation of the service; body, header and security stand in rollcall.yaml.',
  signInRefused:
    'Check what stands under signIn and security, and whether the account is locked or its secret expired.',
  notSoap: 'Check the address; what answers there is no SOAP service, or speaks another version.',
  brokenXml: 'Run the same command again; if it stays so, tell those who run the service.',
  documentType: 'Ask those who run the service; SOAP forbids document types, and they are never read here.',
  attachments: 'Ask those who run the service for an operation without attachments (MTOM, SOAP with Attachments).',
  badWsdl:
    'Correct source.soap.wsdl, which most often ends in "?wsdl", or name address, action, version and body in its place.',
  otherHost: 'If that address is the right one, name it as source.soap.address; sign-in is never sent to another host.',
  repeatedPage: 'Correct source.soap.paging: the service does not understand how it is asked for the next page.',
  countMismatch: 'Run the same command again; if it stays so, correct source.soap.paging, records or total.',
  emptyRoster: 'Check body and records; if the application really has no accounts, there is nothing to govern.',
} as const;

export type SoapDefect = keyof typeof REMEDIES;

export const soapError = (code: SoapDefect, place: ServerPlace, message: string): SourceError =>
  new SourceError(code, place, message, REMEDIES[code]);
