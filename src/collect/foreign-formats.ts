// What a file is by its first bytes, where it is something else than its name and its place in rollcall.yaml say.

/** Remedies for a file of another kind; `wanted` is what to ask for: `an export as CSV`. */
export const foreignRemedies = (wanted: string) => ({
  compressed: 'Unpack it and name the file inside.',
  pdf: `Ask the application for ${wanted}.`,
  htmlPage:
    'Often the export link needs a sign-in and answered with its page; download the file again while signed in.',
  xmlFile: `Ask the application for ${wanted}.`,
  jsonFile: `Ask the application for ${wanted}.`,
  otherFormat: `Ask the application for ${wanted}.`,
});

export interface ForeignFormat {
  readonly code: keyof ReturnType<typeof foreignRemedies> | 'spreadsheet';
  /** With its article: `a PDF document`. */
  readonly what: string;
}

const SIGNATURES = [
  { bytes: 'd0cf11e0a1b11ae1', code: 'spreadsheet', what: 'an Excel workbook of the old kind (.xls)' },
  { bytes: '255044462d', code: 'pdf', what: 'a PDF document' },
  { bytes: '1f8b', code: 'compressed', what: 'compressed with gzip' },
  { bytes: 'fd377a585a00', code: 'compressed', what: 'compressed with xz' },
  { bytes: '28b52ffd', code: 'compressed', what: 'compressed with zstd' },
  { bytes: '377abcaf271c', code: 'compressed', what: 'a 7z archive' },
  { bytes: '526172211a07', code: 'compressed', what: 'a RAR archive' },
  { bytes: '53514c69746520666f726d6174203300', code: 'otherFormat', what: 'an SQLite database' },
  { bytes: '5041523115', code: 'otherFormat', what: 'a Parquet file' },
  { bytes: '89504e470d0a1a0a', code: 'otherFormat', what: 'a PNG image' },
  { bytes: 'ffd8ff', code: 'otherFormat', what: 'a JPEG image' },
  { bytes: '7b5c727466', code: 'otherFormat', what: 'an RTF document' },
] as const satisfies readonly (ForeignFormat & { bytes: string })[];

const ZIP = /^PK(\x03\x04|\x05\x06|\x07\x08)/;

export const isZip = (head: Buffer): boolean => ZIP.test(head.toString('latin1', 0, 4));

/** What is not text at all. */
export const foreignBytes = (head: Buffer): ForeignFormat | undefined => {
  if (isZip(head)) {
    // A workbook is a ZIP archive whose first names are these.
    const workbook = /\[Content_Types\]\.xml|xl\/|mimetypeapplication\/vnd\.oasis/u.test(head.toString('latin1'));
    return workbook
      ? { code: 'spreadsheet', what: 'a spreadsheet (.xlsx or .ods)' }
      : { code: 'compressed', what: 'a ZIP archive' };
  }
  if (/^BZh[1-9]1AY&SY/u.test(head.toString('latin1', 0, 10))) {
    return { code: 'compressed', what: 'compressed with bzip2' };
  }
  const start = head.subarray(0, 16).toString('hex');
  return SIGNATURES.find(({ bytes }) => start.startsWith(bytes));
};

/** What is text of another format; `text` is its beginning. */
export const foreignText = (text: string): ForeignFormat | undefined => {
  const start = text.trimStart().slice(0, 1000);
  if (/^<(!doctype\s+html|html|head|body|table|script|meta)\b/iu.test(start) || /^<!--[\s\S]*<html\b/iu.test(start)) {
    return { code: 'htmlPage', what: 'an HTML page' };
  }
  if (/^<(\?xml|[a-z][\w:.-]*[\s/>])/iu.test(start)) return { code: 'xmlFile', what: 'an XML file' };
  if (/^(\{\s*("|\}|$)|\[\s*([{["\]]|$))/u.test(start)) return { code: 'jsonFile', what: 'a JSON file' };
  return undefined;
};
