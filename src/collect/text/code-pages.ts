// Code pages that no standard of the web has: EBCDIC of mainframes, and those of DOS.

/** EBCDIC 037 (USA, Canada), byte by byte, as the Latin-1 letters that it holds in another order. */
const EBCDIC_037 = Buffer.from(
  '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f80818283840a171b88898a8b8c050607' +
    '909116939495960498999a9b14159e1a20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293bac' +
    '2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22d8616263646566676869abbbf0fdfeb1' +
    'b06a6b6c6d6e6f707172aabae6b8c6a4b57e737475767778797aa1bfd0dddeae5ea3a5b7a9a7b6bcbdbe5b5dafa8b4d7' +
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff5cf7535455565758595ab2d4d6d2d3d5' +
    '30313233343536373839b3dbdcd9da9f',
  'hex',
).toString('latin1');

/** What other pages of EBCDIC have in other places. */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  ibm037: {},
  ibm1140: { 159: '€' },
  ibm500: { 74: '[', 79: '!', 90: ']', 95: '^', 176: '¢', 186: '¬', 187: '|' },
  ibm1047: { 95: '^', 173: '[', 176: '¬', 186: 'Ý', 187: '¨', 189: ']' },
  ibm273: {
    67: '{',
    74: 'Ä',
    79: '!',
    89: '~',
    90: 'Ü',
    95: '^',
    99: '[',
    106: 'ö',
    124: '§',
    161: 'ß',
    176: '¢',
    181: '@',
    186: '¬',
    187: '|',
    192: 'ä',
    204: '¦',
    208: 'ü',
    220: '}',
    224: 'Ö',
    236: '\\',
    252: ']',
  },
};

/** The upper half of pages whose lower half is ASCII. */
const UPPER_HALVES: Readonly<Record<string, string>> = {
  ibm437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  ibm850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
};

export const CODE_PAGES: readonly string[] = [...Object.keys(ELSEWHERE), ...Object.keys(UPPER_HALVES)];

/** The name of a page by one of its usual names: `IBM-037`, `cp037`, `37`; undefined where it is none of these. */
export const codePageName = (label: string): string | undefined => {
  const [, number] = /^(?:ibm|cp|ebcdic)?[-_ ]?(?:cp)?[-_ ]?(\d{2,4})$/i.exec(label) ?? [];
  const name = `ibm${number?.padStart(3, '0')}`;
  return CODE_PAGES.includes(name) ? name : undefined;
};

/** Whether a page, by its name here, is one of mainframes. */
export const isEbcdic = (name: string): boolean => name in ELSEWHERE;

/** The letters of all bytes of a page, in order; no two bytes have the same. */
export const lettersOf = (name: string): string => {
  const upper = UPPER_HALVES[name];
  if (upper !== undefined) return String.fromCharCode(...Array(128).keys()) + upper;
  const other = ELSEWHERE[name];
  if (!other) throw new RangeError(`there is no code page ${name}`);
  return [...EBCDIC_037].map((letter, byte) => other[byte] ?? letter).join('');
};
