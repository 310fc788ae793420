import { X509Certificate } from 'node:crypto';
import { certificateHost } from '../../go-plugin/index.js';
import { messageOf, PluginError } from '../../model/index.js';

/**
 * Checks the certificate of a handshake line before a connection would fail for it: returns CERTIFICATE_INVALID, or `null`.
 * `now`: milliseconds since the epoch.
 */
export function checkCertificate(der: Uint8Array, now: number): PluginError | null {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch (error) {
    return invalid({
      problem: `is no X.509 certificate (${messageOf(error)})`,
      hint: 'Let the plugin print the DER bytes of its certificate, not PEM text, as unpadded base64.',
    });
  }
  if (certificate.checkHost(certificateHost, { subject: 'never' }) === undefined) {
    return invalid({
      problem: `is not for ${certificateHost} (it names ${certificate.subjectAltName ?? 'nothing'})`,
      hint: `Give the plugin's certificate the subject alternative name DNS:${certificateHost}, whatever it listens on.`,
    });
  }
  if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now) {
    return invalid({
      problem: `is valid from ${certificate.validFrom} to ${certificate.validTo}, which is not now`,
      hint: 'Make a new certificate at every start of the plugin, and compare the clocks of host and plugin.',
    });
  }
  return null;
}

function invalid({ problem, hint }: { problem: string; hint: string }): PluginError {
  return new PluginError({
    code: 'CERTIFICATE_INVALID',
    phase: 'handshake',
    message: `The plugin's certificate (field 6 of its handshake line) ${problem}.`,
    hint,
  });
}
