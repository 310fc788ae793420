import type { ChannelInput, HandshakeInput } from '../effects.js';
import type { PluginContext } from './types.js';

/** Which generation an effect works for. */
export function generationId({ bundle, generation }: PluginContext) {
  return { plugin: bundle.manifest.id, generation };
}

export function processInput(context: PluginContext): HandshakeInput {
  return { ...generationId(context), process: required(context.process) };
}

export function channelInput(context: PluginContext): ChannelInput {
  return { ...generationId(context), channel: required(context.channel) };
}

/** What the chart guarantees where this is called; the compiler cannot see it. */
export function required<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The plugin chart was entered without what its state needs.');
  return value;
}
