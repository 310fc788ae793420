import { startHostProcess } from '../support/host-process.js';
import { helperCommand, helperCookie, helperVariables, withoutStdout } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';

/** Tells how the plugin ended: the helper ends with 0 when it has read `hello`, and with 100 at the end of stdin. */
const host = `
  const env = await createEnvironment(argument);
  await env.activate('plugin').catch(({ code }) => console.log(code));
  console.log('it ended with', env.status('plugin').lastExit?.code);
  await env.shutdown();
`;

function startHostOfHelper(stdin: 'ignore' | 'inherit') {
  const [command, ...args] = withoutStdout(helperCommand('stdin'));
  const [cookieKey, cookieValue] = helperCookie;
  return startHostProcess(host, {
    programs: [{ id: 'plugin', command, args, env: helperVariables, stdin }],
    handshake: { cookieKey, cookieValue, protocolVersions: [1] },
    policy: { restart: { restart: 'temporary', retryFailedStart: false } },
  });
}

describe(programs.helper.name, () => {
  testRow(21, async () => {
    for (const [stdin, code] of [
      ['inherit', 0],
      ['ignore', 100],
    ] as const) {
      const { child, printed, ended } = startHostOfHelper(stdin);
      child.stdin?.write('hello');
      await printed(new RegExp(`^EXITED_BEFORE_HANDSHAKE\nit ended with ${code}\n`));
      child.stdin?.end();
      expect(await ended).toBe(0);
    }
  });
});
