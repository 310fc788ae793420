import { timingSafeEqual } from 'node:crypto';
import { resolve } from 'node:path';
import { formatChecksum, parseChecksum, type Checksum } from '../../bundle/index.js';
import { isPluginError, messageOf, PluginError, type Bundle, type Checksums } from '../../model/index.js';
import { resolveEntry } from '../bundle/entry.js';
import { hashBundle } from './hash-bundle.js';
import { hashFile } from './hash-file.js';

/**
 * Compares a bundle with every checksum that its manifest and the lock hold of it. `command` is what will be started.
 * Rejects with CHECKSUM_MISMATCH for a file that is another one, is gone, or should be known and is not.
 */
export async function verifyChecksums(bundle: Bundle, command: string): Promise<void> {
  const { checksums, bundle: whole } = bundle.manifest;
  const stated = { files: checksums ?? {}, bundle: whole };
  if (checksums !== undefined || whole !== undefined) await verify(bundle, command, stated, 'the manifest');
  if (bundle.lockedChecksums !== undefined)
    await verify(bundle, command, bundle.lockedChecksums, 'the lock file');
}

async function verify(bundle: Bundle, command: string, pins: Checksums, source: string): Promise<void> {
  const bare = bundle.command !== undefined;
  if (!bare && pins.bundle === undefined && !Object.hasOwn(pins.files, bundle.entry)) {
    throw mismatch(bundle, { file: bundle.entry, expected: null, actual: null, source });
  }
  for (const [file, expected] of Object.entries(pins.files)) {
    await compare(bundle, { file, expected, source }, async ({ algorithm }) =>
      hashFile(
        bare ? programFile(bundle, file, command) : await resolveEntry(bundle.directory, file),
        algorithm,
      ),
    );
  }
  if (pins.bundle !== undefined) {
    const subject = { file: bundle.directory, expected: pins.bundle, source };
    await compare(bundle, subject, ({ algorithm }) => hashBundle(bundle, algorithm));
  }
}

function programFile({ directory, entry }: Bundle, file: string, command: string): string {
  return file === entry ? command : resolve(directory, file);
}

interface ChecksumSubject {
  readonly file: string;
  readonly expected: string;
  readonly source: string;
}

async function compare(
  bundle: Bundle,
  subject: ChecksumSubject,
  digest: (expected: Checksum) => Promise<string>,
): Promise<void> {
  const expected = parseChecksum(subject.expected);
  if (expected === null) throw mismatch(bundle, { ...subject, actual: null });
  const hex = await digest(expected).catch((thrown: unknown) => {
    throw uncheckable(bundle, subject, thrown);
  });
  if (timingSafeEqual(Buffer.from(hex, 'hex'), Buffer.from(expected.hex, 'hex'))) return;
  throw mismatch(bundle, { ...subject, actual: formatChecksum({ ...expected, hex }) });
}

const hint =
  'If you changed it yourself, pin it again (`espalier lock`, or the checksums of the manifest); else install the plugin again from where you trust it.';

function mismatch(
  bundle: Bundle,
  facts: {
    readonly file: string;
    readonly expected: string | null;
    readonly actual: string | null;
    readonly source: string;
  },
): PluginError {
  const { file, source } = facts;
  const message =
    facts.expected === null
      ? `${file} has no checksum in ${source}, so it is not started.`
      : `${file} is not what ${source} says: its checksum differs.`;
  return refuse(bundle, { message, facts });
}

function uncheckable(bundle: Bundle, subject: ChecksumSubject, thrown: unknown): PluginError {
  if (isPluginError(thrown) && thrown.code === 'PATH_ESCAPES_BUNDLE') {
    return thrown.with({ plugin: bundle.manifest.id, phase: 'interpreter' });
  }
  const { file, source } = subject;
  const message = `${file}, which ${source} has a checksum of, cannot be read: ${messageOf(thrown)}`;
  return refuse(bundle, { message, facts: { ...subject, actual: null }, cause: thrown });
}

function refuse(
  bundle: Bundle,
  more: { readonly message: string; readonly facts: object; readonly cause?: unknown },
): PluginError {
  return new PluginError({
    code: 'CHECKSUM_MISMATCH',
    plugin: bundle.manifest.id,
    phase: 'interpreter',
    message: more.message,
    hint,
    facts: { ...more.facts },
    cause: more.cause,
  });
}
