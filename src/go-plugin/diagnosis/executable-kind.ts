/** The kind of a program file, by its first bytes. */
export type ExecutableKind =
  | {
      readonly format: 'elf' | 'macho' | 'pe';
      /** As in `process.arch` (`x64`, `arm64`, …), `universal` for a Mach-O file with several, or `unknown`. */
      readonly arch: string;
    }
  | {
      readonly format: 'script';
      /** The rest of the `#!` line, for example `/usr/bin/env python3`. */
      readonly interpreter: string;
      /** Whether the line ends in a carriage return, which the system takes for a part of the name. */
      readonly endsInCarriageReturn?: boolean;
    };

/** How many bytes {@link sniffExecutable} needs; most files need fewer. */
export const sniffLength = 1024;

/** Recognises a program by the first bytes of its file; `null` for a file that no system executes. */
export function sniffExecutable(head: Uint8Array): ExecutableKind | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  return sniffScript(bytes) ?? sniffElf(bytes) ?? sniffMachO(bytes) ?? sniffPe(bytes);
}

function sniffScript(bytes: Buffer): ExecutableKind | null {
  if (bytes.toString('latin1', 0, 2) !== '#!') return null;
  const line = bytes.toString('utf8', 2).split('\n', 1).join('');
  const interpreter = line.trim();
  return line.endsWith('\r')
    ? { format: 'script', interpreter, endsInCarriageReturn: true }
    : { format: 'script', interpreter };
}

function sniffElf(bytes: Buffer): ExecutableKind | null {
  if (bytes.toString('latin1', 0, 4) !== '\x7fELF') return null;
  const littleEndian = bytes[5] === 1;
  const machine = bytes.length < 20 ? 0 : littleEndian ? bytes.readUInt16LE(18) : bytes.readUInt16BE(18);
  if (machine === 8) return { format: 'elf', arch: littleEndian ? 'mipsel' : 'mips' };
  if (machine === 243) return { format: 'elf', arch: bytes[4] === 2 ? 'riscv64' : 'riscv32' };
  return { format: 'elf', arch: elfMachines.get(machine) ?? 'unknown' };
}

const elfMachines: ReadonlyMap<number, string> = new Map([
  [3, 'ia32'],
  [20, 'ppc'],
  [21, 'ppc64'],
  [22, 's390x'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [258, 'loong64'],
]);

function sniffMachO(bytes: Buffer): ExecutableKind | null {
  if (bytes.length < 8) return null;
  const magic = bytes.readUInt32BE(0);
  // Java classes begin with the bytes of a universal file; their version, 45 or more, is no count of architectures.
  if (magic === 0xcafebabe && bytes.readUInt32BE(4) < 45) return { format: 'macho', arch: 'universal' };
  if (magic === 0xfeedface || magic === 0xfeedfacf) return machO(bytes.readUInt32BE(4));
  return magic === 0xcefaedfe || magic === 0xcffaedfe ? machO(bytes.readUInt32LE(4)) : null;
}

function machO(cpu: number): ExecutableKind {
  return { format: 'macho', arch: machCpus.get(cpu) ?? 'unknown' };
}

const machCpus: ReadonlyMap<number, string> = new Map([
  [7, 'ia32'],
  [12, 'arm'],
  [18, 'ppc'],
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
  [0x01000012, 'ppc64'],
]);

function sniffPe(bytes: Buffer): ExecutableKind | null {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 2) !== 'MZ') return null;
  const header = bytes.readUInt32LE(60);
  // The header is beyond these bytes: a program for Windows or DOS, of an unknown processor.
  if (header + 6 > bytes.length) return { format: 'pe', arch: 'unknown' };
  if (bytes.toString('latin1', header, header + 4) !== 'PE\0\0') return null;
  return { format: 'pe', arch: peMachines.get(bytes.readUInt16LE(header + 4)) ?? 'unknown' };
}

const peMachines: ReadonlyMap<number, string> = new Map([
  [0x014c, 'ia32'],
  [0x01c0, 'arm'],
  [0x01c4, 'arm'],
  [0x6264, 'loong64'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);
