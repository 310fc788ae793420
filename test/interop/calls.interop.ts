import { duplex, unary } from './calls.js';
import { helperCommand, hostOfHelper } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { Test } from './services.js';

describe(programs.helper.name, () => {
  testRow(7, async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'));
    await env.activate(id);
    expect(env.status(id).protocolVersion).toBe(1);
    const client = env.plugin(id).client(Test);
    await expect(unary(client, 'Double', { input: 21 })).resolves.toEqual({ output: 42 });
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({ code: 0, stopStep: 'requestingShutdown', error: null });
  });

  testRow(43, async () => {
    for (const multiplex of ['off', 'required'] as const) {
      const { env, id } = await hostOfHelper(helperCommand('test-grpc'), { multiplex });
      await env.activate(id);
      expect(env.status(id).multiplexed).toBe(multiplex === 'required');
      const stream = duplex<{ input: number }, { output: number }>(env.plugin(id).client(Test), 'Stream');
      const answers = stream[Symbol.asyncIterator]();
      for (const input of [21, 22, 23, 24, 25, 26]) {
        stream.write({ input });
        await expect(answers.next()).resolves.toEqual({ done: false, value: { output: input } });
      }
      stream.end();
      await expect(answers.next()).resolves.toMatchObject({ done: true });
    }
  });
});
