import type { InspectionEvent } from 'xstate';
import { createClients } from './clients.js';
import { startInspectorServer } from './inspector-server.js';
import { createActorLog, type ActorLogEntry } from './actor-log.js';
import { createMessageWriter } from './wire-messages.js';
import { pageHtml, pagePolicy } from '../page/page.generated.js';

export interface InspectorOptions {
  /** Where to listen. Default 0: any port that is free. */
  readonly port?: number | undefined;
}

export interface Inspector {
  /** The page. The same address with `ws:` is a WebSocket that speaks Stately's wire format. */
  readonly url: string;
  /** For the `inspect` option of `createActor` or `createEnvironment`; of several, if need be. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Sends everybody away and frees the port. */
  close(): Promise<void>;
}

/** How many may look at once. */
const maxClients = 16;

/** How many entries wait for the end of the current turn of the event loop before they are written at once. */
const maxBufferedEntries = 500;

/**
 * Shows every actor of the trees that it inspects, live, on a page on 127.0.0.1. It costs next to nothing until
 * somebody looks, and does not keep its program running.
 *
 * Environment variables and what is called a secret are never shown, but the rest is, to every user of this machine.
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

  const host = await startInspectorServer({
    port: options.port ?? 0,
    page: { html: pageHtml, policy: pagePolicy },
    acceptsClients: () => clients.count < maxClients,
    onClient(client) {
      flush();
      clients.add(client, actorLog.replay().map(toMessage));
    },
  });

  return {
    url: host.url,
    inspect(event) {
      if (isClosed) return;
      const entries = actorLog.record(event);
      if (clients.count === 0) return;
      buffered.push(...entries);
      // The actors' own work comes first; a flood of it is not kept waiting, though.
      if (buffered.length >= maxBufferedEntries) flush();
      else timer ??= setImmediate(flush);
    },
    async close() {
      isClosed = true;
      flush();
      clients.closeAll();
      actorLog.clear();
      await host.close();
    },
  };
}
