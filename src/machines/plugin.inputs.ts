import type { ChannelInput, HandshakeInput } from './plugin.effects.js';
import type { PluginContext } from './plugin.types.js';

/** Which generation an effect works for. */
export function subject({ bundle, generation }: PluginContext) {
  return { plugin: bundle.manifest.id, generation };
}

export function processInput(context: PluginContext): HandshakeInput {
  return { ...subject(context), process: required(context.process) };
}

export function channelInput(context: PluginContext): ChannelInput {
  return { ...subject(context), channel: required(context.channel) };
}

/** What the chart guarantees where this is called; the compiler cannot see it. */
export function required<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The plugin chart was entered without what its state needs.');
  return value;
}
