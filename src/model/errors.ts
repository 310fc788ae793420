/**
 * Every code a {@link PluginError} can carry. Match on `code`, never on `instanceof` or on the message:
 * two copies of this package may be loaded in one process. docs/errors.md explains each one.
 */
export const pluginErrorCodes = [
  'CONFIG_INVALID',
  'MANIFEST_INVALID',
  'PLUGIN_NOT_FOUND',
  'PLUGIN_DUPLICATE',
  'INTERPRETER_NOT_FOUND',
  'EXECUTABLE_NOT_FOUND',
  'PREPARE_FAILED',
  'PATH_ESCAPES_BUNDLE',
  'CHECKSUM_MISMATCH',
  'SPAWN_FAILED',
  'START_TIMEOUT',
  'EXITED_BEFORE_HANDSHAKE',
  'HANDSHAKE_UNRECOGNIZED',
  'CORE_VERSION_MISMATCH',
  'APP_VERSION_MISMATCH',
  'NETWORK_UNSUPPORTED',
  'PROTOCOL_UNSUPPORTED',
  'CERTIFICATE_INVALID',
  'MTLS_UNSUPPORTED',
  'MUX_UNSUPPORTED',
  'CONNECT_FAILED',
  'CONNECTION_LOST',
  'NOT_SERVING',
  'HEALTH_TIMEOUT',
  'HOOK_FAILED',
  'HOOK_TIMEOUT',
  'PLUGIN_NOT_RUNNING',
  'PLUGIN_CRASHED',
  'PLUGIN_GAVE_UP',
  'REQUIREMENT_UNMET',
  'CALL_UNAVAILABLE',
  'BROKER_TIMEOUT',
  'BROKER_REFUSED',
  'REATTACH_NOT_FOUND',
  'RUNNER_UNAVAILABLE',
  'RUNNER_LOST',
  'ENVIRONMENT_STOPPED',
  'INTERNAL',
] as const;

export type PluginErrorCode = (typeof pluginErrorCodes)[number];

/** The step of a plugin's life in which something happened. */
export type PluginPhase =
  'manifest' | 'interpreter' | 'spawn' | 'handshake' | 'dial' | 'health' | 'hooks' | 'serving' | 'stopping';

/** What is known about a failure beside its message: exit codes, signals, paths, the offending line. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

export interface PluginErrorInit {
  readonly code: PluginErrorCode;
  /** What happened, in one sentence. */
  readonly message: string;
  /** What to do next, in one sentence. */
  readonly hint?: string | undefined;
  /** The id of the plugin concerned. */
  readonly plugin?: string | undefined;
  readonly phase?: PluginPhase | undefined;
  readonly facts?: ErrorFacts | undefined;
  readonly cause?: unknown;
}

const brand = Symbol.for('espalier.PluginError');

/** The one error class of Espalier. Its facts are fields, so that a program can act on them. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: PluginErrorCode;
  readonly hint: string | undefined;
  readonly plugin: string | undefined;
  readonly phase: PluginPhase | undefined;
  readonly facts: ErrorFacts;
  readonly [brand] = true;

  constructor(init: PluginErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.hint = init.hint;
    this.plugin = init.plugin;
    this.phase = init.phase;
    this.facts = init.facts ?? {};
  }

  /** The same error with more known about it; what is given wins over what was there. */
  with(more: Partial<PluginErrorInit>): PluginError {
    const { code, message, hint, plugin, phase, cause } = this;
    return new PluginError({
      code,
      message,
      hint,
      plugin,
      phase,
      cause,
      ...more,
      facts: { ...this.facts, ...more.facts },
    });
  }

  toJSON(): Record<string, unknown> {
    const { code, message, hint, plugin, phase, facts } = this;
    return { code, message, hint, plugin, phase, facts };
  }
}

/** Whether a value is a {@link PluginError}, of this copy of the package or of another one. */
export function isPluginError(value: unknown): value is PluginError {
  return typeof value === 'object' && value !== null && brand in value;
}

/**
 * Any thrown value as a {@link PluginError}: such an error as it is, with `fallback.plugin` where it names no plugin;
 * anything else wrapped as `fallback` says, by default as INTERNAL.
 */
export function toPluginError(thrown: unknown, fallback: Partial<PluginErrorInit> = {}): PluginError {
  const { plugin } = fallback;
  if (isPluginError(thrown))
    return plugin === undefined || thrown.plugin !== undefined ? thrown : thrown.with({ plugin });
  return new PluginError({
    code: 'INTERNAL',
    message: messageOf(thrown),
    hint: 'This is a defect of Espalier; please report it with the stack of the cause.',
    cause: thrown,
    ...fallback,
  });
}

/** The message of anything that was thrown. Not by `instanceof`: errors of other realms are errors too. */
export function messageOf(thrown: unknown): string {
  const message =
    typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
  return String(message);
}
