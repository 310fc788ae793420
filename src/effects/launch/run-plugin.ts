import { concatMap, from, map, Observable, of, Subscription, type Subscriber } from 'rxjs';
import { lastPrinted } from '../../go-plugin/index.js';
import type { LaunchInput, ProcessEvent } from '../../machines/effects.js';
import { toPluginError, type PluginLogEntry } from '../../model/index.js';
import type { LogSink } from '../logs/line-writer.js';
import type { Runner, RunnerEvent } from '../process/runner.js';
import type { PluginProcess } from './plugin-process.js';
import type { PreparedLaunch } from './prepare-launch.js';

/** What starting a plugin needs beside its bundle. */
export interface RunPluginInput {
  readonly runner: Runner;
  /** Rejects with a PluginError. */
  readonly prepare: (input: LaunchInput) => Promise<PreparedLaunch>;
  readonly log: LogSink;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Prepares and starts the program of a bundle, and reports its start and its end. Unsubscribing kills the process. */
export function runPlugin(input: LaunchInput, options: RunPluginInput): Observable<ProcessEvent> {
  const { runner, prepare, now } = options;
  return new Observable((subscriber) => {
    const scope = new Subscription();
    prepare(input).then(
      (launch) => {
        scope.add(launch.sockets.remove);
        if (scope.closed) return;
        const { command, args } = launch.spec;
        subscriber.next({ type: 'process.located', command: [command, ...args], bundle: launch.bundle });
        scope.add(
          runner
            .start(launch.spec)
            .pipe(concatMap((event) => explained(event, launch)))
            .subscribe(observerOf(input, launch, subscriber, options)),
        );
      },
      (thrown: unknown) => {
        const error = toPluginError(thrown, { code: 'SPAWN_FAILED', phase: 'interpreter', hint: undefined });
        subscriber.next({ type: 'process.failed', at: now(), error });
        subscriber.complete();
      },
    );
    return scope;
  });
}

/** Adds to a failed start what the error of the system means for this program. */
function explained(event: RunnerEvent, { explainFailure }: PreparedLaunch): Observable<RunnerEvent> {
  if (event.type !== 'failed') return of(event);
  return from(explainFailure(event.error)).pipe(
    map((hint): RunnerEvent => ({ type: 'failed', error: event.error.with({ hint }) })),
  );
}

function observerOf(
  { plugin, generation }: LaunchInput,
  { spec, identity, sockets, explainExit }: PreparedLaunch,
  subscriber: Subscriber<ProcessEvent>,
  { log, now }: RunPluginInput,
) {
  const report = (event: RunnerEvent): void => {
    if (event.type === 'started') {
      const process: PluginProcess = {
        ...event.process,
        lastPrinted: () => lastPrinted(event.process.stderrTail()),
        identity,
        token: spec.guard.token,
        sockets,
      };
      subscriber.next({ type: 'process.started', process });
    } else if (event.type === 'exited') {
      const { code, signal } = event.exit;
      subscriber.next({ type: 'process.exited', at: now(), code, signal, ...explainExit(event.exit) });
    } else if (event.type === 'failed') {
      subscriber.next({ type: 'process.failed', at: now(), error: event.error });
    } else {
      log(degradedEntry(event, plugin, generation));
    }
  };
  return {
    next: report,
    complete: () => {
      subscriber.complete();
    },
  };
}

function degradedEntry(
  { problem, fields }: Extract<RunnerEvent, { readonly type: 'degraded' }>,
  plugin: string,
  generation: number,
): PluginLogEntry {
  return { plugin, generation, source: 'host', level: 'warn', message: problem, fields };
}
