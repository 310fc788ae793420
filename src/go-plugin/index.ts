export { checkAddress, isNetwork, maxSocketPathBytes, parseTcpAddress } from './address.js';
export type { TcpEndpoint, TcpResult } from './address.js';
export {
  cancelDial,
  announce,
  announcementTtlMs,
  requestDial,
  noAnnouncements,
} from './broker/announcements.js';
export type { Announcement, AnnouncementTable, AnnouncementStep, Delivery } from './broker/announcements.js';
export { certificateHost, certificatePem, curves, makeCertificate } from './certificate/certificate.js';
export type { CertificateTemplate, Curve } from './certificate/certificate.js';
export { diagnose, ranOutOfMemory } from './diagnosis/diagnose.js';
export { lastPrinted } from './diagnosis/final-output.js';
export type { DiagnosisFacts } from './diagnosis/diagnose.js';
export { announcedSocket, looksLikeHandshake, parseHandshakeLine } from './handshake/handshake-line.js';
export type { HandshakeOffer, HandshakeResult } from './handshake/handshake-line.js';
export { streamOpened, knock, maxEndedIds, noKnocks, serve, withdraw } from './broker/knocks.js';
export type { KnockAnswer, KnockState, KnockStep } from './broker/knocks.js';
export { protocolEnvironment, protocolVariables } from './handshake/protocol-environment.js';
export type { ProtocolOffer } from './handshake/protocol-environment.js';
export { launchEnvironment, minimalVariables, tokenVariable } from './launch-environment.js';
export type { InheritEnv, LaunchEnvironmentInput } from './launch-environment.js';
export { classifyLine, verbatimLine } from './logs/log-line.js';
export type { ClassifiedLine, LogParseMode } from './logs/log-line.js';
export { checkReattachConfig, reattachHandshake } from './reattach/reattach-config.js';
export { formatReattachProviders, parseReattachProviders } from './reattach/reattach-providers.js';
export type { ReattachProviders } from './reattach/reattach-providers.js';
export { sniffExecutable, sniffLength } from './diagnosis/executable-kind.js';
export type { ExecutableKind } from './diagnosis/executable-kind.js';
export { quoteText, visibleText } from './visible-text.js';
