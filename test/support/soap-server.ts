// A SOAP service of a package that others wrote (soap), on this machine, with a WSDL, pages and faults.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from 'soap';

export const NAMESPACE = 'urn:contoso:users';
/** So that a page is longer than what the stand-between lets pass. */
const PAGE = 500;

export const wsdl = (address: string) => `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:s11="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:s12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:u="${NAMESPACE}" targetNamespace="${NAMESPACE}">
  <wsdl:types>
    <xs:schema targetNamespace="${NAMESPACE}" elementFormDefault="qualified">
      <xs:element name="ListUsers"><xs:complexType><xs:sequence>
        <xs:element name="Token" type="xs:string" minOccurs="0"/>
        <xs:element name="Filter" type="xs:string" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="ListUsersResponse"><xs:complexType><xs:sequence>
        <xs:element name="User" type="u:User" minOccurs="0" maxOccurs="unbounded"/>
        <xs:element name="Next" type="xs:string" minOccurs="0"/>
        <xs:element name="Count" type="xs:int"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:complexType name="User"><xs:sequence>
        <xs:element name="Mail" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
        <xs:element name="Name" type="xs:string" nillable="true"/>
        <xs:element name="Job" type="u:Job"/>
        <xs:element name="More" type="u:More" minOccurs="0"/>
      </xs:sequence></xs:complexType>
      <xs:complexType name="More"><xs:sequence>
        <xs:element name="Share" type="xs:string"/><xs:element name="LastLogin" type="xs:dateTime" nillable="true"/>
        <xs:element name="Enabled" type="xs:boolean"/>
      </xs:sequence></xs:complexType>
      <xs:complexType name="Job"><xs:sequence>
        <xs:element name="Number" type="xs:string"/><xs:element name="Role" type="xs:string"/>
      </xs:sequence></xs:complexType>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="Ask"><wsdl:part name="body" element="u:ListUsers"/></wsdl:message>
  <wsdl:message name="Tell"><wsdl:part name="body" element="u:ListUsersResponse"/></wsdl:message>
  <wsdl:portType name="Users"><wsdl:operation name="ListUsers">
    <wsdl:input message="u:Ask"/><wsdl:output message="u:Tell"/>
  </wsdl:operation></wsdl:portType>
  <wsdl:binding name="Users11" type="u:Users">
    <s11:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="ListUsers"><s11:operation soapAction="${NAMESPACE}/list"/>
      <wsdl:input><s11:body use="literal"/></wsdl:input><wsdl:output><s11:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:binding name="Users12" type="u:Users">
    <s12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="ListUsers"><s12:operation soapAction="${NAMESPACE}/list"/>
      <wsdl:input><s12:body use="literal"/></wsdl:input><wsdl:output><s12:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Users">
    <wsdl:port name="P11" binding="u:Users11"><s11:address location="${address}/users"/></wsdl:port>
    <wsdl:port name="P12" binding="u:Users12"><s12:address location="${address}/users"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>`;

export interface SoapPerson {
  readonly Mail: readonly (string | null)[];
  readonly Name: string | null;
  readonly Job: { readonly Number: string | null; readonly Role: string | null };
  readonly More?: { readonly Share: string; readonly LastLogin: string | null; readonly Enabled: boolean };
}

type Asked = { readonly Token?: string; readonly Filter?: { readonly $value: string } } | null;

export interface SoapService {
  readonly port: number;
  people: SoapPerson[];
  /** What was asked, and what stood in the header. */
  readonly asked: {
    readonly action: unknown;
    readonly type: unknown;
    readonly security: unknown;
    readonly body: Asked;
  }[];
  authenticate: (security: { UsernameToken?: Record<string, never> } | undefined) => boolean;
  close(): void;
}

export const startSoap = async (version: '1.1' | '1.2'): Promise<SoapService> => {
  const http: Server = createServer();
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const { port } = http.address() as AddressInfo;
  const service: SoapService = {
    port,
    people: [],
    asked: [],
    authenticate: () => true,
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
  const ListUsers = (body: Asked) => {
    service.asked.push({ ...service.asked.pop()!, body });
    const from = Number(body?.Token || 0);
    if (Number.isNaN(from)) {
      const reason = {
        Code: { Value: 'soap:Sender', Subcode: { Value: 'u:BadToken' } },
        Reason: { Text: 'No such token' },
      };
      throw version === '1.2'
        ? { Fault: { ...reason, Detail: { Hint: 'Begin anew' }, statusCode: 500 } }
        : {
            Fault: {
              faultcode: 'soap:Client',
              faultstring: 'No such token',
              detail: { Hint: 'Begin anew' },
              statusCode: 500,
            },
          };
    }
    const found = service.people.filter(({ Mail }) => !body?.Filter || Mail[0]?.includes(body.Filter.$value));
    const size = body === null ? found.length : PAGE;
    const next = from + size < found.length ? { Next: String(from + size) } : {};
    return { User: found.slice(from, from + size), ...next, Count: found.length };
  };
  const server = listen(http, {
    path: '/users',
    services: { Users: { P11: { ListUsers }, P12: { ListUsers } } },
    xml: wsdl(`http://127.0.0.1:${port}`),
    forceSoap12Headers: version === '1.2',
  });
  // The package writes xsi:nil without declaring its prefix.
  server.on('response', (response: { result: string }) => {
    response.result = response.result.replace(
      ':Envelope ',
      ':Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ',
    );
  });
  server.authenticate = ((security: never, _done: unknown, request: { headers: Record<string, unknown> }) => {
    const { soapaction: action, 'content-type': type } = request.headers;
    service.asked.push({ action, type, security, body: null });
    return service.authenticate(security);
  }) as unknown as typeof server.authenticate;
  return service;
};
