import { http2Limits as limits } from '../model/limits.js';
import { errorCode } from './error-code.js';
import { flag } from './frame.js';
import { finishStream } from './receiving-data.js';
import type { ResponseBlock } from './response-block.js';
import { afterStreamEnd } from './sending.js';
import {
  countUseless,
  endStream,
  overLimit,
  sendReset,
  violation,
  type SessionState,
} from './session-state.js';
import type { StreamEnd, StreamState } from './stream.js';

/** A HEADERS frame: a whole block, or the beginning of one. */
export function takeHeaders<Block>(session: SessionState<Block>, body: Uint8Array): void {
  const { flags, streamId } = session.reader;
  const fragment = withoutPadding(body, flags);
  if (fragment === null) {
    violation(session, errorCode.protocolError, 'HEADERS with more padding than bytes');
    return;
  }
  const isLast = (flags & flag.endStream) !== 0;
  if ((flags & flag.endHeaders) !== 0) takeBlock(session, streamId, isLast, fragment);
  else session.openBlock = { streamId, isLast, fragments: [fragment], size: fragment.length };
}

/** What the frame holds beside its padding and a priority; `null` where these are longer than it is. */
function withoutPadding(body: Uint8Array, flags: number): Uint8Array | null {
  const isPadded = (flags & flag.padded) !== 0;
  const padding = isPadded ? (body[0] ?? 256) : 0;
  const from = (isPadded ? 1 : 0) + ((flags & flag.priority) !== 0 ? 5 : 0);
  return from + padding > body.length ? null : body.subarray(from, body.length - padding);
}

/** A CONTINUATION frame, which is known to belong to the open block. */
export function takeContinuation<Block>(session: SessionState<Block>, fragment: Uint8Array): void {
  const block = session.openBlock;
  if (block === null) return;
  block.fragments.push(fragment);
  block.size += fragment.length;
  if (block.fragments.length > limits.continuations + 1 || block.size > limits.headerList)
    overLimit(session, `a header block of ${block.size} bytes in ${block.fragments.length} frames`);
  else if ((session.reader.flags & flag.endHeaders) !== 0) {
    session.openBlock = null;
    takeBlock(session, block.streamId, block.isLast, Buffer.concat(block.fragments));
  }
}

/** A complete header block. It is decoded for streams that are gone as well: later blocks may depend on it. */
function takeBlock<Block>(
  session: SessionState<Block>,
  streamId: number,
  isLast: boolean,
  bytes: Uint8Array,
): void {
  const response = session.blocks.read(session.decoder, bytes);
  const stream = session.streams.get(streamId);
  if (typeof response === 'string')
    violation(session, errorCode.compressionError, `a header block with ${response}`);
  else if (stream !== undefined) takeResponse(session, stream, response, isLast);
  else if (!isLast || !session.resets.delete(streamId)) countUseless(session);
}

function takeResponse<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  response: ResponseBlock<Block>,
  isLast: boolean,
): void {
  const problem = response.problem ?? misplaced(stream, response, isLast);
  if (response.isTooLarge) abandon(session, stream, errorCode.enhanceYourCalm, { type: 'too-large' });
  else if (problem !== null)
    abandon(session, stream, errorCode.protocolError, { type: 'malformed', problem });
  else if (isInformational(response)) countUseless(session);
  else {
    session.uselessFrames = 0;
    stream.hasResponse = true;
    stream.handler.headers(stream.owner, response.block, isLast);
    if (isLast && !stream.isOver) finishStream(session, stream);
  }
}

function isInformational({ status }: ResponseBlock<unknown>): boolean {
  return status !== null && status < 200;
}

/** Why a block may not come here on its stream; `null`: it may. */
function misplaced(
  { hasResponse }: StreamState<unknown>,
  response: ResponseBlock<unknown>,
  isLast: boolean,
): string | null {
  const { status } = response;
  if (!hasResponse && status === null) return 'a response without :status';
  if (hasResponse && status !== null) return 'a second response';
  if (hasResponse && !isLast) return 'trailers that do not end the stream';
  if (isInformational(response) && isLast) return 'an informational response that ends the stream';
  return null;
}

function abandon<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  code: number,
  end: StreamEnd,
): void {
  sendReset(session, stream, code);
  endStream(session, stream, end);
  afterStreamEnd(session);
}
