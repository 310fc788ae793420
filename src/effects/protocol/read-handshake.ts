import { Observable } from 'rxjs';
import { announcedSocket, looksLikeHandshake, parseHandshakeLine } from '../../go-plugin/index.js';
import type { HandshakeEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import { createLineSplitter, maxLineBytes } from '../logs/line-splitter.js';
import type { TransportProcess } from './plugin-protocol.js';
import { checkCertificate } from '../tls/check-certificate.js';
import type { ProtocolSettings } from './protocol-settings.js';

/** How many lines before the handshake line are reported. */
const maxReportedLines = 5;

/**
 * Reads the handshake line. Unlike go-plugin's own host it skips other lines before it, as Python plugins may print some;
 * all together at most 64 KiB, the limit of one line.
 */
export function readHandshake(
  { process }: { readonly process: Pick<TransportProcess, 'stdout' | 'sockets'> },
  settings: Pick<ProtocolSettings, 'handshake' | 'tls' | 'multiplex'>,
  now: () => number,
): Observable<HandshakeEvent> {
  return new Observable((subscriber) => {
    const lines = createLineSplitter();
    let bytes = 0;
    let noise = 0;

    const { tls, multiplex } = settings;
    const { mode } = tls;
    const offer = {
      protocolVersions: settings.handshake.protocolVersions,
      certificateExpected: mode === 'auto' || mode === 'required',
      certificateRequired: mode === 'required',
      multiplexing: multiplex === 'off' ? undefined : multiplex,
    };

    const parse = (line: string): HandshakeEvent => {
      // Of a line that is rejected too: the plugin that made the socket is killed and leaves it behind.
      const socket = announcedSocket(line);
      if (socket !== null) process.sockets.registerSocket(socket);
      const parsed = parseHandshakeLine(line, offer);
      if (!parsed.ok) return { type: 'handshake.rejected', error: parsed.error };
      const { handshake } = parsed;
      const error = handshake.certificate === null ? null : checkCertificate(handshake.certificate, now());
      return error === null ? { type: 'handshake.read', handshake } : { type: 'handshake.rejected', error };
    };

    const takeLine = (line: string): boolean => {
      if (looksLikeHandshake(line)) {
        subscriber.next(parse(line));
        subscriber.complete();
        return true;
      }
      noise += 1;
      if (noise <= maxReportedLines && line.trim() !== '')
        subscriber.next({ type: 'handshake.noise', line: line.slice(0, 200) });
      return false;
    };

    return process.stdout.subscribe({
      next(chunk) {
        bytes += chunk.length;
        if (lines.push(chunk).some(takeLine)) return;
        if (bytes >= maxLineBytes) subscriber.next({ type: 'handshake.rejected', error: noLineError() });
        else subscriber.next({ type: 'handshake.partialLine', text: lines.rest().slice(0, 200) });
      },
      complete() {
        // A last line counts even without its line end.
        if (lines.rest() !== '') takeLine(lines.rest());
      },
    });
  });
}

function noLineError(): PluginError {
  return new PluginError({
    code: 'HANDSHAKE_UNRECOGNIZED',
    phase: 'handshake',
    message: `The plugin printed ${maxLineBytes} bytes to stdout without a handshake line.`,
    hint: 'Print to stderr instead until the handshake line is out.',
  });
}
