import { fromJSON } from '@grpc/proto-loader';
import fc from 'fast-check';
import { contract } from '../../src/effects/rpc/contract.generated.js';
import { connInfo, servingStatus, stdioData, text, texts, type Codec } from '../../src/plugin/wire.js';

/** What a protobuf library makes of the same messages. */
const library = fromJSON(contract, { keepCase: true, defaults: true, arrays: true }) as unknown as Record<
  string,
  Record<string, LibraryMethod>
>;

interface LibraryMethod {
  readonly requestSerialize: (value: object) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Record<string, unknown>;
  readonly responseSerialize: (value: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Record<string, unknown>;
}

const health = library['grpc.health.v1.Health']?.Check as LibraryMethod;
const stdio = library['plugin.GRPCStdio']?.StreamStdio as LibraryMethod;
const broker = library['plugin.GRPCBroker']?.StartStream as LibraryMethod;
const hooks = library['espalier.v1.PluginHooks']?.Implemented as LibraryMethod;
const change = library['espalier.v1.PluginHooks']?.OnConfigurationChange as LibraryMethod;

const anyText = fc.string({ unit: 'grapheme', maxLength: 300 });
const uint32 = fc.nat(2 ** 32 - 1);

describe('the messages of a plugin', () => {
  it('are read by a protobuf library as they were meant', () => {
    fc.assert(
      fc.property(
        uint32,
        anyText,
        anyText,
        fc.uint8Array({ maxLength: 5000 }),
        (id, network, address, data) => {
          expect(broker.responseDeserialize(connInfo.encode({ id, network, address }))).toMatchObject({
            service_id: id,
            network,
            address,
          });
          const printed = stdio.responseDeserialize(stdioData.encode({ channel: 2, data }));
          expect(printed).toEqual({ channel: 2, data: Buffer.from(data) });
          expect(hooks.responseDeserialize(texts.encode([network, address]))).toEqual({
            hooks: [network, address],
          });
          expect(health.responseDeserialize(servingStatus.encode(1))).toEqual({ status: 1 });
        },
      ),
    );
  });

  it('are read as a protobuf library wrote them', () => {
    fc.assert(
      fc.property(uint32, anyText, anyText, (id, network, address) => {
        const knock = { knock: true, ack: false, error: address };
        const written = broker.requestSerialize({ service_id: id, network, address, knock });
        expect(connInfo.decode(written)).toEqual({ id, network, address });
        expect(text.decode(health.requestSerialize({ service: network }))).toEqual({ text: network });
        expect(text.decode(change.requestSerialize({ json: address }))).toEqual({ text: address });
      }),
    );
  });

  it('are either read or refused with a RangeError, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const codec of [connInfo, stdioData, text, texts, servingStatus] as Codec<unknown>[]) {
          try {
            codec.decode(Buffer.from(bytes));
          } catch (error) {
            // Not by instanceof: the errors of Node come from outside jest's realm.
            expect((error as Error).name).toBe('RangeError');
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
