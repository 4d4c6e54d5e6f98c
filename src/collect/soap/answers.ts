// What a SOAP service answers: its body, or the fault that it tells.

import { firstWords } from '../../http/words.ts';
import type { ServerPlace, SourceError } from '../../model/errors.ts';
import { pageInstead, typeText } from '../http/answers.ts';
import type { Answer } from '../http/client.ts';
import { ENVELOPES } from './envelope.ts';
import { soapError } from './errors.ts';
import { childElements, type Element, readXml, xmlText } from './xml.ts';

type Masked = (text: string) => string;

/** The element soap:Body. Throws {@link SourceError}, also for a fault. */
export const bodyOf = (answer: Answer, place: ServerPlace, masked: Masked): Element => {
  const type = answer.headers['content-type'];
  if (/^\s*multipart\//i.test(type ?? '')) {
    throw soapError('attachments', place, `the answer has attachments (${typeText(type)})`);
  }
  const text = xmlText(answer, place);
  const html = pageInstead(text, type, place, masked);
  if (html) throw html;
  const body = bodyIn(text, place);
  if (body === undefined) {
    const words = firstWords(masked(text.slice(0, 8192)));
    const begins = words === '' ? '' : `; it begins: "${words}"`;
    throw soapError('notSoap', place, `the answer is no SOAP envelope but ${typeText(type)}${begins}`);
  }
  const fault = faultIn(body);
  if (fault) throw faultError(fault, place, masked);
  return body;
};

/** The fault in an answer whose status says that there is one; undefined where there is none. */
export const faultOf = (text: string, place: ServerPlace, masked: Masked): SourceError | undefined => {
  if (!/<[\w.-]*:?Envelope\b/.test(text)) return undefined;
  try {
    const body = bodyIn(text, place);
    const fault = body && faultIn(body);
    return fault && faultError(fault, place, masked);
  } catch {
    // An answer that is cut off after its first part is told by its status and first words.
    return undefined;
  }
};

const bodyIn = (text: string, place: ServerPlace): Element | undefined => {
  if (!/^\uFEFF?\s*</.test(text)) return undefined;
  const root = readXml(text, place).documentElement;
  const versions: readonly string[] = Object.values(ENVELOPES);
  if (root?.localName !== 'Envelope' || !versions.includes(root.namespaceURI ?? '')) return undefined;
  return childElements(root).find(
    ({ localName, namespaceURI }) => localName === 'Body' && namespaceURI === root.namespaceURI,
  );
};

const faultIn = (body: Element): Element | undefined =>
  childElements(body).find(
    ({ localName, namespaceURI }) => localName === 'Fault' && namespaceURI === body.namespaceURI,
  );

/** Faults of WS-Security that say: this sign-in is not accepted. */
const REFUSED = /Authenticat|InvalidSecurity|InvalidCredentials|FailedCheck/i;

/** SOAP 1.1: faultcode, faultstring, detail; SOAP 1.2: Code with Subcode, Reason, Detail. */
const faultError = (fault: Element, place: ServerPlace, masked: Masked): SourceError => {
  const named = (parent: Element | undefined, ...names: string[]): Element | undefined =>
    parent && childElements(parent).find(({ localName }) => names.includes(localName.toLowerCase()));
  const words = (element: Element | undefined): string => firstWords(masked(element?.textContent ?? ''));
  const code = named(fault, 'code');
  const codes = [
    words(named(fault, 'faultcode')),
    words(named(code, 'value')),
    words(named(named(code, 'subcode'), 'value')),
  ];
  const reason = words(named(fault, 'faultstring')) || words(named(named(fault, 'reason'), 'text'));
  const detail = words(named(fault, 'detail'));
  const told = [codes.filter((each) => each !== '').join(', '), reason].filter((each) => each !== '').join(': ');
  const message = `the service answers with a fault: ${told}${detail === '' ? '' : ` (${detail})`}`;
  return soapError(codes.some((each) => REFUSED.test(each)) ? 'signInRefused' : 'fault', place, message);
};
