import { closeSync, openSync, readSync } from 'node:fs';
import fc from 'fast-check';
import { sniffExecutable, sniffLength } from '../../../src/go-plugin/index.js';

describe('an ELF file', () => {
  it.each([
    ['x64', 2, 1, 62],
    ['arm64', 2, 1, 183],
    ['ia32', 1, 1, 3],
    ['arm', 1, 1, 40],
    ['riscv64', 2, 1, 243],
    ['riscv32', 1, 1, 243],
    ['loong64', 2, 1, 258],
    ['ppc64', 2, 1, 21],
    ['ppc64', 2, 2, 21],
    ['ppc', 1, 2, 20],
    ['s390x', 2, 2, 22],
    ['mips', 1, 2, 8],
    ['mipsel', 1, 1, 8],
    ['unknown', 2, 1, 9999],
  ])('is for %s with class %i, byte order %i and machine %i', (arch, size, order, machine) => {
    expect(sniffExecutable(elf(size, order, machine))).toEqual({ format: 'elf', arch });
  });

  it('that is cut short is for an unknown machine', () => {
    expect(sniffExecutable(elf(2, 1, 62).subarray(0, 19))).toEqual({ format: 'elf', arch: 'unknown' });
  });
});

describe('a Mach-O file', () => {
  it.each([
    ['x64', [0xcf, 0xfa, 0xed, 0xfe, 0x07, 0x00, 0x00, 0x01]],
    ['arm64', [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0x00, 0x00, 0x01]],
    ['ia32', [0xce, 0xfa, 0xed, 0xfe, 0x07, 0x00, 0x00, 0x00]],
    ['ppc', [0xfe, 0xed, 0xfa, 0xce, 0x00, 0x00, 0x00, 0x12]],
    ['ppc64', [0xfe, 0xed, 0xfa, 0xcf, 0x01, 0x00, 0x00, 0x12]],
    ['unknown', [0xcf, 0xfa, 0xed, 0xfe, 0x63, 0x00, 0x00, 0x00]],
    ['universal', [0xca, 0xfe, 0xba, 0xbe, 0x00, 0x00, 0x00, 0x02]],
  ])('for %s is known by its magic', (arch, bytes) => {
    expect(sniffExecutable(Uint8Array.from(bytes))).toEqual({ format: 'macho', arch });
  });
});

describe('a PE file', () => {
  it.each([
    ['x64', 0x8664],
    ['ia32', 0x014c],
    ['arm64', 0xaa64],
    ['arm', 0x01c4],
    ['unknown', 0x1234],
  ])('for %s is known by the machine in its header', (arch, machine) => {
    expect(sniffExecutable(pe(128, machine))).toEqual({ format: 'pe', arch });
  });

  it('with its header further on is for an unknown machine', () => {
    expect(sniffExecutable(pe(128, 0x8664).subarray(0, 100))).toEqual({ format: 'pe', arch: 'unknown' });
  });

  it('is not a program for DOS', () => {
    expect(sniffExecutable(pe(128, 0x8664).fill(0, 128, 130))).toBeNull();
  });
});

describe('a script', () => {
  it.each([
    ['#!/usr/bin/env python3\nimport os\n', '/usr/bin/env python3'],
    ['#! /bin/sh -e \r\necho', '/bin/sh -e'],
    ['#!/bin/sh', '/bin/sh'],
    ['#!', ''],
  ])('%j names its interpreter', (text, interpreter) => {
    expect(sniffExecutable(Buffer.from(text))).toMatchObject({ format: 'script', interpreter });
  });

  it('with Windows line ends is one for which the system looks with the carriage return', () => {
    expect(sniffExecutable(Buffer.from('#!/bin/sh\r\nx'))).toHaveProperty('endsInCarriageReturn', true);
    expect(sniffExecutable(Buffer.from('#!/bin/sh\nx'))).not.toHaveProperty('endsInCarriageReturn');
  });
});

describe('anything else', () => {
  it.each([
    ['nothing', Buffer.from('')],
    ['one byte', Buffer.from('#')],
    ['a script without a first line for the system', Buffer.from('import os\n')],
    ['a script after a byte order mark', Buffer.from('\ufeff#!/bin/sh\n')],
    ['a Java class', Uint8Array.from([0xca, 0xfe, 0xba, 0xbe, 0x00, 0x00, 0x00, 0x34])],
    ['a text that begins with MZ', Buffer.from('MZ, the initials of a linker author')],
    ['half a magic number', Uint8Array.from([0x7f, 0x45, 0x4c])],
  ])('such as %s is no program', (_, bytes) => {
    expect(sniffExecutable(bytes)).toBeNull();
  });

  it('never throws', () => {
    const magic = fc.constantFrom(
      [0x7f, 0x45, 0x4c, 0x46],
      [0x4d, 0x5a],
      [0xca, 0xfe, 0xba, 0xbe],
      [0x23, 0x21],
      [0xcf, 0xfa, 0xed, 0xfe],
      [],
    );
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        expect(() => sniffExecutable(Uint8Array.from([...start, ...rest]))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the Node that runs this test', () => {
  it('is a program for this machine', () => {
    const head = Buffer.alloc(sniffLength);
    const file = openSync(process.execPath, 'r');
    readSync(file, head);
    closeSync(file);
    expect(sniffExecutable(head)).toMatchObject({ arch: process.arch });
  });
});

function elf(size: number, order: number, machine: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF', 'latin1');
  bytes[4] = size;
  bytes[5] = order;
  if (order === 1) bytes.writeUInt16LE(machine, 18);
  else bytes.writeUInt16BE(machine, 18);
  return bytes;
}

function pe(header: number, machine: number): Buffer {
  const bytes = Buffer.alloc(header + 24);
  bytes.write('MZ', 'latin1');
  bytes.writeUInt32LE(header, 60);
  bytes.write('PE\0\0', header, 'latin1');
  bytes.writeUInt16LE(machine, header + 4);
  return bytes;
}
