import type { FailedReason, PluginError } from '../model/index.js';

export interface Because {
  readonly event: { readonly because: string };
}

export interface Failed {
  readonly event: { readonly error: PluginError };
}

const because = ({ event }: Because) => ({ because: event.because });
const error = ({ event }: Failed) => ({ error: event.error });

// What the chart does with the words of an event.
export const queue = { type: 'queue', params: because } as const;
export const wait = { type: 'await', params: because } as const;
export const hold = { type: 'hold', params: because } as const;
export const noteError = { type: 'noteError', params: error } as const;
export const recordDefect = { type: 'recordDefect', params: error } as const;
export const endBecauseRefused = { type: 'endBecauseRefused', params: error } as const;
export const endBecauseUnhealthy = { type: 'endBecauseUnhealthy', params: error } as const;
export const giveUp = {
  type: 'noteFailure',
  params: ({ event }: { readonly event: { reason: FailedReason; withGroup?: boolean } }) => ({
    reason: event.reason,
    withGroup: event.withGroup,
  }),
} as const;
