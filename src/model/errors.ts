/**
 * The codes of a {@link PluginError}. Match on `code`, not on `instanceof` or the message, because two copies of this
 * package may be loaded in one process. docs/errors.md explains each code.
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
  'LIMIT_EXCEEDED',
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

/** The code of a {@link PluginError}. */
export type PluginErrorCode = (typeof pluginErrorCodes)[number];

/** The step of a plugin's lifecycle in which something happened. */
export type PluginPhase =
  'manifest' | 'interpreter' | 'spawn' | 'handshake' | 'dial' | 'health' | 'hooks' | 'serving' | 'stopping';

/** The facts of a failure beside its message: exit code, signal, paths, the offending line. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** The fields of a new {@link PluginError}. */
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

/** The only error class of Espalier. Its fields let a program act on the failure without parsing the message. */
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

  /** A copy of this error with other fields; `facts` are merged. */
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

  /** The fields as plain data, without the cause and the stack. */
  toJSON(): Record<string, unknown> {
    const { code, message, hint, plugin, phase, facts } = this;
    return { code, message, hint, plugin, phase, facts };
  }
}

/** Whether a value is a {@link PluginError}, also one of another copy of this package. */
export function isPluginError(value: unknown): value is PluginError {
  return typeof value === 'object' && value !== null && brand in value;
}

/**
 * Any thrown value as a {@link PluginError}: such an error as it is, with `fallback.plugin` where it names no plugin;
 * anything else becomes the cause of a new error with the fields of `fallback`, by default INTERNAL.
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

/** The message of any thrown value. Does not use `instanceof`, which fails for errors of other realms. */
export function messageOf(thrown: unknown): string {
  const message =
    typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
  return String(message);
}
