// go-plugin's protocol over gRPC, as far as a plugin needs it. For a plugin of your own, copy this file,
// stdio.mjs, and from the repository's proto/ the three files named below.

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createStdio } from './stdio.mjs';

const CORE_VERSION = 1;
const SERVING = 1;
const SERVICE_UNKNOWN = 3;
const SERVED = ['', 'plugin'];
const GRACE_MS = 1000;

const contracts = fileURLToPath(new URL('../../../proto', import.meta.url));
const contract = loadPackageDefinition(
  loadSync(['health.proto', 'grpc_controller.proto', 'grpc_stdio.proto'], { includeDirs: [contracts] }),
);
const ownStderr = process.stderr.write.bind(process.stderr);

/** One record for the host's log, in hclog's words. Levels: trace, debug, info, warn, error. */
export function log(level, message, fields = {}) {
  const timestamp = new Date().toISOString().replace('Z', '000Z');
  const record = { ...fields, '@level': level, '@message': message, '@timestamp': timestamp };
  ownStderr(`${JSON.stringify(record)}\n`);
}

/** Serves what `register(server)` adds, until the host ends the plugin or is gone. */
export function serve(register, { cookie = ['ESPALIER_PLUGIN', 'espalier'], protocolVersion = 1 } = {}) {
  checkCookie(cookie);
  const directory = process.env.PLUGIN_UNIX_SOCKET_DIR || tmpdir();
  const path = join(directory, `plugin${randomBytes(4).toString('hex')}`);
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  const stdio = createStdio();
  const watches = new Set();

  const stop = once(() => {
    stdio.release();
    for (const watch of watches) watch.end();
    const end = () => {
      rmSync(path, { force: true });
      process.exit(0);
    };
    server.tryShutdown(end);
    setTimeout(() => {
      server.forceShutdown();
      end();
    }, GRACE_MS);
  });

  server.addService(contract.grpc.health.v1.Health.service, health(watches));
  server.addService(contract.plugin.GRPCStdio.service, { StreamStdio: stdio.stream });
  server.addService(contract.plugin.GRPCController.service, {
    Shutdown: (_call, answer) => {
      answer(null, {});
      stop();
    },
  });
  register(server);
  stopWith(stop);

  server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
    if (error) refuse(`Cannot listen on the unix socket ${path}: ${error.message}`);
    // With one version there is nothing to choose: a host that does not offer it refuses the plugin.
    const line = `${CORE_VERSION}|${protocolVersion}|unix|${path}|grpc|\n`;
    process.stdout.write(line, stdio.capture);
  });
}

function checkCookie([key, value]) {
  if (process.env[key] !== value) {
    refuse('This program is a plugin. It is started by the application that it extends.');
  }
}

function refuse(reason) {
  ownStderr(`${reason}\n`);
  process.exit(1);
}

function health(watches) {
  return {
    Check: ({ request: { service } }, answer) => {
      if (SERVED.includes(service)) answer(null, { status: SERVING });
      else answer({ code: status.NOT_FOUND, details: `unknown service: ${service}` });
    },
    Watch: (call) => {
      watches.add(call);
      call.on('cancelled', () => watches.delete(call));
      call.write({ status: SERVED.includes(call.request.service) ? SERVING : SERVICE_UNKNOWN });
    },
  };
}

/** A plugin ends on SIGTERM and with its host. Ctrl-C reaches every process of a terminal: the host acts on it. */
function stopWith(stop) {
  const host = process.ppid;
  process.on('SIGINT', () => {});
  process.once('SIGTERM', stop);
  process.stdout.on('error', stop);
  process.stderr.on('error', stop);
  setInterval(() => {
    if (process.ppid !== host) stop();
  }, 1000).unref();
}

function once(run) {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
