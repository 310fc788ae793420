import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { services } from '../src/effects/rpc/contract.js';

describe('the contract', () => {
  it('was generated from proto/ as it is now', () => {
    const program = "import('./scripts/contract.mjs').then((m) => process.stdout.write(m.contractSource()))";
    const fresh = execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect(readFileSync('src/effects/rpc/contract.generated.ts', 'utf8')).toBe(fresh);
  });

  it("has the method paths of go-plugin's wire", () => {
    const paths = [
      services.plugin.GRPCBroker,
      services.plugin.GRPCController,
      services.plugin.GRPCStdio,
      services.grpc.health.v1.Health,
    ].flatMap((service) => Object.values(service.service).map(({ path }) => path));
    expect(paths).toEqual([
      '/plugin.GRPCBroker/StartStream',
      '/plugin.GRPCController/Shutdown',
      '/plugin.GRPCStdio/StreamStdio',
      '/grpc.health.v1.Health/Check',
      '/grpc.health.v1.Health/Watch',
    ]);
  });

  it("has go-plugin's bytes for a chunk of output", () => {
    const { responseSerialize, responseDeserialize } = services.plugin.GRPCStdio.service['StreamStdio'] ?? {};
    const bytes = responseSerialize?.({ channel: 'STDOUT', data: Buffer.from('hel\nl') });
    expect(bytes?.toString('hex')).toBe('0801' + '1205' + Buffer.from('hel\nl').toString('hex'));
    expect(responseDeserialize?.(bytes as Buffer)).toEqual({
      channel: 'STDOUT',
      data: Buffer.from('hel\nl'),
    });
  });
});
