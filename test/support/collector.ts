import { once } from 'node:events';
import { Writable } from 'node:stream';

/** A stream that collects its bytes. */
export class Collector extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
    this.emit('collected');
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Waits for so many bytes. Jest's timeout bounds it. */
  async has(length: number): Promise<Buffer> {
    while (this.bytes().length < length) await once(this, 'collected');
    return this.bytes();
  }
}
