// The table that a person made of a part of a sheet ("Format as table"): it says where its header and its totals are.
import type { Archive } from './archive.ts';
import { relationsOf } from './workbook.ts';
import { readXml } from './xml.ts';

export interface Table {
  readonly headerRow: number;
  /** Undefined where it shows none. */
  readonly totalsRow: number | undefined;
}

/** The table of a sheet that has exactly one, with a header; else undefined. Errors: {@link SourceError}, {@link XmlFault}. */
export const tableOf = async (archive: Archive, sheetPart: string): Promise<Table | undefined> => {
  const parts = (await relationsOf(archive, sheetPart)).filter(({ type }) => type === 'table');
  if (parts.length !== 1) return undefined;
  let table: Table | undefined;
  const open = (name: string, attributes: Readonly<Record<string, string>>) => {
    const [, first, last] = /^[A-Z]+(\d+):[A-Z]+(\d+)$/.exec(attributes['ref'] ?? '') ?? [];
    if (name !== 'table' || first === undefined || attributes['headerRowCount'] === '0') return;
    const totals = Number(attributes['totalsRowCount'] ?? 0) > 0;
    table = { headerRow: Number(first), totalsRow: totals ? Number(last) : undefined };
  };
  for await (const _ of readXml(archive.bytes(parts[0]!.target), { open }));
  return table;
};
