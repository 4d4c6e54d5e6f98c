// XML of a workbook's part, as it streams by: elements and their texts, without namespaces' prefixes.
import { TextDecoder } from 'node:util';
import { SaxesParser, type SaxesTagPlain } from 'saxes';

export type Attributes = Readonly<Record<string, string>>;

export interface XmlEvents {
  open?(name: string, attributes: Attributes): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** XML that is not well-formed. */
export class XmlFault extends Error {}

/**
 * Tells `events` of a part, piece after piece; yields after each, so that what was gathered can be handed on.
 * Entities of a document type are not known to it, so none can grow.
 */
export async function* readXml(bytes: AsyncIterable<Buffer>, events: XmlEvents): AsyncGenerator<void> {
  const parser = new SaxesParser();
  parser.on('error', ({ message }) => {
    throw new XmlFault(message);
  });
  parser.on('opentag', ({ name, attributes }: SaxesTagPlain) => events.open?.(local(name), attributes as Attributes));
  parser.on('closetag', ({ name }: SaxesTagPlain) => events.close?.(local(name)));
  if (events.text) {
    parser.on('text', (text) => events.text!(text));
    parser.on('cdata', (text) => events.text!(text));
  }
  let decoder: TextDecoder | undefined;
  for await (const piece of bytes) {
    // The standard knows two encodings; the wider one begins with its mark.
    decoder ??= new TextDecoder(piece[0] === 0xff && piece[1] === 0xfe ? 'utf-16le' : 'utf-8', { fatal: true });
    parser.write(decoded(decoder, piece));
    yield;
  }
  parser.write(decoded(decoder ?? new TextDecoder()));
  parser.close();
  yield;
}

const decoded = (decoder: TextDecoder, piece?: Buffer): string => {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch {
    throw new XmlFault('the text is not valid UTF-8');
  }
};

const local = (name: string): string => name.slice(name.indexOf(':') + 1);
