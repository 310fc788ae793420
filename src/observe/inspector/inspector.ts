import type { InspectionEvent } from 'xstate';
import { createClients } from './clients.js';
import { startInspectorServer } from './inspector-server.js';
import { createActorLog, type ActorLogEntry } from './actor-log.js';
import { createMessageWriter } from './wire-messages.js';
import { pageHtml, pagePolicy } from '../page/page.generated.js';

/** The options of `startInspector`. */
export interface InspectorOptions {
  /** The TCP port, 0 to 65535. Default 0: any free port. */
  readonly port?: number | undefined;
}

/** A running inspector. */
export interface Inspector {
  /** The URL of the page. With `ws:` it is a WebSocket of Stately's inspection protocol. */
  readonly url: string;
  /** For the `inspect` option of `createActor` or `createEnvironment`; one inspector can serve several. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Disconnects all clients and closes the port. */
  close(): Promise<void>;
}

/** How many clients may be connected at a time. */
const maxClients = 16;

/** How many entries are buffered within one iteration of the event loop. */
const maxBufferedEntries = 500;

/**
 * Starts an inspector: a page on 127.0.0.1 that shows the inspected actors live. Nothing is serialized while no client
 * is connected, and the inspector does not keep the process alive.
 *
 * The values of environment variables and of keys that name a secret are redacted. Everything else can be read by any
 * user of this machine.
 *
 * @throws PluginError CONFIG_INVALID when the port cannot be used.
 */
export async function startInspector(options: InspectorOptions = {}): Promise<Inspector> {
  const actorLog = createActorLog(Date.now);
  const clients = createClients();
  const toMessage = createMessageWriter();
  let buffered: ActorLogEntry[] = [];
  let timer: NodeJS.Immediate | null = null;
  let isClosed = false;

  const flush = (): void => {
    if (timer !== null) clearImmediate(timer);
    timer = null;
    const entries = buffered;
    buffered = [];
    if (clients.count > 0) for (const entry of entries) clients.broadcast(toMessage(entry));
  };

  const server = await startInspectorServer({
    port: options.port ?? 0,
    page: { html: pageHtml, policy: pagePolicy },
    acceptsClients: () => clients.count < maxClients,
    onClient(client) {
      flush();
      clients.add(client, actorLog.replay().map(toMessage));
    },
  });

  return {
    url: server.url,
    inspect(event) {
      if (isClosed) return;
      const entries = actorLog.record(event);
      if (clients.count === 0) return;
      buffered.push(...entries);
      // Writing waits until the actors have processed their events, but the buffer is bounded.
      if (buffered.length >= maxBufferedEntries) flush();
      else timer ??= setImmediate(flush);
    },
    async close() {
      isClosed = true;
      flush();
      clients.closeAll();
      actorLog.clear();
      await server.close();
    },
  };
}
