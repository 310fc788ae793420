/** One header field. Names are lower case; values hold one byte a character. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  /** Never put into a compression table, here or on the way, as its value is a secret. */
  readonly isSensitive?: boolean;
}

/** RFC 7541, appendix A; its first entry has the index 1. */
export const staticTable: readonly HeaderField[] = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ...['200', '204', '206', '304', '400', '404', '500'].map((code) => `:status ${code}`),
  'accept-charset',
  'accept-encoding gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
].map(fieldOf);

function fieldOf(line: string): HeaderField {
  const space = line.indexOf(' ');
  return space === -1
    ? { name: line, value: '' }
    : { name: line.slice(0, space), value: line.slice(space + 1) };
}

const indexOfName = new Map<string, number>();
const indexOfField = new Map<string, number>();
staticTable.forEach(({ name, value }, at) => {
  if (!indexOfName.has(name)) indexOfName.set(name, at + 1);
  indexOfField.set(`${name}\0${value}`, at + 1);
});

/** The index of a field in the static table, or 0. */
export function staticFieldIndex({ name, value }: HeaderField): number {
  return indexOfField.get(`${name}\0${value}`) ?? 0;
}

/** The index of the first field with this name in the static table, or 0. */
export function staticNameIndex(name: string): number {
  return indexOfName.get(name) ?? 0;
}
