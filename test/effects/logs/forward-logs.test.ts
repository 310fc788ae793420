import { Subject } from 'rxjs';
import { forwardLogs } from '../../../src/effects/logs/forward-logs.js';
import type { PluginLogEntry } from '../../../src/model/index.js';

const line = '1|1|unix|/tmp/plugin.sock|grpc\n';

function forward(...chunks: readonly string[]) {
  const entries: PluginLogEntry[] = [];
  let sunk = '';
  const stdout = new Subject<Uint8Array>();
  const sinks = {
    write: (name: string, _: object, bytes: Uint8Array) => {
      if (name === 'stdout') sunk += Buffer.from(bytes).toString();
    },
    close: () => undefined,
  };
  const process = { stdout, stderr: new Subject<Uint8Array>() };
  const add = (entry: PluginLogEntry): void => void entries.push(entry);
  forwardLogs({ plugin: 'a', generation: 1, process }, add, sinks, () => 0).subscribe();
  for (const chunk of chunks) stdout.next(Buffer.from(chunk));
  stdout.complete();
  return { levels: entries.map(({ level, message }) => `${level} ${message}`), sunk };
}

describe('the stdout of a plugin', () => {
  it.each<[string, readonly string[]]>([
    ['in one chunk', [`starting\n${line}hello\nworld`]],
    ['in chunks that cut lines', ['star', 'ting\n', line.slice(0, 9), line.slice(9), 'hel', 'lo\nworld']],
    ['byte by byte', Array.from(`starting\n${line}hello\nworld`)],
  ])('goes to its sink from the handshake line on: %s', (_, chunks) => {
    const { levels, sunk } = forward(...chunks);
    expect(sunk).toBe('hello\nworld');
    expect(levels).toEqual(['debug starting', `debug ${line.trim()}`, 'info hello', 'info world']);
  });

  it('goes to no sink without a handshake line', () => {
    const { levels, sunk } = forward('a\n', 'b'.repeat(200_000), '\nc\n');
    expect(sunk).toBe('');
    expect(levels.every((text) => text.startsWith('debug'))).toBe(true);
  });
});
