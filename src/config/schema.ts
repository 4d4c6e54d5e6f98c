// The JSON Schema of rollcall.yaml, for editors.
import { z } from 'zod';
import { writtenSchema } from './written.ts';

/** Where the schema lies in the package. */
export const SCHEMA_FILE = new URL('../../schema/rollcall.schema.json', import.meta.url);

/** The schema as text, as it is kept. */
export const schemaText = (): string => {
  const schema = z.toJSONSchema(writtenSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'rollcall.yaml', ...schema }, undefined, 2)}\n`;
};
