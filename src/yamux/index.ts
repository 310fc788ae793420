export { createFrameDecoder, type FrameDecoder, type FramePart } from './frame-decoder.js';
export {
  decodeHeader,
  encodeHeader,
  flag,
  goAwayCode,
  headerBytes,
  initialWindow,
  type FrameHeader,
  type HeaderReading,
} from './frame.js';
export { longestBody } from './session-sending.js';
export type { Role, SessionFact, Turn } from './session-state.js';
export { createSessionCore, defaultBacklog, type SessionCore } from './session.js';
export { YamuxError, type YamuxReason } from './yamux-error.js';
