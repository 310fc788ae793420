import type {
  EnvironmentOptions,
  ExitKind,
  PluginErrorCode,
  PluginState,
  SupervisionOptions,
} from '../../src/index.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type { HostUnderTest } from './host-under-test.js';

/** What the newest end of the victim, or its refused start, has to be. */
export interface ExpectedEnd {
  readonly kind: ExitKind;
  readonly code?: PluginErrorCode;
  readonly exit?: number;
  readonly signal?: NodeJS.Signals;
}

/** One row of the matrix: a fault, done to real processes, and what has to follow. */
export interface FaultScenario {
  readonly name: string;
  /** How it is made. */
  readonly injection: string;
  /** What follows, for whoever reads the page. */
  readonly expectation: string;
  /** What stands in for the victim's interpreter. */
  readonly plugin: FakeInterpreterName;
  /** What the victim's manifest says over the numbers that hold for both plugins. */
  readonly supervision?: SupervisionOptions;
  readonly limits?: object;
  readonly options?: Partial<EnvironmentOptions> & { readonly sink?: string };
  /** The state directory and the sink of stderr are on a disk of their own, which can be filled. */
  readonly onSmallDisk?: true;
  /** The host may have no more files open than this. */
  readonly openFiles?: number;
  /** The host is the command line, at a terminal. */
  readonly atTerminal?: boolean;
  /** The victim's states from the fault on, in order. None: it stays as it was. */
  readonly states: readonly PluginState[];
  readonly end?: ExpectedEnd;
  /** Which of the states says that the fault was found. Default: the first one. */
  readonly foundBy?: PluginState;
  /** How long it may take, in milliseconds, until it is found; for a fault that does no harm, until that is seen. */
  readonly withinMs: number;
  /** The host does not live to tell what the bystander does. */
  readonly endsHost?: boolean;
  /** Does it, and returns when all of it has followed. What it throws, the row fails with. */
  run(stage: HostUnderTest): Promise<void>;
}
