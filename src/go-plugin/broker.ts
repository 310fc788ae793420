/** Where the other side serves an id. */
export interface Announcement {
  readonly network: string;
  readonly address: string;
}

/** Announcements that nobody has used yet, and dials that nothing was announced for yet. */
export interface BrokerState {
  readonly announced: readonly (Announcement & { readonly id: number; readonly at: number })[];
  readonly waiting: readonly { readonly id: number; readonly ticket: number }[];
}

/** What a dial gets, if one gets something. */
export interface Delivery {
  readonly ticket: number;
  readonly announcement: Announcement;
}

export interface BrokerStep {
  readonly state: BrokerState;
  readonly delivery: Delivery | null;
}

/** How long an announcement is kept for a dial, in go-plugin too. */
export const announcementLifeMs = 5000;

export const quietBroker: BrokerState = { announced: [], waiting: [] };

/** The other side serves an id. One announcement serves one dial; a second one for an id that has one is dropped. */
export function announce(state: BrokerState, id: number, where: Announcement, now: number): BrokerStep {
  const { waiting } = state;
  const announced = fresh(state, now);
  const next = waiting.find((dial) => dial.id === id);
  if (next !== undefined) {
    const state = { announced, waiting: waiting.filter((dial) => dial !== next) };
    return { state, delivery: { ticket: next.ticket, announcement: where } };
  }
  if (announced.some((kept) => kept.id === id)) return { state: { announced, waiting }, delivery: null };
  return { state: { announced: [...announced, { ...where, id, at: now }], waiting }, delivery: null };
}

/** A dial asks for an id: it gets what was announced, or waits for it behind earlier dials of the same id. */
export function ask(state: BrokerState, id: number, ticket: number, now: number): BrokerStep {
  const { waiting } = state;
  const announced = fresh(state, now);
  const kept = announced.find((announcement) => announcement.id === id);
  if (kept === undefined)
    return { state: { announced, waiting: [...waiting, { id, ticket }] }, delivery: null };
  const { network, address } = kept;
  return {
    state: { announced: announced.filter((announcement) => announcement !== kept), waiting },
    delivery: { ticket, announcement: { network, address } },
  };
}

/** A dial has waited long enough. */
export function abandon(state: BrokerState, ticket: number): BrokerState {
  return { ...state, waiting: state.waiting.filter((dial) => dial.ticket !== ticket) };
}

function fresh({ announced }: BrokerState, now: number): BrokerState['announced'] {
  return announced.filter(({ at }) => now - at < announcementLifeMs);
}
