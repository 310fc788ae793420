import { healthCheckResponse, stdioData, text, texts } from '../../fake-interpreters/lib/messages.js';

describe('the messages that the fakes encode by hand', () => {
  it('are the bytes of the protocol', () => {
    expect(healthCheckResponse.encode('SERVING').toString('hex')).toBe('0801');
    expect(stdioData.encode({ channel: 'stdout', data: Buffer.from('hel\nl') }).toString('hex')).toBe(
      '0801120568656c0a6c',
    );
    expect(text.encode('plugin').toString('hex')).toBe('0a06706c7567696e');
    expect(texts.encode(['a', 'bc']).toString('hex')).toBe('0a01610a026263');
  });

  it('come back as they were, also where a length takes several bytes', () => {
    const chunk = { channel: 'stderr', data: Buffer.alloc(70_000, 7) } as const;
    expect(stdioData.decode(stdioData.encode(chunk))).toEqual(chunk);
    expect(text.decode(text.encode(''))).toBe('');
    expect(healthCheckResponse.decode(Buffer.alloc(0))).toBe('UNKNOWN');
  });
});
