// A folder of evidence as verification reads it: names and bytes, nothing else.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RollcallError } from '../model/errors.ts';

export interface Folder {
  /** Everything that lies in it: paths with slashes. `isFile` is false for what is neither file nor folder, and for a folder without anything. */
  list(): Promise<readonly { readonly path: string; readonly isFile: boolean }[]>;
  read(path: string): AsyncIterable<Buffer>;
}

/** A folder on the disk. Links are not followed. */
export const folderAt = (root: string): Folder => ({
  list: () => listed(root, ''),
  read: (path) => createReadStream(join(root, ...path.split('/'))),
});

const listed = async (root: string, below: string): Promise<{ path: string; isFile: boolean }[]> => {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new RollcallError(
      `The folder ${root} cannot be read (${error.code ?? error.message}).`,
      'Name the folder that "rollcall evidence export --to FOLDER" wrote.',
    );
  });
  if (entries.length === 0 && below !== '') return [{ path: below, isFile: false }];
  const all: { path: string; isFile: boolean }[] = [];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) all.push(...(await listed(root, path)));
    else all.push({ path, isFile: entry.isFile() });
  }
  return all;
};
