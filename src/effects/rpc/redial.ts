import { existsSync } from 'node:fs';
import { status as code } from '@grpc/grpc-js';
import { finalize, defer, of, switchMap, type Observable } from 'rxjs';
import type { ProbeEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import type { GenerationChannel } from '../connection/dial.js';
import type { CallStatus } from '../grpc/client-call.js';
import { openChannel } from '../http2/open-channel.js';
import { checkHealth } from './health.js';
import { openSocket } from '../socket/open-socket.js';

/**
 * Asks the health service once over a connection of its own, and closes that again: the old connection answers on
 * when the socket file of a living plugin was removed, and nobody else can reach it. A host that has no file
 * descriptor left for it asks over the old connection, as the plugin is not to blame.
 */
export function redial({ channel }: { readonly channel: GenerationChannel }): Observable<ProbeEvent> {
  const { address: shown, security } = channel;
  const network = shown.startsWith('unix:') ? 'unix' : 'tcp';
  const address = shown.slice(`${network}:`.length);
  return defer(() => {
    const grpc = openChannel(shown, () => openSocket({ network, address }), security);
    const unanswered = (answer: CallStatus): PluginError => unreachable(shown, address, answer);
    return checkHealth(grpc, unanswered).pipe(
      switchMap((fact) => (isOutOfDescriptors(fact) ? checkHealth(channel.grpc, unanswered) : of(fact))),
      finalize(() => {
        grpc.destroy();
      }),
    );
  });
}

/** EMFILE: this process may open no more; ENFILE: the whole system may not. */
function isOutOfDescriptors(fact: ProbeEvent): boolean {
  return fact.type === 'probe.failed' && /\bE[MN]FILE\b/.test(String(fact.error.facts['details']));
}

function unreachable(shown: string, address: string, answer: CallStatus): PluginError {
  const isGone = shown.startsWith('unix:') && !existsSync(address);
  return new PluginError({
    code: 'CONNECT_FAILED',
    phase: 'serving',
    message: isGone
      ? `The plugin lives, but its socket ${address} is gone: nobody can connect to it any more.`
      : `The plugin lives, but takes no new connection at ${shown}: ${code[answer.code]} ${answer.details}.`,
    hint: isGone
      ? 'Something removes files there, as cleaners of temporary files do: set unixSocket.directory, or XDG_RUNTIME_DIR, to where nothing does.'
      : 'Look whether it has closed its listener, or has no file descriptors left.',
    facts: { grpcCode: answer.code, details: answer.details, address: shown, socketIsGone: isGone },
  });
}
