/**
 * The lengths in bits of the codes of the 256 bytes and of EOS (RFC 7541, appendix B). The codes themselves follow from
 * them: the code is canonical.
 */
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

/** The longest code, in bits. */
export const longestCode = 30;

/** The symbol that ends no string: the beginning of its code, all ones, is what strings are padded with. */
export const endOfString = 256;

/** By symbol: the length of its code, in bits. */
export const lengthOf = Uint8Array.from(codeLengths);
/** By symbol: its code, in the low bits. */
export const codeOf = new Uint32Array(codeLengths.length);

/** By length in bits: the first code of that length. */
export const firstCode = new Uint32Array(longestCode + 1);
/** By length in bits: the number of codes. */
export const countOf = new Uint32Array(longestCode + 1);
/** By length in bits: where the symbols of these codes begin in `symbols`. */
export const firstSymbol = new Uint32Array(longestCode + 1);

/** All symbols in the order of their codes. */
export const symbols = new Uint16Array(codeLengths.length);

let code = 0;
let at = 0;
for (let length = 1; length <= longestCode; length += 1) {
  code *= 2;
  firstCode[length] = code;
  firstSymbol[length] = at;
  codeLengths.forEach((ofSymbol, symbol) => {
    if (ofSymbol !== length) return;
    codeOf[symbol] = code;
    symbols[at] = symbol;
    code += 1;
    at += 1;
  });
  countOf[length] = at - (firstSymbol[length] ?? 0);
}
