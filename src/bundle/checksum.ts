import { z } from 'zod';
import { normalizeBundlePath } from './bundle-path.js';

/** The algorithms of checksums, with the number of hexadecimal digits that each gives. */
export const checksumAlgorithms = { sha256: 64, sha512: 128 } as const;

/** The name of a supported hash algorithm. */
export type ChecksumAlgorithm = keyof typeof checksumAlgorithms;

/** The expected or computed digest of a file or a bundle. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** In small letters. */
  readonly hex: string;
}

/** Reads `sha256:…` or `sha512:…`; `null` for anything else. */
export function parseChecksum(text: string): Checksum | null {
  const [, algorithm = '', digits = ''] = /^([a-z0-9]+):([0-9a-fA-F]+)$/.exec(text) ?? [];
  if (!isAlgorithm(algorithm) || digits.length !== checksumAlgorithms[algorithm]) return null;
  return { algorithm, hex: digits.toLowerCase() };
}

/** Renders a checksum as `sha256:…` or `sha512:…`, the form that `parseChecksum` reads. */
export function formatChecksum({ algorithm, hex }: Checksum): string {
  return `${algorithm}:${hex}`;
}

/** Whether a name is that of a supported hash algorithm. */
export function isAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(checksumAlgorithms, name);
}

/** How a checksum has to be written, as the end of a sentence about one. */
export const checksumForm = 'must be sha256: and 64 hexadecimal digits, or sha512: and 128';

/** Accepts a checksum as text; its message is `checksumForm`. */
export const checksumSchema = z.string().refine((text) => parseChecksum(text) !== null, checksumForm);

const path = z
  .string()
  .refine(
    (text) => normalizeBundlePath(text, 'linux') === text && text !== '.',
    'must be the plain path of a file in the bundle, such as lib/plugin.py',
  );

/** Files of a bundle and their checksums. */
export const fileChecksumsSchema = z.record(path, checksumSchema);
