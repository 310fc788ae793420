import { status } from '@grpc/grpc-js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { hooksService } from '../../fake-interpreters/lib/hooks.js';
import { createLauncher } from './launcher.js';

const fakes = createLauncher();
afterAll(fakes.endAll);

const start = (name: FakeInterpreterName) => fakes.connect(fakes.launch(name));

describe('the lifecycle hooks of a fake', () => {
  it('are all implemented and recorded by has-hooks', async () => {
    const client = await start('has-hooks');
    expect(await callUnary(client, hooksService.Implemented, {})).toEqual([
      'OnActivate',
      'OnDeactivate',
      'OnConfigurationChange',
    ]);
    await callUnary(client, hooksService.OnActivate, {});
    await callUnary(client, hooksService.OnConfigurationChange, '{"greeting":"grüß"}');
    await callUnary(client, hooksService.OnDeactivate, {});
    expect(await callUnary(client, fakeService.HookCalls, {})).toEqual([
      { hook: 'OnActivate' },
      { hook: 'OnConfigurationChange', json: '{"greeting":"grüß"}' },
      { hook: 'OnDeactivate' },
    ]);
  });

  it('are absent from healthy', async () => {
    const implemented = callUnary(await start('healthy'), hooksService.Implemented, {});
    await expect(implemented).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it.each([
    { name: 'hangs-in-on-activate', hook: 'OnActivate', other: 'OnDeactivate' },
    { name: 'hangs-in-on-deactivate', hook: 'OnDeactivate', other: 'OnActivate' },
  ] as const)('$name does so, and returns from $other', async ({ name, hook, other }) => {
    const client = await start(name);
    await callUnary(client, hooksService[other], {});
    const hanging = callUnary(client, hooksService[hook], {}, { deadline: Date.now() + 200 });
    await expect(hanging).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await callUnary(client, fakeService.HookCalls, {})).toEqual([{ hook: other }, { hook }]);
  });

  it('fails-on-activate refuses OnActivate', async () => {
    const activation = callUnary(await start('fails-on-activate'), hooksService.OnActivate, {});
    await expect(activation).rejects.toMatchObject({ code: status.INTERNAL, details: /OnActivate/ });
  });
});
