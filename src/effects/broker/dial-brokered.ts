import { catchError, map, Observable, of } from 'rxjs';
import type { Announcement } from '../../go-plugin/index.js';
import type { AnnouncementEvent, BrokeredEvent } from '../../machines/broker/effects.js';
import { isPluginError, messageOf, PluginError } from '../../model/index.js';
import type { GenerationChannel } from '../connection/dial.js';
import { openChannel } from '../http2/open-channel.js';

interface Input {
  readonly channel: GenerationChannel;
  readonly id: number;
}

/** Waits until the plugin says where it serves an id. */
export function awaitAnnouncement({ channel, id }: Input): Observable<AnnouncementEvent> {
  return channel.routes.announcementOf(id).pipe(
    map((announcement): AnnouncementEvent => ({ type: 'broker.announced', announcement })),
    catchError((error: PluginError) => of<AnnouncementEvent>({ type: 'broker.refused', error })),
  );
}

/** Connects to what was announced. Who announces listens already, so one failure is enough. */
export function dialBrokered(
  input: Input & { readonly announcement: Announcement },
): Observable<BrokeredEvent> {
  return new Observable((subscriber) => {
    const { channel, id, announcement } = input;
    const { security, process, routes } = channel;
    const target = `${announcement.network}:${announcement.address}`;
    const waits = (waits: boolean): void => {
      subscriber.next({ type: waits ? 'broker.queued' : 'broker.dialling' });
    };
    const grpc = openChannel(target, () => routes.open(id, announcement, waits), security);
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
      isHandedOver = failure === null;
      if (isHandedOver) process.scope.add(end);
      subscriber.next(
        isHandedOver
          ? { type: 'broker.connected', brokered: grpc }
          : { type: 'broker.refused', error: refused(id, announcement, failure) },
      );
      subscriber.complete();
    });
    return () => {
      if (!isHandedOver) end();
    };
  });
}

function refused(id: number, { network, address }: Announcement, cause: unknown): PluginError {
  if (isPluginError(cause) && cause.code.startsWith('BROKER_')) return cause;
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
