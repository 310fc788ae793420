import type { ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import type { CallCounter } from './call-counter.js';
import type { CallSettings } from './call-settings.js';
import type { Deadline } from './deadline.js';

/** What a unary call is about. */
export interface UnaryRequest<Response = unknown> {
  /** For example `/proto.KV/Get`. */
  readonly method: string;
  readonly metadata: Metadata | null;
  readonly deadline: Deadline;
  /** As it was serialized. */
  readonly message: Buffer;
  readonly settings: CallSettings;
  readonly deserialize: (bytes: Buffer) => Response;
  readonly callback: (error: ServiceError | null, response?: Response) => void;
  /** Makes the call again in the ordinary way, after a server has not processed it. */
  readonly again: () => ClientUnaryCall;
}

/** Starts a unary call without the layers of an ordinary one. `null`: it cannot be, now. */
export type StartUnaryCall = (counter: CallCounter, request: UnaryRequest) => ClientUnaryCall | null;
