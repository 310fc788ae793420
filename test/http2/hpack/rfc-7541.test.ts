import { createHpackDecoder, createHpackEncoder } from '../../../src/http2/hpack/index.js';

const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
];
const date = 'date: Mon, 21 Oct 2013 20:13:21 GMT';
const responses = [
  [':status: 302', 'cache-control: private', date, 'location: https://www.example.com'],
  [':status: 307', 'cache-control: private', date, 'location: https://www.example.com'],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

const plainRequests = [
  '828684410f7777772e6578616d706c652e636f6d',
  '828684be58086e6f2d6361636865',
  '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
];
const codedRequests = [
  '828684418cf1e3c2e5f23a6ba0ab90f4ff',
  '828684be5886a8eb10649cbf',
  '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
];
const plainResponses = [
  '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
  '4803333037c1c0bf',
  '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
];
const codedResponses = [
  '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
  '4883640effc1c0bf',
  '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
];

/** What a decoder makes of these blocks, one behind the other. */
function read(blocks: readonly string[], tableSize: number): (string[] | string)[] {
  const decoder = createHpackDecoder(tableSize, 65_536);
  return blocks.map((hex) => {
    const reading = decoder.decode(Buffer.from(hex, 'hex'));
    return reading.ok ? reading.fields.map(({ name, value }) => `${name}: ${value}`) : reading.problem;
  });
}

function fieldOf(line: string): { name: string; value: string } {
  const colon = line.indexOf(': ');
  return { name: line.slice(0, colon), value: line.slice(colon + 2) };
}

describe('the examples of RFC 7541', () => {
  it.each([
    ['C.2.1', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'custom-key: custom-header'],
    ['C.2.2', '040c2f73616d706c652f70617468', ':path: /sample/path'],
    ['C.2.3', '100870617373776f726406736563726574', 'password: secret'],
    ['C.2.4', '82', ':method: GET'],
  ])('%s, a field by itself, is decoded', (_, hex, line) => {
    expect(read([hex], 4096)).toEqual([[line]]);
  });

  it.each([
    ['C.3, requests as they are', plainRequests, requests, 4096],
    ['C.4, requests in Huffman code', codedRequests, requests, 4096],
    ['C.5, responses that evict', plainResponses, responses, 256],
    ['C.6, responses in Huffman code that evict', codedResponses, responses, 256],
  ])('%s, are decoded', (_, blocks, expected, tableSize) => {
    expect(read(blocks, tableSize)).toEqual(expected);
  });

  it('C.4, requests in Huffman code, are what is encoded', () => {
    const encoder = createHpackEncoder(4096);
    const blocks = requests.map((lines) =>
      Buffer.from(encoder.encodeIndexed(lines.map(fieldOf))).toString('hex'),
    );
    expect(blocks).toEqual(codedRequests);
  });

  it('says which field is never to be indexed', () => {
    const reading = createHpackDecoder(4096, 65_536).decode(
      Buffer.from('100870617373776f726406736563726574', 'hex'),
    );
    expect(reading).toMatchObject({
      ok: true,
      fields: [{ name: 'password', value: 'secret', isSensitive: true }],
    });
  });
});
