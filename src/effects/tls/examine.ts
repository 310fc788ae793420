import { connect as connectSocket, type NetConnectOpts } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Observable } from 'rxjs';
import { parseTcpAddress } from '../../go-plugin/index.js';
import { messageOf, PluginError, type Handshake } from '../../model/index.js';
import type { Security } from './security.js';

/**
 * Finds out why a connection failed, as gRPC only says that it did: connects once more and looks at the TLS
 * handshake itself. Tells the reason if trying again is no use, and completes without one if it may be.
 */
export function examine(
  address: Pick<Handshake, 'network' | 'address'>,
  security: Security,
): Observable<PluginError> {
  return new Observable((subscriber) => {
    const raw = connectSocket(endpoint(address));
    // Nobody listens yet, or it was busy: not a matter of TLS.
    raw.once('error', () => {
      subscriber.complete();
    });
    let encrypted: TLSSocket | null = null;
    raw.once('connect', () => {
      // What is spoken in the clear is only asked whether it understands TLS: nothing is sent, so nothing is trusted.
      const socket = connectTls({
        ...(security.tls ?? { rejectUnauthorized: false }),
        socket: raw,
        ALPNProtocols: ['h2'],
      });
      encrypted = socket;
      const tell = (error: PluginError | null): void => {
        if (error !== null) subscriber.next(error);
        subscriber.complete();
      };
      socket.once('secureConnect', () => {
        if (security.tls === null) tell(servesTlsUnannounced());
      });
      // The server's first bytes mean that it has taken our certificate too: in TLS 1.3 that comes last.
      socket.once('data', () => {
        tell(null);
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        tell(security.tls === null ? unencryptedFinding(error) : finding(error, socket, security));
      });
      socket.once('close', () => {
        tell(security.tls === null ? null : closedEarly());
      });
    });
    return () => {
      encrypted?.on('error', () => undefined).destroy();
      raw.on('error', () => undefined).destroy();
    };
  });
}

function endpoint({ network, address }: Pick<Handshake, 'network' | 'address'>): NetConnectOpts {
  if (network === 'unix') return { path: address };
  const tcp = parseTcpAddress(address);
  return tcp.ok ? { host: tcp.host, port: tcp.port } : { path: address };
}

function finding(error: NodeJS.ErrnoException, socket: TLSSocket, security: Security): PluginError {
  const code = error.code ?? 'unknown';
  // Set only when it was we who refused the plugin's certificate. (Node types it as an Error; it is a string.)
  if (Boolean(socket.authorizationError)) return untrusted(error, security);
  if (isAlert(code)) return refusedByPlugin(error, code);
  if (code.startsWith('ERR_SSL_')) {
    return failure({
      message: `The plugin announced TLS, but does not speak it at its address (${reasonOf(error)}).`,
      hint: 'Let the plugin serve with the certificate that it prints, or print none; under --mtls auto it is then used in the clear.',
      tls: code,
    });
  }
  return closedEarly();
}

function untrusted(error: NodeJS.ErrnoException, { transport, tls }: Security): PluginError {
  const isPinned = transport === 'mtls' && tls?.checkServerIdentity !== undefined;
  return new PluginError({
    code: 'CERTIFICATE_INVALID',
    phase: 'dial',
    message: `The certificate that the plugin serves with cannot be trusted: ${reasonOf(error)}.`,
    hint: isPinned
      ? 'Let the plugin serve with the very certificate that it prints as field 6 of its handshake line.'
      : "Compare the option tls with the plugin's certificate: its signer must be in rootCertificates, its name must be serverName.",
    facts: { tls: error.code ?? 'unknown' },
    cause: error,
  });
}

function refusedByPlugin(error: Error, code: string): PluginError {
  return failure({
    message: `The plugin refused the host's certificate: ${reasonOf(error)}.`,
    hint: 'Let the plugin trust the certificate in PLUGIN_CLIENT_CERT and no other; if it runs on grpcio, keep the curve P-256.',
    tls: code,
    cause: error,
  });
}

function closedEarly(): PluginError {
  return failure({
    message: 'The plugin closed the connection during the TLS handshake.',
    hint: 'See its log for the reason: does it serve TLS there at all, and does it trust the certificate in PLUGIN_CLIENT_CERT?',
    tls: 'closed',
  });
}

function servesTlsUnannounced(): PluginError {
  return failure({
    message: 'The plugin serves TLS, but its handshake line announces no certificate.',
    hint: 'Let the plugin print its certificate as field 6, or serve in the clear; for certificates of your own use the option tls.',
    tls: 'unannounced',
  });
}

/** A TLS server that wants something of us answers with an alert; anything else is no TLS server. */
function unencryptedFinding({ code = '' }: NodeJS.ErrnoException): PluginError | null {
  return isAlert(code) ? servesTlsUnannounced() : null;
}

function isAlert(code: string): boolean {
  return code.startsWith('ERR_SSL_') && code.includes('ALERT');
}

function failure(found: { message: string; hint: string; tls: string; cause?: unknown }): PluginError {
  const { message, hint, tls, cause } = found;
  return new PluginError({ code: 'CONNECT_FAILED', phase: 'dial', message, hint, facts: { tls }, cause });
}

/** OpenSSL's own word for it; its whole message also names a thread and a line of its sources. */
function reasonOf(error: Error & { readonly reason?: string }): string {
  return error.reason ?? messageOf(error);
}
