import type {
  EnvironmentOptions,
  ExitKind,
  PluginErrorCode,
  PluginState,
  SupervisionOptions,
} from '../../src/index.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type { HostUnderTest } from './host-under-test.js';

/** The expected last exit of the victim, or the error of its rejected start. */
export interface ExpectedEnd {
  readonly kind: ExitKind;
  readonly code?: PluginErrorCode;
  readonly exit?: number;
  readonly signal?: NodeJS.Signals;
}

/** One row of the fault matrix: a fault of real processes and its expected consequences. */
export interface FaultScenario {
  readonly name: string;
  /** How the fault is injected, as text for the page. */
  readonly injection: string;
  /** What follows, as text for the page. */
  readonly expectation: string;
  /** The fake interpreter of the victim. */
  readonly plugin: FakeInterpreterName;
  /** The `supervision` of the victim's manifest, over the policy of both plugins. */
  readonly supervision?: SupervisionOptions;
  readonly limits?: object;
  readonly options?: Partial<EnvironmentOptions> & { readonly sink?: string };
  /** The state directory and the sink of stderr are on a small disk that can be filled. */
  readonly onSmallDisk?: true;
  /** The host's limit of open files (RLIMIT_NOFILE). */
  readonly openFiles?: number;
  /** The host is the command line in a pseudo terminal. */
  readonly atTerminal?: boolean;
  /** The victim's states from the fault on, in order. Empty: its state does not change. */
  readonly states: readonly PluginState[];
  readonly end?: ExpectedEnd;
  /** The state that shows that the fault was found. Default: the first one. */
  readonly foundBy?: PluginState;
  /** The most milliseconds from the fault to `foundBy`; for a harmless fault, to the end of the scenario. */
  readonly withinMs: number;
  /** The fault ends the host, so the bystander cannot be checked. */
  readonly endsHost?: boolean;
  /** Injects the fault, and resolves after its consequences. The scenario fails with what it throws. */
  run(host: HostUnderTest): Promise<void>;
}
