// Turns proto/*.proto into src/effects/rpc/contract.generated.ts, so that the package needs no file beside its
// code at run time and a bundled server works. test/contract.test.ts proves that the result is fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const root = new URL('../', import.meta.url);
const output = new URL('src/effects/rpc/contract.generated.ts', root);
const files = ['grpc_broker', 'grpc_controller', 'grpc_stdio', 'health', 'plugin_hooks'];

export function contractSource() {
  const contract = new protobuf.Root();
  for (const file of files) {
    const source = readFileSync(new URL(`proto/${file}.proto`, root), 'utf8');
    protobuf.parse(source, contract, { keepCase: true });
  }
  protobuf.parse('syntax = "proto3"; package google.protobuf; message Empty {}', contract);
  contract.resolveAll();
  const json = JSON.stringify(contract.toJSON(), null, 2);
  return `// Written by \`npm run contract\` from proto/*.proto; do not edit.\nexport const contract: object = ${json};\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(output, contractSource());
