import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SCHEMA_FILE, schemaText } from './schema.ts';

test('the schema that is kept is the one that the code makes (else: npm run schema)', async () => {
  expect((await readFile(SCHEMA_FILE, 'utf8')).replaceAll('\r\n', '\n')).toBe(schemaText());
});

test('the schema refuses unknown keys and names those that are needed', () => {
  const schema = JSON.parse(schemaText());
  expect(schema.additionalProperties).toBe(false);
  expect(schema.required).toEqual(['application', 'directory', 'source', 'match']);
});
