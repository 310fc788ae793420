import { connectivityState } from '@grpc/grpc-js';
import { map, Observable, Subscription } from 'rxjs';
import { checkAddress, isNetwork, type Announcement } from '../go-plugin/index.js';
import type { AnnouncementFact, BrokeredFact } from '../machines/broker-dial.effects.js';
import { PluginError } from '../model/index.js';
import type { GenerationChannel } from './dial.js';
import { openChannel } from './grpc/open-channel.js';
import { examine } from './tls/examine.js';

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
    const refuse = (cause: PluginError | null): void => {
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
    const close = (): void => {
      process.scope.remove(close);
      shut();
    };
    grpc.close = close;
    let isHandedOver = false;

    const examination = new Subscription();
    const watch = (): void => {
      if (subscriber.closed) return;
      const state = grpc.getConnectivityState(true);
      if (state === connectivityState.READY) {
        isHandedOver = true;
        process.scope.add(close);
        subscriber.next({ type: 'broker.connected', brokered: grpc });
        subscriber.complete();
      } else if (state === connectivityState.TRANSIENT_FAILURE) {
        let cause: PluginError | null = null;
        examination.add(
          examine({ network, address }, security).subscribe({
            next: (error) => {
              cause = error;
            },
            complete: () => {
              refuse(cause);
            },
          }),
        );
      } else if (state !== connectivityState.SHUTDOWN) {
        grpc.watchConnectivityState(state, Infinity, watch);
      }
    };
    watch();
    return () => {
      examination.unsubscribe();
      if (!isHandedOver) close();
    };
  });
}

function refused(id: number, { network, address }: Announcement, cause: PluginError | null): PluginError {
  const why = cause === null ? '.' : `: ${cause.message}`;
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The plugin announced id ${id} at ${network}:${address}, but cannot be connected to there${why}`,
    hint: cause?.hint ?? 'Let the plugin listen before it announces, and until it has been dialled.',
    facts: { id, network, address },
    cause: cause ?? undefined,
  });
}
