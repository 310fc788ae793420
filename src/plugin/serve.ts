import { isMainThread } from 'node:worker_threads';
import { tokenVariable } from '../go-plugin/index.js';
import { messageOf, PluginError } from '../model/index.js';
import { removeSockets, type Endpoint } from './endpoint.js';
import { endWithin, ignoreInterrupts, stopOnSigterm, stopWithHost } from './lifetime.js';
import { planOf, type ServeOptions, type ServePlan } from './options.js';
import { printSynchronously, writeIfRead, writeWhole, type OutputName } from './output.js';
import { createPluginServer } from './plugin-server.js';
import { takeRole, type HostVariables } from './role.js';
import { agreeOnSecurity } from './security.js';
import { createStdio } from './stdio.js';

/**
 * Why `serve` is over. `child`: this process or thread was started by the plugin and is not the plugin itself, so there
 * was nothing to serve.
 */
export type ServeEnd = 'shutdown' | 'sigterm' | 'host-gone' | 'child';

/** From the end of `serve` to that of the process, for what the program does then. */
const lastMomentsMs = 500;

/**
 * Serves a plugin until its host ends it, and resolves then; half a second later the process ends, unless it has ended
 * by itself. Call it once. A process that cannot serve, as no host has started it, says why on stderr and exits with 1.
 * Rejects with CONFIG_INVALID for a wrong option, and with what the plugin's own `services` function throws.
 */
export async function serve(options: ServeOptions): Promise<ServeEnd> {
  const plan = planOf(options, process.platform);
  const { role, variables } = takeRole(plan);
  if (role === 'again') throw calledTwice();
  if (isMainThread) await printSynchronously();
  if (role === 'child') return 'child';
  if (role === 'stranger') return refuse(notByHand(plan.cookieKey));
  const end = await run(plan, variables);
  endWithin(lastMomentsMs);
  return end;
}

async function run(plan: ServePlan, variables: HostVariables): Promise<ServeEnd> {
  const { because, stopped } = createStop();
  ignoreInterrupts();
  if (plan.exitWithHost) stopWithHost(because('host-gone'), plan.graceMs + lastMomentsMs);
  const stdio = createStdio(plan.stream ?? defaultStream());
  const security = await agreeOnSecurity(plan.mtls, variables.PLUGIN_CLIENT_CERT).catch(refuse);
  const { network, grpc: options } = plan;
  const endpoint: Endpoint = { network, variables, security, options, sockets: new Set() };
  process.once('exit', () => {
    removeSockets(endpoint);
    stdio.spillAll();
  });
  const plugin = await createPluginServer({ plan, endpoint, stdio, stop: because('shutdown') });
  stopOnSigterm(because('sigterm'));
  const listening = await plugin.listen().catch(refuse);
  announce(`1|${plugin.version}|${network}|${listening.address}|grpc|${security.announced}\n`);
  const end = await stopped;
  await plugin.stop(plan.graceMs);
  return end;
}

/** An Espalier host reads the pipes; any other throws away what comes through that of stdout. */
function defaultStream(): readonly OutputName[] {
  return process.env[tokenVariable] === undefined ? ['stdout'] : [];
}

function createStop() {
  let stop: (end: ServeEnd) => void = () => undefined;
  const stopped = new Promise<ServeEnd>((resolve) => {
    stop = resolve;
  });
  const because = (end: ServeEnd) => (): void => {
    stop(end);
  };
  return { because, stopped };
}

function announce(line: string): void {
  try {
    writeWhole('stdout', line);
  } catch {
    refuse('The host is gone: nothing reads the stdout of this plugin.');
  }
}

/** Says why the plugin does not serve, to those who read its stderr. */
function refuse(reason: unknown): never {
  const hint = reason instanceof PluginError && reason.hint !== undefined ? `\n${reason.hint}` : '';
  writeIfRead('stderr', `${messageOf(reason)}${hint}\n`);
  process.exit(1);
}

function notByHand(cookieKey: string): string {
  return `This program is a plugin. The application that it extends starts it; it does nothing when it is run by itself.
(The environment variable ${cookieKey} does not hold the expected value.)
To try it out: npx espalier check -- node <this program>`;
}

function calledTwice(): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: 'serve was called twice in one process.',
    hint: 'Add all services in one call; for several application versions use the option versions.',
  });
}
