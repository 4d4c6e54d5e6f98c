// The directory's certificate, and the sign-in's, may be signed by an authority that the operating system trusts: nobody has
// to name a caFile behind a proxy that looks into TLS.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../src/tenant/server.ts';
import { startCommand, temporaryFolder } from './support/world.ts';

const elsewhere =
  process.platform === 'linux' ? '' : ' (skipped: other systems keep authorities in a store of their own)';

test.skipIf(elsewhere !== '')(
  `an authority that the system trusts is trusted for the directory and the sign-in, and no other${elsewhere}`,
  async () => {
    const folder = temporaryFolder();
    const tenant = await startTenant({ tls: true });
    onTestFinished(() => tenant.close());
    const { graph, authority, tenantId, clientId, clientSecret, caFile } = tenant;
    writeFileSync(
      join(folder, 'connection.json'),
      JSON.stringify({ graph, authority, tenantId, clientId, clientSecret }),
    );
    writeFileSync(join(folder, 'users.csv'), 'EMail\nana@contoso.com\n');
    const match = [{ column: 'EMail', attribute: 'mail' }];
    const configuration = { application: 'CORPDB1', directory: 'local', source: { csv: { path: 'users.csv' } }, match };
    writeFileSync(join(folder, 'rollcall.yaml'), JSON.stringify(configuration));
    const doctor = (systemFile: string) =>
      startCommand(folder, ['doctor', '--directory', 'connection.json'], {
        SSL_CERT_FILE: systemFile,
        SSL_CERT_DIR: folder,
      }).ended;

    const trusted = await doctor(caFile!);
    expect(trusted.out).toMatch(/^ok +sign-in: /m);
    expect(trusted.out).toMatch(/^ok +domains: /m);

    const refused = await doctor(join(folder, 'no-such-file.pem'));
    expect(refused.status).not.toBe(0);
    expect(refused.out).not.toMatch(/^ok +sign-in: /m);
    expect(refused.out).toContain('the certificate of the sign-in service is not trusted (');
    expect(refused.out).toContain('or of the proxy before it, as "caFile".');
  },
  60_000,
);
