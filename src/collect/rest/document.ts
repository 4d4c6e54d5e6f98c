// One JSON document of any size: its records are handed on as they come, numbers as they are written.
import { Tokenizer, TokenParser } from '@streamparser/json';
import type { ServerPlace } from '../../model/errors.ts';
import type { RestSettings } from '../../model/web-settings.ts';
import { brokenJson, notJson } from '../http/answers.ts';
import type { StreamedAnswer } from '../http/client.ts';
import { webError } from '../http/errors.ts';
import { writtenNumber } from '../http/json.ts';
import { restError } from './errors.ts';
import { plainPath } from './plain-path.ts';

/** So much of an answer is looked at to tell what it is instead of JSON. */
const LOOKED_AT = 8192;

/**
 * The records of an answer in handfuls. `records` and `total` are plain paths.
 *
 * Errors: {@link SourceError} where the document breaks off, `records` leads to no list, or another number came than it tells.
 */
export async function* recordsOf(
  { pieces, headers }: StreamedAnswer,
  { records, total, web }: Pick<RestSettings, 'records' | 'total' | 'web'>,
  place: ServerPlace,
  masked: (text: string) => string,
): AsyncGenerator<readonly unknown[]> {
  const document = new Document(records, total, place);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let head = '';
  let passed = 0;
  let since = 0;
  const broken = () =>
    notJson(head, headers['content-type'], place, masked) ??
    brokenJson(place, `after ${passed.toLocaleString('en')} bytes`);
  for await (const piece of pieces) {
    const text = decoded(decoder, piece, place);
    if (head.length < LOOKED_AT) head = (head + text).slice(0, LOOKED_AT);
    const whole = document.take(piece);
    passed += piece.length;
    const found = document.found();
    // Those before a fault go first: they can be wrong in another way, and the first defect is the one to tell.
    if (found.length > 0) yield found;
    if (!whole) throw broken();
    since = found.length > 0 ? 0 : since + piece.length;
    if (since > web.maxAnswerBytes) {
      throw webError('tooLarge', place, `${Math.round(since / 2 ** 20)} MiB came without a whole record`);
    }
  }
  decoded(decoder, undefined, place);
  if (!document.end()) throw broken();
  document.checkTotal();
}

const decoded = (decoder: TextDecoder, piece: Uint8Array | undefined, place: ServerPlace): string => {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch {
    throw webError('invalidEncoding', place, 'the answer is not in UTF-8');
  }
};

/** White space, which may follow a document. */
const NOTHING = /^[ \t\r\n]*$/;

/** Numbers as {@link writtenNumber} has them. */
class ExactTokenizer extends Tokenizer {
  override parseNumber(written: string): number {
    return writtenNumber(written) as number;
  }
}

class Document {
  readonly #tokenizer = new ExactTokenizer();
  readonly #parser: TokenParser;
  readonly #place: ServerPlace;
  readonly #total: string | null;
  #found: unknown[] = [];
  #read = 0;
  #told: unknown;
  #noList: string | undefined;

  constructor(records: string, total: string | null, place: ServerPlace) {
    this.#place = place;
    this.#total = total;
    const path = plainPath(records)!;
    const totalPath = total === null ? undefined : plainPath(total)!;
    const selectors = [['$', ...path, '*'], ...(totalPath ? [['$', ...totalPath]] : [])].map((keys) => keys.join('.'));
    this.#parser = new TokenParser({ paths: selectors, keepStack: false });
    this.#tokenizer.onToken = (token) => this.#parser.write(token);
    this.#parser.onValue = ({ value, key }) => {
      if (typeof key === 'number') this.#found.push(value);
      else if (key === totalPath?.at(-1)) this.#told = value;
      else this.#noList ??= records;
    };
  }

  /** Whether the document is still one. */
  take(piece: Uint8Array): boolean {
    try {
      if (this.#parser.isEnded) return NOTHING.test(Buffer.from(piece).toString('latin1'));
      this.#tokenizer.write(piece);
      return true;
    } catch {
      return false;
    }
  }

  /** The records that have come since they were last asked for. */
  found(): readonly unknown[] {
    if (this.#noList !== undefined) {
      throw restError('noRecords', this.#place, `records ("${this.#noList}") leads to no list, but to a group`);
    }
    const found = this.#found;
    this.#found = [];
    this.#read += found.length;
    return found;
  }

  /** Whether it has come to its end. */
  end(): boolean {
    try {
      if (!this.#parser.isEnded) this.#tokenizer.end();
      return this.#parser.isEnded;
    } catch {
      return false;
    }
  }

  checkTotal(): void {
    if (this.#total === null || String(this.#told) === String(this.#read)) return;
    const said =
      this.#told === undefined
        ? `total ("${this.#total}") leads to no number of records`
        : `the API says that there are ${String(this.#told)} records`;
    throw restError('countMismatch', this.#place, `${said}; ${this.#read} came`);
  }
}
