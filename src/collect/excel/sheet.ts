// The rows of a sheet, as they stream by, and what is said of them before and after.
import { cellName, UnreadableCell } from './errors.ts';
import { CELL_CHARACTERS, TextGatherer } from './strings.ts';
import { isTrue } from './workbook.ts';
import { type Attributes, readXml, type XmlEvents } from './xml.ts';

/** A cell as it is written; what a person sees of it is found in values.ts. */
export interface WrittenCell {
  /** From 0. */
  readonly column: number;
  /** `n` number, `s` shared text, `str` text of a formula, `inlineStr` text, `b`, `e` error, `d` ISO date. */
  readonly type: string;
  readonly style: number;
  readonly formula: boolean;
  /** Undefined where there is no value. */
  readonly value: string | undefined;
}

export interface SheetRow {
  /** From 1, as Excel counts. */
  readonly number: number;
  readonly hidden: boolean;
  /** By column; those without value and formula are left out. */
  readonly cells: readonly WrittenCell[];
}

/** First and last, from 0. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
}

/** What is known when the last row has passed. */
export class SheetFacts {
  readonly hiddenColumns: ColumnRange[] = [];
  /** `A5:A7` */
  readonly merged: string[] = [];
}

/** What Excel can hold. */
const MOST_ROWS = 1_048_576;
const MOST_COLUMNS = 16_384;

/** Yields handfuls of rows. Errors: {@link UnreadableCell}, {@link XmlFault}. */
export async function* sheetRows(
  bytes: AsyncIterable<Buffer>,
  facts: SheetFacts = new SheetFacts(),
): AsyncGenerator<readonly SheetRow[]> {
  const walk = new SheetWalk(facts);
  for await (const _ of readXml(bytes, walk)) {
    if (walk.rows.length === 0) continue;
    yield walk.rows;
    walk.rows = [];
  }
}

class SheetWalk implements XmlEvents {
  rows: SheetRow[] = [];
  readonly #facts: SheetFacts;
  readonly #gatherer = new TextGatherer();
  #row = 0;
  #rowHidden = false;
  /** What a row is that says nothing of it: all are hidden in a sheet that shows only some. */
  #usuallyHidden = false;
  #cells: WrittenCell[] = [];
  #cell: Attributes = {};
  #column = -1;
  #formula = false;
  #value: string | undefined;
  #inValue = false;

  constructor(facts: SheetFacts) {
    this.#facts = facts;
  }

  open(name: string, attributes: Attributes): void {
    switch (name) {
      case 'c':
        this.#openCell(attributes);
        break;
      case 'v':
        this.#inValue = true;
        this.#value = '';
        break;
      case 'f':
        this.#formula = true;
        break;
      case 'is':
        this.#gatherer.begin();
        break;
      case 'row':
        this.#openRow(attributes);
        break;
      case 'col':
        if (isTrue(attributes['hidden'])) {
          this.#facts.hiddenColumns.push({ from: Number(attributes['min']) - 1, to: Number(attributes['max']) - 1 });
        }
        break;
      case 'sheetFormatPr':
        this.#usuallyHidden = isTrue(attributes['zeroHeight']);
        break;
      case 'mergeCell':
        this.#facts.merged.push(attributes['ref'] ?? '');
        break;
      default:
        this.#gatherer.open(name);
    }
  }

  text(text: string): void {
    if (!this.#inValue) {
      this.#gatherer.add(text);
      return;
    }
    this.#value += text;
    if (this.#value!.length > CELL_CHARACTERS) {
      throw this.#unreadable('cellTooLong', 'it holds more than a million characters');
    }
  }

  close(name: string): void {
    switch (name) {
      case 'v':
        this.#inValue = false;
        break;
      case 'is':
        this.#value = this.#gatherer.text;
        break;
      case 'c':
        this.#closeCell();
        break;
      case 'row':
        this.#closeRow();
        break;
      default:
        this.#gatherer.close(name);
    }
  }

  #openRow({ r, hidden }: Attributes): void {
    const row = r === undefined ? this.#row + 1 : Number(r);
    if (!Number.isInteger(row) || row <= this.#row) {
      throw new UnreadableCell('damaged', `row ${r}`, `it follows row ${this.#row}`);
    }
    if (row > MOST_ROWS) throw new UnreadableCell('tooLarge', `row ${row}`, `no sheet has more than ${MOST_ROWS} rows`);
    this.#row = row;
    this.#rowHidden = hidden === undefined ? this.#usuallyHidden : isTrue(hidden);
    this.#cells = [];
    this.#column = -1;
  }

  #closeRow(): void {
    this.rows.push({ number: this.#row, hidden: this.#rowHidden, cells: this.#cells });
  }

  #openCell(attributes: Attributes): void {
    const { r } = attributes;
    const column = r === undefined ? this.#column + 1 : columnOf(r);
    if (column === undefined || column <= this.#column) {
      const after = this.#column === -1 ? 'it has no such name' : `it follows ${cellName(this.#column, this.#row)}`;
      throw new UnreadableCell('damaged', r ?? `row ${this.#row}`, after);
    }
    if (column >= MOST_COLUMNS) {
      throw new UnreadableCell('tooLarge', cellName(column, this.#row), `no row has more than ${MOST_COLUMNS} cells`);
    }
    this.#column = column;
    this.#cell = attributes;
    this.#formula = false;
    this.#value = undefined;
  }

  #closeCell(): void {
    const { t: type = 'n', s } = this.#cell;
    if (this.#value === undefined && !this.#formula) return;
    this.#cells.push({
      column: this.#column,
      type,
      style: s === undefined ? 0 : Number(s),
      formula: this.#formula,
      value: this.#value,
    });
  }

  #unreadable(code: 'cellTooLong', message: string): UnreadableCell {
    return new UnreadableCell(code, cellName(this.#column, this.#row), message);
  }
}

/** Of `AB12` it is 27. */
const columnOf = (name: string): number | undefined => {
  let column = 0;
  let at = 0;
  for (; at < name.length; at += 1) {
    const letter = name.charCodeAt(at) & ~32;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
  }
  return at === 0 || at > 3 ? undefined : column - 1;
};
