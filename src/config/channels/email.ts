// removals.channel.email: what people write of messages to the application's owner, and what the code uses.
import { z } from 'zod';
import type { EmailSettings } from '../../model/channel-settings.ts';
import { choice, object, secretPlace, secretRef, type ToPath, text } from '../shapes.ts';

const ADDRESS = /^[^\s<>(),;:"@\\]+@[^\s<>(),;:"@\\]+$/;
const NAMED = /^[^<>\r\n"]*<([^<>]+)>$/;

const address = text.regex(ADDRESS, 'expected an address such as owner@contoso.com');
const addresses = z.array(address).min(1, 'expected at least one address');

const isSender = (written: string): boolean =>
  !/[\r\n]/.test(written) && ADDRESS.test(NAMED.exec(written)?.[1] ?? written);

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

export const emailWritten = object({
  server: text.regex(/^[A-Za-z0-9.:[\]-]+$/, 'expected the name of a host').describe("The SMTP server's host."),
  port: z
    .int('expected a port')
    .min(1, 'expected a port from 1 to 65535')
    .max(65_535, 'expected a port from 1 to 65535')
    .optional()
    .describe('Default: 587 with startTls, 465 with tls.'),
  security: choice(['startTls', 'tls', 'none'])
    .optional()
    .describe(
      'startTls: TLS before anything else is said; tls: from the first byte; none: on this machine itself alone. Default: startTls.',
    ),
  signIn: object({ user: text, password: secretRef }).optional().describe('How to sign in to the server.'),
  caFile: text.optional().describe('Certificates (PEM) to trust besides those of the operating system.'),
  from: text
    .refine(isSender, 'expected an address, or "Name <address>"')
    .describe('Who the message comes from: an address, or "Name <address>".'),
  to: addresses.describe("The application's owners."),
  escalateTo: addresses.optional().describe('Who is told besides when a removal is long overdue.'),
  bouncesTo: address.optional().describe('Who is told by mail servers of what could not be delivered. Default: from.'),
})
  .superRefine(({ security, server, signIn }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (security !== 'none') return;
    if (!LOOPBACK.test(server)) refuse('security', 'expected startTls or tls (none only for this machine itself)');
    if (signIn !== undefined) refuse('signIn', 'goes with startTls or tls only');
  })
  .describe("A message to the application's owners, with the list of removals.");

export const emailSettings = (written: z.infer<typeof emailWritten>, path: ToPath): EmailSettings => {
  const security = written.security ?? 'startTls';
  return {
    kind: 'email',
    server: written.server.replace(/^\[(.*)\]$/, '$1'),
    port: written.port ?? (security === 'tls' ? 465 : 587),
    security,
    signIn:
      written.signIn === undefined
        ? null
        : { user: written.signIn.user, password: secretPlace(written.signIn.password, path) },
    caFile: written.caFile === undefined ? null : path(written.caFile),
    from: written.from,
    to: written.to,
    escalateTo: written.escalateTo ?? [],
    bouncesTo: written.bouncesTo ?? null,
  };
};
