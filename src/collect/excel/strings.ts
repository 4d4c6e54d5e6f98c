// The texts that a workbook keeps in one place, to which its cells refer by number.
import { readXml, XmlFault } from './xml.ts';

/** No text is longer: Excel takes 32,767 characters in a cell. */
export const CELL_CHARACTERS = 2 ** 20;
/** Holds the longest text, whatever its characters. */
const BLOCK_BYTES = CELL_CHARACTERS * 4;
const MOST_BLOCKS = 256;

/** Many texts, packed outside the JavaScript heap: each takes its UTF-8 bytes and sixteen more. */
export class PackedTexts {
  readonly #blocks: Buffer[] = [];
  readonly #starts: number[] = [];
  readonly #sizes: number[] = [];
  #next = 0;

  add(text: string): void {
    const size = Buffer.byteLength(text);
    if ((this.#next % BLOCK_BYTES) + size > BLOCK_BYTES) this.#next = this.#blocks.length * BLOCK_BYTES;
    if (this.#next === this.#blocks.length * BLOCK_BYTES) {
      if (this.#blocks.length === MOST_BLOCKS) throw new XmlFault('there is more than 1 GiB of text');
      this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES));
    }
    this.#blocks.at(-1)!.write(text, this.#next % BLOCK_BYTES);
    this.#starts.push(this.#next);
    this.#sizes.push(size);
    this.#next += size;
  }

  get(index: number): string | undefined {
    const start = this.#starts[index];
    if (start === undefined) return undefined;
    const at = start % BLOCK_BYTES;
    return this.#blocks[Math.floor(start / BLOCK_BYTES)]!.toString('utf8', at, at + this.#sizes[index]!);
  }
}

/** Gathers the text of `<si>` or `<is>`: one, or runs of rich text; how it is spoken (`rPh`) is left out. */
export class TextGatherer {
  #text = '';
  #inText = false;
  #spoken = false;

  begin(): void {
    this.#text = '';
  }

  open(name: string): void {
    if (name === 'rPh') this.#spoken = true;
    else if (name === 't') this.#inText = !this.#spoken;
  }

  add(text: string): void {
    if (!this.#inText) return;
    this.#text += text;
    if (this.#text.length > CELL_CHARACTERS) throw new XmlFault('a text has more than a million characters');
  }

  close(name: string): void {
    if (name === 'rPh') this.#spoken = false;
    else if (name === 't') this.#inText = false;
  }

  /** Characters that XML cannot hold are written `_x000D_` (ECMA-376, part 1, 22.9.2.19, ST_Xstring). */
  get text(): string {
    return unescaped(this.#text);
  }
}

export const unescaped = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    : text;

/** Reads the part of shared strings. Errors: {@link XmlFault}. */
export const readSharedStrings = async (bytes: AsyncIterable<Buffer>): Promise<PackedTexts> => {
  const texts = new PackedTexts();
  const gatherer = new TextGatherer();
  const events = {
    open: (name: string) => (name === 'si' ? gatherer.begin() : gatherer.open(name)),
    text: (text: string) => gatherer.add(text),
    close: (name: string) => (name === 'si' ? texts.add(gatherer.text) : gatherer.close(name)),
  };
  for await (const _ of readXml(bytes, events));
  return texts;
};
