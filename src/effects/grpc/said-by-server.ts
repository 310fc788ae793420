import type { Metadata, status as code } from '@grpc/grpc-js';

/** The codes that servers have said, by the metadata that came with them: a status keeps that on its way to a caller. */
const said = new WeakMap<Metadata, code | null>();

/** Notes the code in a server's trailers; `null`: it is unknown. */
export function noteSaidByServer(metadata: Metadata, status: code | null): void {
  said.set(metadata, status);
}

/**
 * Whether a gRPC server has said this code. This side gives codes too, for example UNIMPLEMENTED for a web server's 404
 * and for an answer without a message.
 */
export function isSaidByServer(metadata: Metadata | undefined, status: code): boolean {
  return metadata !== undefined && said.get(metadata) === status;
}
