import { catchError, map, Observable, of } from 'rxjs';
import type { Announcement } from '../../go-plugin/index.js';
import type { AnnouncementEvent, BrokeredEvent } from '../../machines/broker/machine.js';
import { isPluginError, messageOf, PluginError } from '../../model/index.js';
import { openChannel } from '../http2/open-channel.js';
import type { BrokerChannel } from './routes.js';

interface Input {
  readonly channel: BrokerChannel;
  readonly id: number;
}

/** Waits for the plugin to announce where it serves an id. */
export function awaitAnnouncement({ channel, id }: Input): Observable<AnnouncementEvent> {
  return channel.routes.announcementOf(id).pipe(
    map((announcement): AnnouncementEvent => ({ type: 'broker.announced', announcement })),
    catchError((error: PluginError) => of<AnnouncementEvent>({ type: 'broker.refused', error })),
  );
}

/** Connects once to an announced address; a plugin that announces one listens already. */
export function dialBrokered(
  input: Input & { readonly announcement: Announcement },
): Observable<BrokeredEvent> {
  return new Observable((subscriber) => {
    const { channel, id, announcement } = input;
    const { security, process, routes } = channel;
    const target = `${announcement.network}:${announcement.address}`;
    const reportQueued = (isQueued: boolean): void => {
      subscriber.next({ type: isQueued ? 'broker.queued' : 'broker.dialling' });
    };
    const grpc = openChannel(target, () => routes.open(id, announcement, reportQueued), security);
    const close = grpc.close.bind(grpc);
    const destroy = (): void => {
      grpc.destroy();
    };
    grpc.close = () => {
      process.scope.remove(destroy);
      close();
    };
    let isConnected = false;
    grpc.connect((failure) => {
      if (subscriber.closed) return;
      isConnected = failure === null;
      if (isConnected) process.scope.add(destroy);
      subscriber.next(
        isConnected
          ? { type: 'broker.connected', brokered: grpc }
          : { type: 'broker.refused', error: dialError(id, announcement, failure) },
      );
      subscriber.complete();
    });
    return () => {
      if (!isConnected) destroy();
    };
  });
}

function dialError(id: number, { network, address }: Announcement, cause: unknown): PluginError {
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
