import { map, Observable } from 'rxjs';
import { checkAddress, isNetwork, type Announcement } from '../go-plugin/index.js';
import type { AnnouncementFact, BrokeredFact } from '../machines/broker-dial.effects.js';
import { isPluginError, messageOf, PluginError } from '../model/index.js';
import type { GenerationChannel } from './dial.js';
import { openChannel } from './grpc/open-channel.js';

/** Waits until the plugin says where it serves an id. */
export function awaitAnnouncement(input: {
  readonly channel: GenerationChannel;
  readonly id: number;
}): Observable<AnnouncementFact> {
  return input.channel.broker
    .announcementOf(input.id)
    .pipe(
      map((answer) =>
        answer.ok
          ? { type: 'broker.announced', announcement: answer.announcement }
          : { type: 'broker.refused', error: answer.error },
      ),
    );
}

/** Connects to an announced address. Who announces listens already, so one failure is enough. */
export function dialBrokered(input: {
  readonly channel: GenerationChannel;
  readonly id: number;
  readonly announcement: Announcement;
}): Observable<BrokeredFact> {
  return new Observable((subscriber) => {
    const { channel, id, announcement } = input;
    const { network, address } = announcement;
    const refuse = (cause: unknown): void => {
      subscriber.next({ type: 'broker.refused', error: refused(id, announcement, cause) });
      subscriber.complete();
    };
    const unusable = checkAddress(network, address);
    if (unusable !== null || !isNetwork(network)) {
      refuse(unusable);
      return;
    }
    const { security, process } = channel;
    const grpc = openChannel({ network, address }, security);
    const shut = grpc.close.bind(grpc);
    const end = (): void => {
      grpc.destroy();
    };
    grpc.close = () => {
      process.scope.remove(end);
      shut();
    };
    let isHandedOver = false;
    grpc.connect((failure) => {
      if (subscriber.closed) return;
      if (failure !== null) {
        refuse(failure);
        return;
      }
      isHandedOver = true;
      process.scope.add(end);
      subscriber.next({ type: 'broker.connected', brokered: grpc });
      subscriber.complete();
    });
    return () => {
      if (!isHandedOver) end();
    };
  });
}

function refused(id: number, { network, address }: Announcement, cause: unknown): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The plugin announced id ${id} at ${network}:${address}, but cannot be connected to there: ${messageOf(cause)}`,
    hint:
      (isPluginError(cause) ? cause.hint : '') ||
      'Let the plugin listen before it announces, and until it has been dialled.',
    facts: { id, network, address },
    cause,
  });
}
