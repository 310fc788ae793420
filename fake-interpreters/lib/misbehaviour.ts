import type { Crash } from './fake-service.js';
import type { Health } from './health.js';
import type { HookFaults } from './hooks.js';
import type { Network } from './listen.js';
import type { MultiplexBehaviour } from './multiplexing.js';
import type { TlsBehaviour } from './tls.js';

/** What distinguishes a fake from a well-behaved plugin. Everything left out is as it should be. */
export interface Misbehaviour {
  readonly network?: Network;
  readonly tls?: TlsBehaviour;
  readonly health?: Health | 'absent';
  /** How long it takes to answer for its health. */
  readonly healthDelayMs?: number;
  /** `ignored`: Shutdown is answered and nothing happens. */
  readonly controller?: boolean | 'ignored';
  readonly stdio?: boolean;
  /** A GRPCBroker, and a service by which a test makes it broker. */
  readonly broker?: boolean;
  /** What it does when it is asked to multiplex. Left out: it does not know what that is. */
  readonly multiplexing?: MultiplexBehaviour;
  /** The hooks service is there only where this is given. */
  readonly hooks?: HookFaults;
  /** Whether it ends itself when its host has gone. */
  readonly exitsWithHost?: boolean;
  readonly ignoreSigterm?: boolean;
  /** How `Fake.Crash` ends the process when the caller does not say how. */
  readonly crash?: Crash;
  readonly grandchild?: number | null;
  readonly onHandshakePrinted?: () => void;
  readonly onHealthAnswer?: () => void;
}
