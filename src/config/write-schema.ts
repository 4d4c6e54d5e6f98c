// Writes schema/rollcall.schema.json anew: `npm run schema`.
import { mkdir, writeFile } from 'node:fs/promises';
import { SCHEMA_FILE, schemaText } from './schema.ts';

await mkdir(new URL('.', SCHEMA_FILE), { recursive: true });
await writeFile(SCHEMA_FILE, schemaText());
