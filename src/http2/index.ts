export { errorCode, errorCodeName } from './error-code.js';
export type { HeaderField } from './hpack/index.js';
export { Http2Error, type Http2Reason } from './http2-error.js';
export type { SessionHandler } from './session-state.js';
export { createHttp2Session, type Http2Session } from './session.js';
export {
  createHeaderTemplate,
  type HeaderTemplate,
  type Http2Stream,
  type RequestHead,
  type StreamEnd,
  type StreamHandler,
} from './stream.js';
