// An LDAP server that answers by script, byte by byte as RFC 4511 says: for what OpenLDAP's server never answers.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BerReader, BerWriter, PagedResultsControl, PresenceFilter, SearchRequest } from 'ldapts';

export interface Asked {
  readonly base: string;
  readonly scope: string;
  /** As RFC 4515 writes it, names of attributes in lower case. */
  readonly filter: string;
  /** In lower case. */
  readonly attributes: readonly string[];
  /** The cookie that a page is asked for with; empty for the first. */
  readonly cookie: string;
}

export interface Answered {
  readonly entries?: readonly (readonly [
    dn: string,
    attributes: Readonly<Record<string, readonly (string | Buffer)[]>>,
  ])[];
  readonly referrals?: readonly string[];
  /** Where the next page begins. */
  readonly cookie?: string;
  readonly result?: number;
  readonly message?: string;
}

const BIND = 0x60;
const SEARCH = 0x63;

/** Starts it on a free port. A sign-in is answered with `signIn`. */
export const startLdapAnswers = async (answer: (asked: Asked) => Answered, signIn: Answered = {}) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      const reader = new BerReader(bytes);
      reader.readSequence();
      const messageId = reader.readInt()!;
      const operation = reader.readSequence();
      if (operation === BIND) socket.write(ended(messageId, 0x61, signIn));
      if (operation !== SEARCH) return;
      const request = new SearchRequest({ messageId, filter: new PresenceFilter({ attribute: 'objectClass' }) });
      request.parse(reader, []);
      const page = request.controls?.find((control) => control instanceof PagedResultsControl);
      const { baseDN: base, scope, filter, attributes } = request;
      const cookie = page?.value?.cookie?.toString('utf8') ?? '';
      const answered = answer({ base, scope, filter: filter.toString(), attributes, cookie });
      for (const [dn, values] of answered.entries ?? []) socket.write(entry(messageId, dn, values));
      for (const address of answered.referrals ?? []) socket.write(reference(messageId, address));
      socket.write(ended(messageId, 0x65, answered));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

const message = (messageId: number, operation: number, write: (writer: BerWriter) => void, cookie?: string): Buffer => {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(messageId);
  writer.startSequence(operation);
  write(writer);
  writer.endSequence();
  if (cookie !== undefined) {
    writer.startSequence(0xa0);
    new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(cookie) } }).write(writer);
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
};

const entry = (
  messageId: number,
  dn: string,
  attributes: Readonly<Record<string, readonly (string | Buffer)[]>>,
): Buffer =>
  message(messageId, 0x64, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const [type, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(type);
      writer.startSequence(0x31);
      for (const value of values) writer.writeBuffer(Buffer.from(value as string), 4);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });

const reference = (messageId: number, address: string): Buffer =>
  message(messageId, 0x73, (writer) => writer.writeString(address));

const ended = (messageId: number, operation: number, { result = 0, message: said = '', cookie }: Answered): Buffer =>
  message(
    messageId,
    operation,
    (writer) => {
      writer.writeEnumeration(result);
      writer.writeString('');
      writer.writeString(said);
    },
    cookie,
  );
