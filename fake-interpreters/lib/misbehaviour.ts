import type { Crash } from './fake-service.js';
import type { Health } from './health.js';
import type { HookFaults } from './hooks.js';
import type { Network } from './listen.js';
import type { MultiplexBehaviour } from './multiplexing.js';
import type { TlsBehaviour } from './tls.js';

/** The faults of a fake. The default of each field is that of a well-behaved plugin. */
export interface Misbehaviour {
  readonly network?: Network;
  readonly tls?: TlsBehaviour;
  readonly health?: Health | 'absent';
  /** The delay of its answers to health checks, in milliseconds. */
  readonly healthDelayMs?: number;
  /** The names that its health service knows. Default: `plugin` and the empty name. */
  readonly healthNames?: readonly string[];
  /** Whether only SIGKILL ends it after a Watch of its health. */
  readonly watchPreventsExit?: boolean;
  /** The age at which it says goodbye to a connection, in milliseconds. Default: never. */
  readonly maxConnectionAgeMs?: number;
  /** `ignored`: Shutdown is answered and nothing happens. */
  readonly controller?: boolean | 'ignored';
  readonly stdio?: boolean;
  /** The name under which its broker verifies the host. Default `localhost`. */
  readonly brokeredName?: string;
  /** A GRPCBroker, and a service by which a test controls it. */
  readonly broker?: boolean;
  /** Its answer to a request to multiplex. Default: it does not support field 7. */
  readonly multiplexing?: MultiplexBehaviour;
  /** Without this it has no hooks service. */
  readonly hooks?: HookFaults;
  /** Whether it exits when its host has exited. */
  readonly exitsWithHost?: boolean;
  readonly ignoreSigterm?: boolean;
  /** How `Fake.Crash` ends the process by default. */
  readonly crash?: Crash;
  readonly grandchild?: number | null;
  readonly onHandshakePrinted?: () => void;
  readonly onHealthAnswer?: () => void;
}
