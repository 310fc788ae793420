export { createFrameDecoder, type FrameDecoder, type FramePart } from './frame-decoder.js';
export {
  decodeHeader,
  encodeHeader,
  flag,
  goAwayCode,
  headerBytes,
  initialWindow,
  type FrameHeader,
  type HeaderResult,
} from './frame.js';
export { maxBodyBytes } from './session-sending.js';
export type { Role, SessionEvent, SessionStep } from './session-state.js';
export { createSessionCore, defaultBacklog, type SessionCore } from './session-core.js';
export { YamuxError, type YamuxReason } from './yamux-error.js';
