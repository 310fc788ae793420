import { brokerLimits } from '../../model/limits.js';

/** Where the plugin serves an id. */
export interface Announcement {
  readonly network: string;
  readonly address: string;
}

/** Announcements without a dial, and dials without an announcement, both in the order of their arrival. */
export interface AnnouncementTable {
  readonly announced: readonly (Announcement & { readonly id: number; readonly at: number })[];
  readonly pendingDials: readonly { readonly id: number; readonly ticket: number }[];
}

/** An announcement for a pending dial, which is identified by its ticket. */
export interface Delivery {
  readonly ticket: number;
  readonly announcement: Announcement;
}

/** The next state, and the delivery that the step brings about, if any. */
export interface AnnouncementStep {
  readonly state: AnnouncementTable;
  readonly delivery: Delivery | null;
  /** What the plugin sent beyond a limit, for a message; the step has changed nothing. */
  readonly excess?: string;
}

/** How long an announcement waits for a dial, in milliseconds; as in go-plugin. */
export const announcementTtlMs = 5000;

/** The state at the start of a process. */
export const noAnnouncements: AnnouncementTable = { announced: [], pendingDials: [] };

/** Adds an announcement. It serves one dial; a second one for an id that has one is dropped. */
export function announce(
  state: AnnouncementTable,
  id: number,
  announcement: Announcement,
  now: number,
): AnnouncementStep {
  const { pendingDials } = state;
  const { network, address } = announcement;
  if (network.length + address.length > brokerLimits.addressLength)
    return { state, delivery: null, excess: `an address of ${address.length} characters` };
  const announced = unexpired(state, now);
  const next = pendingDials.find((dial) => dial.id === id);
  if (next !== undefined) {
    const state = { announced, pendingDials: pendingDials.filter((dial) => dial !== next) };
    return { state, delivery: { ticket: next.ticket, announcement } };
  }
  if (announced.some((other) => other.id === id))
    return { state: { announced, pendingDials }, delivery: null };
  if (announced.length >= brokerLimits.announcements)
    return { state, delivery: null, excess: `${announced.length + 1} announcements that nothing dials` };
  return {
    state: { announced: [...announced, { ...announcement, id, at: now }], pendingDials },
    delivery: null,
  };
}

/** Adds a dial: it gets the announcement of its id, or waits for one behind earlier dials of the same id. */
export function requestDial(
  state: AnnouncementTable,
  id: number,
  ticket: number,
  now: number,
): AnnouncementStep {
  const { pendingDials } = state;
  const announced = unexpired(state, now);
  const found = announced.find((announcement) => announcement.id === id);
  if (found === undefined)
    return { state: { announced, pendingDials: [...pendingDials, { id, ticket }] }, delivery: null };
  const { network, address } = found;
  return {
    state: { announced: announced.filter((announcement) => announcement !== found), pendingDials },
    delivery: { ticket, announcement: { network, address } },
  };
}

/** Removes a pending dial. */
export function cancelDial(state: AnnouncementTable, ticket: number): AnnouncementTable {
  return { ...state, pendingDials: state.pendingDials.filter((dial) => dial.ticket !== ticket) };
}

function unexpired({ announced }: AnnouncementTable, now: number): AnnouncementTable['announced'] {
  return announced.filter(({ at }) => now - at < announcementTtlMs);
}
