import type { FailedReason, PluginError } from '../../model/index.js';

export interface ReasonEvent {
  readonly event: { readonly because: string };
}

export interface ErrorEvent {
  readonly event: { readonly error: PluginError };
}

const because = ({ event }: ReasonEvent) => ({ because: event.because });
const error = ({ event }: ErrorEvent) => ({ error: event.error });

// What the chart does with the words of an event.
export const enqueue = { type: 'enqueue', params: because } as const;
export const wait = { type: 'wait', params: because } as const;
export const suspend = { type: 'suspend', params: because } as const;
export const noteError = { type: 'noteError', params: error } as const;
export const recordDefect = { type: 'recordDefect', params: error } as const;
export const endBecauseRejected = { type: 'endBecauseRejected', params: error } as const;
export const endBecauseUnhealthy = { type: 'endBecauseUnhealthy', params: error } as const;
export const giveUp = {
  type: 'noteFailure',
  params: ({ event }: { readonly event: { reason: FailedReason; withGroup?: boolean } }) => ({
    reason: event.reason,
    withGroup: event.withGroup,
  }),
} as const;
