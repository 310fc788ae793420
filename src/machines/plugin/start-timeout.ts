import { PluginError, type PluginErrorCode, type PluginPhase } from '../../model/index.js';
import type { ProcessHandle } from '../effects.js';
import type { PluginContext } from './types.js';

/** Code, message and hint of a start timeout. `within` is the timeout in words. */
type TimeoutText = (
  context: PluginContext,
  within: string,
) => readonly [code: PluginErrorCode, message: string, hint: string];

/** The error of a plugin that has not become healthy within its start timeout, by the phase that it has reached. */
export function startTimeout(context: PluginContext): PluginError {
  const { phase, noise, error, bundle, startMs, process } = context;
  const [code, message, hint] = (textByPhase[phase] ?? withoutHandshake)(context, `within ${startMs} ms`);
  return new PluginError({
    code,
    message,
    hint: `${hint}${lastLineNote(process)} If it only needs longer, raise deadlines.startMs.`,
    phase,
    facts: { startMs, stderrTail: process?.stderrTail() ?? '', stdout: noise },
    plugin: bundle.manifest.id,
    cause: error,
  });
}

function lastLineNote(process: ProcessHandle | null): string {
  const printed = process?.lastPrinted() ?? null;
  return printed === null ? '' : ` It last printed ${printed} on stderr.`;
}

const withoutHandshake: TimeoutText = ({ noise, partialLine }, within) => {
  if (noise[0] !== undefined)
    return [
      'HANDSHAKE_UNRECOGNIZED',
      `The plugin printed ${JSON.stringify(noise[0])}, but no handshake line ${within}.`,
      'Its first line on stdout must be 1|<version>|<network>|<address>|grpc.',
    ];
  return partialLine === ''
    ? [
        'START_TIMEOUT',
        `The plugin printed no handshake line ${within}.`,
        'Check that it flushes stdout and does not wait for something.',
      ]
    : [
        'START_TIMEOUT',
        `The plugin printed ${JSON.stringify(partialLine)}, but no line end ${within}.`,
        'End the handshake line with a line feed and flush stdout.',
      ];
};

const textByPhase: Readonly<Partial<Record<PluginPhase, TimeoutText>>> = {
  spawn: (context, within) =>
    context.reattach === null
      ? withoutHandshake(context, within)
      : [
          'REATTACH_NOT_FOUND',
          `Process ${context.reattach.pid} cannot be reattached: ${context.reattach.addr.string} accepted no connection ${within}.`,
          'Check that the configuration is the newest one of this plugin.',
        ],
  dial: ({ handshake }, within) => [
    'CONNECT_FAILED',
    `The plugin did not accept a connection at ${handshake?.address ?? 'its address'} ${within}.`,
    'Check that it listens before it prints the line.',
  ],
  health: ({ error }, within) =>
    error?.code === 'NOT_SERVING'
      ? ['NOT_SERVING', `The plugin did not become SERVING ${within}.`, error.hint ?? '']
      : [
          'HEALTH_TIMEOUT',
          `The plugin's health service did not answer ${within}.`,
          'It accepts connections but does not serve them.',
        ],
  hooks: (_, within) => [
    'HOOK_TIMEOUT',
    `OnActivate did not return ${within}.`,
    'See the log for what the hook waits for.',
  ],
};
