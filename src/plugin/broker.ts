import type { Channel, Server, ServerDuplexStream } from '@grpc/grpc-js';
import {
  cancelDial,
  announce,
  announcementTtlMs,
  requestDial,
  noAnnouncements,
  type Announcement,
  type AnnouncementTable,
} from '../go-plugin/index.js';
import { PluginError } from '../model/index.js';
import { channelTo, type Endpoint } from './endpoint.js';
import { duplex } from './method.js';
import { createServer, type ListeningServer } from './server.js';
import { addServices, type PluginBroker } from './services.js';
import { connInfo, type ConnInfo } from './wire.js';

const definition = { StartStream: duplex('/plugin.GRPCBroker/StartStream', connInfo, connInfo) };

const idCount = 2 ** 32;

type ControlStream = ServerDuplexStream<ConnInfo, ConnInfo>;

/** `plugin.GRPCBroker`: on one stream, each side tells the other where it serves a number. */
export function createBroker(endpoint: Endpoint, version: number) {
  const announcements = createAnnouncements();
  const servers = new Set<ListeningServer>();
  const channels = new Set<Channel>();
  const unsent: ConnInfo[] = [];
  let control: ControlStream | null = null;
  let isClosed = false;
  let lastId = 0;

  const send = (info: ConnInfo): void => {
    if (control === null) unsent.push(info);
    else control.write(info);
  };
  /** The newest stream is the host's: an older one belongs to a connection that was lost. */
  const startStream = (call: ControlStream): void => {
    control?.end();
    control = call;
    const end = (): void => {
      if (control === call) control = null;
      call.end();
    };
    call.on('data', (info: ConnInfo) => {
      announcements.put(info);
    });
    call.on('error', end).on('cancelled', end).on('end', end);
    unsent.splice(0).forEach(send);
  };
  const throwIfClosed = (): void => {
    if (isClosed) throw refused('The plugin stops: there are no new connections.');
  };

  const broker: PluginBroker = {
    nextId() {
      lastId = (lastId + 1) % idCount;
      return lastId;
    },
    async dial(id) {
      throwIfClosed();
      const channel = channelTo(await announcements.take(id), endpoint);
      channels.add(channel);
      return channel;
    },
    async acceptAndServe(id, services) {
      throwIfClosed();
      const server = createServer(endpoint);
      servers.add(server);
      const close = async (graceMs = 0): Promise<void> => {
        servers.delete(server);
        await server.stop(graceMs);
      };
      try {
        await addServices(services, server.grpc, { broker, version });
        const { network, address } = await server.listen();
        throwIfClosed();
        send({ id, network, address });
        return { id, address, close };
      } catch (error) {
        await close();
        throw error;
      }
    },
  };

  return {
    broker,
    addTo(server: Server) {
      server.addService(definition, { StartStream: startStream });
    },
    /** No new connections; those that are open go on. */
    close() {
      isClosed = true;
      announcements.close();
      control?.end();
    },
    /** Ends every connection that is open. */
    async stop() {
      await Promise.all([...servers].map((server) => server.stop(0)));
      for (const channel of channels) channel.close();
    },
  };
}

/** What the host has announced, each announcement for one dial within five seconds. */
function createAnnouncements() {
  const dials = new Map<number, (announcement: Announcement | PluginError) => void>();
  let state: AnnouncementTable = noAnnouncements;
  let lastTicket = 0;

  const step = (taken: ReturnType<typeof requestDial>): void => {
    state = taken.state;
    if (taken.delivery !== null) dials.get(taken.delivery.ticket)?.(taken.delivery.announcement);
  };
  return {
    put({ id, network, address }: ConnInfo) {
      step(announce(state, id, { network, address }, performance.now()));
    },
    take(id: number): Promise<Announcement> {
      lastTicket += 1;
      const ticket = lastTicket;
      return new Promise((resolve, reject) => {
        const giveUp = setTimeout(() => dials.get(ticket)?.(unanswered(id)), announcementTtlMs);
        dials.set(ticket, (answer) => {
          clearTimeout(giveUp);
          dials.delete(ticket);
          state = cancelDial(state, ticket);
          if (answer instanceof PluginError) reject(answer);
          else resolve(answer);
        });
        step(requestDial(state, id, ticket, performance.now()));
      });
    },
    close() {
      for (const answer of dials.values())
        answer(refused('The plugin stops: nothing is announced any more.'));
    },
  };
}

function refused(message: string): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    message,
    hint: 'Open brokered connections while the plugin serves.',
  });
}

function unanswered(id: number): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    message: `The host did not say within ${announcementTtlMs} ms where it serves the number ${id}.`,
    hint: 'Let the host serve before it sends the number. An announcement is good for one dial, for as long.',
    facts: { id },
  });
}
