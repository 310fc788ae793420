/** Where the other side serves an id. */
export interface Announcement {
  readonly network: string;
  readonly address: string;
}

/** Announcements that nobody has used yet, and dials that nothing was announced for yet. */
export interface AnnouncementTable {
  readonly announced: readonly (Announcement & { readonly id: number; readonly at: number })[];
  readonly pendingDials: readonly { readonly id: number; readonly ticket: number }[];
}

/** What a dial gets, if one gets something. */
export interface Delivery {
  readonly ticket: number;
  readonly announcement: Announcement;
}

export interface AnnouncementStep {
  readonly state: AnnouncementTable;
  readonly delivery: Delivery | null;
}

/** How long an announcement is kept for a dial, in go-plugin too. */
export const announcementTtlMs = 5000;

export const noAnnouncements: AnnouncementTable = { announced: [], pendingDials: [] };

/** The other side serves an id. One announcement serves one dial; a second one for an id that has one is dropped. */
export function announce(
  state: AnnouncementTable,
  id: number,
  where: Announcement,
  now: number,
): AnnouncementStep {
  const { pendingDials } = state;
  const announced = unexpired(state, now);
  const next = pendingDials.find((dial) => dial.id === id);
  if (next !== undefined) {
    const state = { announced, pendingDials: pendingDials.filter((dial) => dial !== next) };
    return { state, delivery: { ticket: next.ticket, announcement: where } };
  }
  if (announced.some((kept) => kept.id === id)) return { state: { announced, pendingDials }, delivery: null };
  return { state: { announced: [...announced, { ...where, id, at: now }], pendingDials }, delivery: null };
}

/** A dial asks for an id: it gets what was announced, or waits for it behind earlier dials of the same id. */
export function requestDial(
  state: AnnouncementTable,
  id: number,
  ticket: number,
  now: number,
): AnnouncementStep {
  const { pendingDials } = state;
  const announced = unexpired(state, now);
  const kept = announced.find((announcement) => announcement.id === id);
  if (kept === undefined)
    return { state: { announced, pendingDials: [...pendingDials, { id, ticket }] }, delivery: null };
  const { network, address } = kept;
  return {
    state: { announced: announced.filter((announcement) => announcement !== kept), pendingDials },
    delivery: { ticket, announcement: { network, address } },
  };
}

/** A dial has waited long enough. */
export function cancelDial(state: AnnouncementTable, ticket: number): AnnouncementTable {
  return { ...state, pendingDials: state.pendingDials.filter((dial) => dial.ticket !== ticket) };
}

function unexpired({ announced }: AnnouncementTable, now: number): AnnouncementTable['announced'] {
  return announced.filter(({ at }) => now - at < announcementTtlMs);
}
