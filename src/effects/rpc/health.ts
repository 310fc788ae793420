import { existsSync } from 'node:fs';
import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import { catchError, defer, endWith, finalize, map, Observable, of, switchMap, takeWhile } from 'rxjs';
import type { GreetEvent, ProbeEvent, ProbeInput, WatchEvent } from '../../machines/effects.js';
import { PluginError, type HealthSource } from '../../model/index.js';
import { healthLimits } from '../../model/limits.js';
import { callStream, callUnary, statusOf, type CallStatus } from '../grpc/client-call.js';
import { openChannel } from '../http2/open-channel.js';
import { createRateLimit } from '../socket/rate-limit.js';
import { services } from './contract.js';
import type { RpcChannel } from './rpc-channel.js';

/** The name that go-plugin gives to the whole plugin in the health service. */
const healthServiceName = 'plugin';

/** What to probe, and whether a health service is required. */
interface Input<Channel> extends Pick<ProbeInput, 'policy'> {
  readonly channel: Channel;
}

/** Checks the health once, over the connection that the embedder's calls take. */
export function probe({ channel, policy }: Input<Pick<RpcChannel, 'grpc'>>): Observable<ProbeEvent> {
  return checkHealth(channel.grpc, policy, unanswered);
}

/**
 * Checks the health once over a new connection, and closes that again: the old connection still answers when the socket
 * file of a running plugin was removed and no other client can reach it. If the host itself has no file descriptor left
 * for it (EMFILE, ENFILE), which is no fault of the plugin, checks over the old connection.
 */
export function redial({ channel, policy }: Input<RpcChannel>): Observable<ProbeEvent> {
  const { address, security } = channel;
  return defer(() => {
    const grpc = openChannel(address, () => channel.connect(), security);
    const failure = (answer: CallStatus): PluginError => unreachable(address, answer);
    return checkHealth(grpc, policy, failure).pipe(
      switchMap((event) =>
        isOutOfDescriptors(event) ? checkHealth(channel.grpc, policy, failure) : of(event),
      ),
      finalize(() => {
        grpc.destroy();
      }),
    );
  });
}

/**
 * Opens a new connection and waits for the greeting of the server. A server whose workers are all busy sends it from a
 * thread of its library; a process that is stopped does not. Emits nothing while there is no answer.
 */
export function greet({ channel }: { readonly channel: RpcChannel }): Observable<GreetEvent> {
  return new Observable((subscriber) => {
    const grpc = openChannel(channel.address, () => channel.connect(), channel.security);
    grpc.connect((failure) => {
      subscriber.next({ type: failure === null ? 'greeting.received' : 'greeting.failed' });
      subscriber.complete();
    });
    return () => {
      grpc.destroy();
    };
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
  const { watchMessages, watchWindowMs } = healthLimits;
  const isWithinLimit = createRateLimit(watchMessages, watchWindowMs);
  return callStream<{ status: string }>(channel.grpc, services.grpc.health.v1.Health, 'Watch', {
    service: healthServiceName,
  }).pipe(
    takeWhile(() => {
      const isWithin = isWithinLimit();
      if (!isWithin) channel.endForLimit(`${watchMessages} changes of its health in ${watchWindowMs} ms`);
      return isWithin;
    }),
    map(({ status }): WatchEvent => {
      if (status === 'SERVING') return { type: 'watch.serving' };
      // The service does not know the name `plugin`: probes ask for the overall health.
      if (status === serviceUnknown) return { type: 'watch.unavailable' };
      return { type: 'watch.notServing', error: notServing(status, healthServiceName) };
    }),
    endWith<WatchEvent>({ type: 'watch.ended' }),
    catchError((error: unknown) =>
      of<WatchEvent>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'watch.unavailable' : 'watch.ended',
      }),
    ),
  );
}

/**
 * Calls `Health.Check`. Unlike go-plugin's own ping it reads the answer: only SERVING is healthy. A service that does not
 * know `plugin` is asked for the overall health; where it does not know that either, or there is no service, the plugin
 * counts as healthy, as it has answered, unless the policy requires the service.
 */
function checkHealth(
  channel: ChannelInterface,
  { requireService }: ProbeInput['policy'],
  failure: (answer: CallStatus) => PluginError,
): Observable<ProbeEvent> {
  const begun = performance.now();
  const passed = (source: HealthSource): ProbeEvent => ({
    type: 'probe.passed',
    ms: Math.round((performance.now() - begun) * 10) / 10,
    source,
  });
  const without = (problem: string, otherwise: () => Observable<ProbeEvent>): Observable<ProbeEvent> =>
    requireService ? of({ type: 'probe.failed', error: withoutService(problem) }) : otherwise();
  const check = (service: string, source: HealthSource, unknown: () => Observable<ProbeEvent>) =>
    callUnary<{ status: string }>(channel, services.grpc.health.v1.Health, 'Check', { service }).pipe(
      switchMap(({ status }): Observable<ProbeEvent> => {
        if (status === 'SERVING') return of(passed(source));
        if (status === serviceUnknown) return unknown();
        return of({ type: 'probe.failed', error: notServing(status, service) });
      }),
      catchError((error: unknown): Observable<ProbeEvent> => {
        const answer = statusOf(error);
        if (answer.code === code.NOT_FOUND) return unknown();
        if (answer.code === code.UNIMPLEMENTED)
          return without('has no health service', () => of(passed('connection')));
        return of({ type: 'probe.failed', error: failure(answer), grpcCode: answer.code });
      }),
    );
  return check(healthServiceName, 'plugin', () =>
    without(`has a health service that does not know the name "${healthServiceName}"`, () =>
      check('', 'overall', () => of(passed('connection'))),
    ),
  );
}

/** What some servers answer in place of NOT_FOUND. */
const serviceUnknown = 'SERVICE_UNKNOWN';

/** EMFILE: this process may open no more files; ENFILE: the whole system may not. */
function isOutOfDescriptors(event: ProbeEvent): boolean {
  return event.type === 'probe.failed' && /\bE[MN]FILE\b/.test(String(event.error.facts['details']));
}

function notServing(status: string, service: string): PluginError {
  return new PluginError({
    code: 'NOT_SERVING',
    phase: 'health',
    message: `The plugin's health service reports ${service === '' ? 'the overall health' : `"${service}"`} as ${status}.`,
    hint: 'See the log for what the plugin waits for, or set its health status to SERVING when it is ready.',
    facts: { status },
  });
}

function withoutService(problem: string): PluginError {
  return new PluginError({
    code: 'NOT_SERVING',
    phase: 'health',
    message: `The plugin ${problem}, which health.requireService asks for.`,
    hint: `Set the status of "${healthServiceName}" in the plugin's health service, as go-plugin does, or turn health.requireService off.`,
  });
}

function unanswered(answer: CallStatus): PluginError {
  return new PluginError({
    code: 'CALL_UNAVAILABLE',
    phase: 'health',
    message: `The health check failed: ${code[answer.code]} ${answer.details}.`,
    hint:
      answer.code === code.UNAVAILABLE
        ? 'The connection to the plugin is broken; its exit, if it ended, follows.'
        : 'See the log of the plugin for why its health service answers with an error.',
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
