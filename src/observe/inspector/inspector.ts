import type { InspectionEvent as XStateEvent } from 'xstate';
import { createClients } from './clients.js';
import { startInspectorServer } from './inspector-server.js';
import { createActorLog, type ActorLogEntry } from './actor-log.js';
import { createMessageWriter } from './wire-messages.js';
import type { Inspector, InspectorOptions } from './start-inspector.js';
import { pageHtml, pagePolicy } from '../page/page.generated.js';

/** How many clients may be connected at a time. */
const maxClients = 16;

/** How many entries are buffered within one iteration of the event loop. */
const maxBufferedEntries = 500;

/** See `startInspector`. */
export async function createInspector(options: InspectorOptions): Promise<Inspector> {
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
      const entries = actorLog.record(event as XStateEvent);
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
