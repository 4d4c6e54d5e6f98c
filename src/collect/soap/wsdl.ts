// What a WSDL 1.1 says of one operation: where it is, how it is called, and the element that asks for it.
import type { ServerPlace } from '../../model/errors.ts';
import { pageInstead } from '../http/answers.ts';
import { placeOf, type WebClient } from '../http/client.ts';
import type { SoapVersion } from './envelope.ts';
import { soapError } from './errors.ts';
import { childElements, type Element, escapeXml, readXml, xmlText } from './xml.ts';

export interface Operation {
  readonly address: URL;
  readonly action: string;
  readonly version: SoapVersion;
  /** The empty element that asks; undefined where the operation is not of the style "document". */
  readonly body: string | undefined;
}

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const BINDINGS: Readonly<Record<string, SoapVersion>> = {
  'http://schemas.xmlsoap.org/wsdl/soap/': '1.1',
  'http://schemas.xmlsoap.org/wsdl/soap12/': '1.2',
};
/** Services spread their description over a few documents; more are no description. */
const DOCUMENTS = 20;

/**
 * Source: https://www.w3.org/TR/wsdl
 *
 * Errors: {@link SourceError} `badWsdl` where it lacks the operation, or is no WSDL; `otherHost` where it imports from, or
 *         the service is at, another host.
 */
export const readOperation = async (
  client: WebClient,
  address: string,
  name: string,
  wanted: SoapVersion | null,
): Promise<Operation> => {
  const first = new URL(address);
  const all = await readDefinitions(client, first);
  const place: ServerPlace = { address: placeOf({ url: first }).address, at: `operation ${name}` };
  const found = bindingsOf(all, name);
  const usable = found.filter(({ version }) => wanted === null || version === wanted);
  // Where a service speaks both, SOAP 1.1 is the one that is always there.
  const chosen = usable.find(({ version }) => version === '1.1') ?? usable[0];
  if (chosen === undefined) {
    const others = [...new Set(operationNames(all))].slice(0, 20).join(', ');
    const why = found.length > 0 ? `the operation has no binding for SOAP ${wanted}` : 'there is no such operation';
    throw soapError('badWsdl', place, `${why}${others === '' ? '' : `; the WSDL has ${others}`}`);
  }
  const location = locationOf(all, chosen);
  if (location === undefined || !URL.canParse(location, first.href)) {
    throw soapError('badWsdl', place, 'the WSDL does not say where the service is');
  }
  const at = new URL(location, first);
  if (at.origin !== first.origin) {
    throw soapError('otherHost', place, `the service is said to be on another host: ${at.protocol}//${at.host}`);
  }
  const { version, action } = chosen;
  return { address: at, action, version, body: chosen.style === 'rpc' ? undefined : inputOf(all, chosen, name) };
};

interface Definitions {
  readonly root: Element;
  readonly children: readonly Element[];
}

const readDefinitions = async (client: WebClient, first: URL): Promise<readonly Definitions[]> => {
  const read: Definitions[] = [];
  const open = [first];
  const seen = new Set<string>();
  for (let url = open.shift(); url !== undefined; url = open.shift()) {
    if (seen.has(url.href)) continue;
    seen.add(url.href);
    const ask = { method: 'GET', url, headers: { accept: 'text/xml, application/xml' }, at: 'WSDL' } as const;
    const place = placeOf(ask);
    if (seen.size > DOCUMENTS) throw soapError('badWsdl', place, `it consists of more than ${DOCUMENTS} documents`);
    const answer = await client.read(ask);
    const text = xmlText(answer, place);
    const html = pageInstead(text, answer.headers['content-type'], place, (each) => client.masked(each));
    if (html) throw html;
    const root = readXml(text, place, 'badWsdl').documentElement;
    if (root?.localName !== 'definitions' || root.namespaceURI !== WSDL) {
      throw soapError('badWsdl', place, 'there is no WSDL 1.1');
    }
    const children = childElements(root).filter(({ namespaceURI }) => namespaceURI === WSDL);
    read.push({ root, children });
    for (const child of children) {
      const location = child.localName === 'import' ? child.getAttribute('location') : null;
      if (location === null || !URL.canParse(location, url.href)) continue;
      const next = new URL(location, url);
      if (next.origin !== first.origin)
        throw soapError('otherHost', place, `it imports from another host: ${next.host}`);
      open.push(next);
    }
  }
  return read;
};

interface Binding {
  readonly element: Element;
  readonly name: string;
  readonly version: SoapVersion;
  readonly action: string;
  readonly style: string;
}

const named = (all: readonly Definitions[], kind: string): readonly Element[] =>
  all.flatMap(({ children }) => children.filter(({ localName }) => localName === kind));

const inside = (element: Element, kind: string): readonly Element[] =>
  childElements(element).filter(({ localName, namespaceURI }) => localName === kind && namespaceURI === WSDL);

const bindingsOf = (all: readonly Definitions[], operation: string): Binding[] =>
  named(all, 'binding').flatMap((element) => {
    const soap = childElements(element).find(
      ({ localName, namespaceURI }) => localName === 'binding' && BINDINGS[namespaceURI ?? ''],
    );
    const one = inside(element, 'operation').find((each) => each.getAttribute('name') === operation);
    if (!soap || !one) return [];
    const detail = childElements(one).find(
      ({ localName, namespaceURI }) => localName === 'operation' && namespaceURI === soap.namespaceURI,
    );
    return {
      element,
      name: element.getAttribute('name') ?? '',
      version: BINDINGS[soap.namespaceURI!]!,
      action: detail?.getAttribute('soapAction') ?? '',
      style: detail?.getAttribute('style') ?? soap.getAttribute('style') ?? 'document',
    };
  });

const operationNames = (all: readonly Definitions[]): string[] =>
  named(all, 'portType').flatMap((type) => inside(type, 'operation').map((each) => each.getAttribute('name') ?? ''));

const locationOf = (all: readonly Definitions[], { name }: Binding): string | undefined => {
  for (const port of named(all, 'service').flatMap((service) => inside(service, 'port'))) {
    if (local(port.getAttribute('binding')) !== name) continue;
    const address = childElements(port).find(
      ({ localName, namespaceURI }) => localName === 'address' && BINDINGS[namespaceURI ?? ''],
    );
    const location = address?.getAttribute('location');
    if (location) return location;
  }
  return undefined;
};

/** The empty element that the operation's input message consists of. */
const inputOf = (all: readonly Definitions[], { element }: Binding, operation: string): string | undefined => {
  const type = named(all, 'portType').find((each) => each.getAttribute('name') === local(element.getAttribute('type')));
  const one = type && inside(type, 'operation').find((each) => each.getAttribute('name') === operation);
  const input = one && inside(one, 'input')[0];
  const message = named(all, 'message').find(
    (each) => each.getAttribute('name') === local(input?.getAttribute('message')),
  );
  const [part] = message ? inside(message, 'part') : [];
  const qualified = part?.getAttribute('element');
  if (!part || !qualified) return undefined;
  const prefix = qualified.includes(':') ? qualified.split(':')[0]! : null;
  const namespace = part.lookupNamespaceURI(prefix);
  return namespace === null ? `<${local(qualified)}/>` : `<${local(qualified)} xmlns="${escapeXml(namespace)}"/>`;
};

const local = (qualified: string | null | undefined): string => (qualified ?? '').split(':').at(-1)!;
