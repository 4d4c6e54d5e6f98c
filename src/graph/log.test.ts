// The library can log every request, when an administrator asks for it by AZURE_LOG_LEVEL. What is logged is harmless.
import { expect, onTestFinished, test } from 'vitest';
import { json, serve } from '../../test/support/http.ts';

test('the log names requests and their ids, and holds no token, no password, no body and no value of a query', async () => {
  process.env['AZURE_LOG_LEVEL'] = 'verbose';
  const logged: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (text) => logged.push(String(text)) > 0;
  onTestFinished(() => {
    process.stderr.write = write;
    delete process.env['AZURE_LOG_LEVEL'];
  });
  // The level is read when the library is loaded.
  const { connect } = await import('./connect.ts');
  const server = await serve(({ method }, response) =>
    method === 'POST'
      ? json(response, 201, { id: '1', displayName: 'Marked Person' })
      : json(response, 200, { value: [{ id: '1', mail: 'marked@contoso.com' }] }),
  );
  const credential = { getToken: async () => ({ token: 'marked-token', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const directory = connect({ graph: `${server.origin}/v1.0`, credential });
  await directory.findApplicationsByName('Marked application');
  await directory.write([
    { kind: 'createUser', properties: { displayName: 'Marked Person' }, password: 'Marked-Pass-1' },
  ]);
  process.stderr.write = write;
  const text = logged.join('\n');
  expect(text).toContain('/v1.0/applications');
  expect(text).toMatch(/client-request-id|request-id/i);
  expect(text).not.toMatch(/marked/i);
});
