import { existsSync } from 'node:fs';
import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import { catchError, defer, endWith, finalize, map, of, switchMap, takeWhile, type Observable } from 'rxjs';
import type { ProbeEvent, WatchEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import { healthLimits } from '../../model/limits.js';
import { callStream, callUnary, statusOf, type CallStatus } from '../grpc/client-call.js';
import { openChannel } from '../http2/open-channel.js';
import { services } from './contract.js';
import type { RpcChannel } from './rpc-channel.js';

/** The name that go-plugin gives to the whole plugin in the health service. */
const healthServiceName = 'plugin';

/** Checks the health once, over the connection that the embedder's calls take. */
export function probe({ channel }: { readonly channel: Pick<RpcChannel, 'grpc'> }): Observable<ProbeEvent> {
  return checkHealth(channel.grpc, unanswered);
}

/**
 * Checks the health once over a new connection, and closes that again: the old connection still answers when the socket
 * file of a running plugin was removed and no other client can reach it. If the host itself has no file descriptor left
 * for it (EMFILE, ENFILE), which is no fault of the plugin, checks over the old connection.
 */
export function redial({ channel }: { readonly channel: RpcChannel }): Observable<ProbeEvent> {
  const { address, security } = channel;
  return defer(() => {
    const grpc = openChannel(address, () => channel.connect(), security);
    const failure = (answer: CallStatus): PluginError => unreachable(address, answer);
    return checkHealth(grpc, failure).pipe(
      switchMap((event) => (isOutOfDescriptors(event) ? checkHealth(channel.grpc, failure) : of(event))),
      finalize(() => {
        grpc.destroy();
      }),
    );
  });
}

/**
 * Streams each change of the health, the present state first. A frozen plugin sends nothing. One that reports more
 * changes than the limit allows loses its connection.
 */
export function watchHealth({
  channel,
}: {
  readonly channel: Pick<RpcChannel, 'grpc' | 'endForLimit'>;
}): Observable<WatchEvent> {
  const isWithinLimit = createMessageLimit();
  return callStream<{ status: string }>(channel.grpc, services.grpc.health.v1.Health, 'Watch', {
    service: healthServiceName,
  }).pipe(
    takeWhile(() => {
      const isWithin = isWithinLimit();
      if (!isWithin) channel.endForLimit(`${watchMessages} changes of its health in ${watchWindowMs} ms`);
      return isWithin;
    }),
    map(({ status }): WatchEvent =>
      status === 'SERVING'
        ? { type: 'watch.serving' }
        : { type: 'watch.notServing', error: notServing(status) },
    ),
    endWith<WatchEvent>({ type: 'watch.ended' }),
    catchError((error: unknown) =>
      of<WatchEvent>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'watch.unavailable' : 'watch.ended',
      }),
    ),
  );
}

const { watchMessages, watchWindowMs } = healthLimits;

/** Counts messages in fixed windows; returns whether one more is within the limit. */
function createMessageLimit(): () => boolean {
  let windowBegan = -Infinity;
  let count = 0;
  return () => {
    const now = performance.now();
    if (now - windowBegan >= watchWindowMs) {
      windowBegan = now;
      count = 0;
    }
    count += 1;
    return count <= watchMessages;
  };
}

/**
 * Calls `Health.Check` once. Unlike go-plugin's own ping it reads the answer: only SERVING is healthy. A plugin without
 * the service counts as healthy, as its gRPC server has answered.
 */
function checkHealth(
  channel: ChannelInterface,
  failure: (answer: CallStatus) => PluginError,
): Observable<ProbeEvent> {
  const begun = performance.now();
  const passed = (): ProbeEvent => ({
    type: 'probe.passed',
    ms: Math.round((performance.now() - begun) * 10) / 10,
  });
  const failed = (error: PluginError): ProbeEvent => ({ type: 'probe.failed', error });
  return callUnary<{ status: string }>(channel, services.grpc.health.v1.Health, 'Check', {
    service: healthServiceName,
  }).pipe(
    map(({ status }) => (status === 'SERVING' ? passed() : failed(notServing(status)))),
    catchError((error: unknown) => {
      const answer = statusOf(error);
      if (answer.code === code.UNIMPLEMENTED) return of(passed());
      if (answer.code === code.NOT_FOUND) return of(failed(notServing('unknown to its health service')));
      return of(failed(failure(answer)));
    }),
  );
}

/** EMFILE: this process may open no more files; ENFILE: the whole system may not. */
function isOutOfDescriptors(event: ProbeEvent): boolean {
  return event.type === 'probe.failed' && /\bE[MN]FILE\b/.test(String(event.error.facts['details']));
}

function notServing(status: string): PluginError {
  return new PluginError({
    code: 'NOT_SERVING',
    phase: 'health',
    message: `The plugin's health service reports "${healthServiceName}" as ${status}.`,
    hint: 'See the log for what the plugin waits for, or set its health status to SERVING when it is ready.',
    facts: { status },
  });
}

function unanswered(answer: CallStatus): PluginError {
  return new PluginError({
    code: 'CALL_UNAVAILABLE',
    phase: 'health',
    message: `The health check failed: ${code[answer.code]} ${answer.details}.`,
    hint: 'The connection to the plugin is broken; its exit, if it ended, follows.',
    facts: { grpcCode: answer.code, details: answer.details },
  });
}

function unreachable(address: string, answer: CallStatus): PluginError {
  const socket = address.startsWith('unix:') ? address.slice('unix:'.length) : null;
  const socketIsGone = socket !== null && !existsSync(socket);
  return new PluginError({
    code: 'CONNECT_FAILED',
    phase: 'serving',
    message: socketIsGone
      ? `The plugin runs, but its socket ${socket} is gone: no client can connect to it any more.`
      : `The plugin runs, but accepts no new connection at ${address}: ${code[answer.code]} ${answer.details}.`,
    hint: socketIsGone
      ? 'A cleaner of temporary files may remove files there: set unixSocket.directory, or XDG_RUNTIME_DIR, to a directory that no cleaner touches.'
      : 'Check whether it has closed its listener, or has no file descriptors left.',
    facts: { grpcCode: answer.code, details: answer.details, address, socketIsGone },
  });
}
