/** The error codes of RST_STREAM and GOAWAY (RFC 9113, section 7). */
export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

const names = new Map<number, string>(
  Object.entries(errorCode).map(([name, code]) => [
    code,
    name.replaceAll(/([A-Z]|11)/g, '_$1').toUpperCase(),
  ]),
);

/** The code as it is written in the RFC, for example `ENHANCE_YOUR_CALM`. */
export function errorCodeName(code: number): string {
  return names.get(code) ?? `error code ${code}`;
}
