import type { TLSSocket } from 'node:tls';
import { messageOf, PluginError } from '../../model/index.js';
import type { Security } from './security.js';

/** Explains an error of the TLS handshake: CERTIFICATE_INVALID or CONNECT_FAILED. */
export function tlsError(error: NodeJS.ErrnoException, socket: TLSSocket, security: Security): PluginError {
  const code = error.code ?? 'unknown';
  // Set only when this side refused the plugin's certificate. (Node types it as an Error; it is a string.)
  if (Boolean(socket.authorizationError)) return untrusted(error, security);
  if (isTlsAlert(code)) return refusedByPlugin(error, code);
  if (code.startsWith('ERR_SSL_')) {
    return failure({
      message: `The plugin announced TLS, but does not serve it at its address (${reasonOf(error)}).`,
      hint: 'Let the plugin serve with the certificate that it prints, or print none; under --mtls auto the connection is then plaintext.',
      tls: code,
    });
  }
  return closedEarly();
}

/** The plugin closed the connection before the TLS handshake was done. */
export function closedEarly(): PluginError {
  return failure({
    message: 'The plugin closed the connection during the TLS handshake.',
    hint: 'See its log for the reason: does it serve TLS there at all, and does it trust the certificate in PLUGIN_CLIENT_CERT?',
    tls: 'closed',
  });
}

/** The plugin serves TLS without a certificate in its handshake line. */
export function servesTlsUnannounced(): PluginError {
  return failure({
    message: 'The plugin serves TLS, but its handshake line announces no certificate.',
    hint: 'Let the plugin print its certificate as field 6, or serve plaintext; for certificates of your own use the option tls.',
    tls: 'unannounced',
  });
}

/** Whether an OpenSSL error code is an alert, with which a TLS peer refuses a handshake. */
export function isTlsAlert(code: string): boolean {
  return code.startsWith('ERR_SSL_') && code.includes('ALERT');
}

function untrusted(error: NodeJS.ErrnoException, { transport, tls }: Security): PluginError {
  const isPinned = transport === 'mtls' && tls?.checkServerIdentity !== undefined;
  return new PluginError({
    code: 'CERTIFICATE_INVALID',
    phase: 'dial',
    message: `The certificate that the plugin serves with cannot be trusted: ${reasonOf(error)}.`,
    hint: isPinned
      ? 'Let the plugin serve with the certificate that it prints as field 6 of its handshake line.'
      : "Compare the option tls with the plugin's certificate: its signer must be in rootCertificates, its name must be serverName.",
    facts: { tls: error.code ?? 'unknown' },
    cause: error,
  });
}

/** In the names of alerts about a certificate; the others are about TLS itself. */
const aboutCertificate = /CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR/;

function refusedByPlugin(error: Error, code: string): PluginError {
  if (!aboutCertificate.test(code)) {
    return failure({
      message: `The plugin aborted the TLS handshake: ${reasonOf(error)}.`,
      hint: 'Let the plugin serve TLS 1.2 or newer, and HTTP/2 over it (ALPN h2); if it runs on grpcio, keep the curve P-256.',
      tls: code,
      cause: error,
    });
  }
  return failure({
    message: `The plugin refused the host's certificate: ${reasonOf(error)}.`,
    hint: 'Let the plugin trust the certificate in PLUGIN_CLIENT_CERT and no other; if it runs on grpcio, keep the curve P-256.',
    tls: code,
    cause: error,
  });
}

function failure(found: { message: string; hint: string; tls: string; cause?: unknown }): PluginError {
  const { message, hint, tls, cause } = found;
  return new PluginError({ code: 'CONNECT_FAILED', phase: 'dial', message, hint, facts: { tls }, cause });
}

/** The short reason of OpenSSL; its whole message also names a thread and a line of its sources. */
function reasonOf(error: Error & { readonly reason?: string }): string {
  return error.reason ?? messageOf(error);
}
