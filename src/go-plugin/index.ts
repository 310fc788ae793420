export { checkAddress, isNetwork, longestSocketPath, parseTcpAddress } from './address.js';
export type { TcpEndpoint, TcpReading } from './address.js';
export { abandon, announce, announcementLifeMs, ask, quietBroker } from './broker.js';
export type { Announcement, BrokerState, BrokerStep, Delivery } from './broker.js';
export { certificateHost, certificatePem, curves, makeCertificate } from './certificate.js';
export type { CertificateDraft, Curve } from './certificate.js';
export { diagnose, ranOutOfMemory } from './diagnose.js';
export type { DiagnosisFacts } from './diagnose.js';
export { looksLikeHandshake, parseHandshakeLine } from './handshake-line.js';
export type { HandshakeOffer, HandshakeReading } from './handshake-line.js';
export { arrive, knock, mostEnded, noKnocks, serve, withdraw } from './knocks.js';
export type { KnockAnswer, KnockState, KnockStep } from './knocks.js';
export {
  launchEnvironment,
  minimalVariables,
  protocolVariables,
  tokenVariable,
} from './launch-environment.js';
export type { InheritEnv, LaunchEnvironmentInput } from './launch-environment.js';
export { classifyLine, verbatimLine } from './log-line.js';
export type { ClassifiedLine, LogMode } from './log-line.js';
export { checkReattachConfig } from './reattach-config.js';
export { formatReattachProviders, parseReattachProviders } from './reattach-providers.js';
export type { ReattachProviders } from './reattach-providers.js';
export { sniffExecutable, sniffLength } from './sniff-executable.js';
export type { ExecutableKind } from './sniff-executable.js';
export { quoteText, visibleText } from './visible-text.js';
