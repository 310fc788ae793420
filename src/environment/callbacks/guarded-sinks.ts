import type { Sink, SinkOptions } from '../../effects/index.js';
import type { CreateErrorBoundary } from './error-boundary.js';

/** The sinks with guarded functions. What such a function throws is thrown on, as the sink has failed then. */
export function guardedSinks(sinks: SinkOptions, boundaryOf: CreateErrorBoundary): SinkOptions {
  const entries = (Object.entries(sinks) as [string, Sink | undefined][]).map(([name, sink]) => {
    if (typeof sink !== 'function') return [name, sink] as const;
    const boundary = boundaryOf(`sinks.${name}`);
    return [name, (plugin: string) => boundary.callOrThrow(() => sink(plugin))] as const;
  });
  return Object.fromEntries(entries) as SinkOptions;
}
