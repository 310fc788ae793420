import type { Observable } from 'rxjs';
import type { PluginError } from '../../model/index.js';
import type { ChannelInput } from '../effects.js';

export interface AnnouncementInput extends ChannelInput {
  readonly id: number;
}

export interface BrokeredInput extends AnnouncementInput {
  readonly announcement: { readonly network: string; readonly address: string };
}

export type AnnouncementEvent =
  | { readonly type: 'broker.announced'; readonly announcement: BrokeredInput['announcement'] }
  | { readonly type: 'broker.refused'; readonly error: PluginError };

export type BrokeredEvent =
  /** Other dials come first; their time is not this one's. */
  | { readonly type: 'broker.queued' }
  /** Its turn has come. */
  | { readonly type: 'broker.dialling' }
  /** `brokered` is a gRPC channel, which only the effects and the embedder can use. */
  | { readonly type: 'broker.connected'; readonly brokered: object }
  | { readonly type: 'broker.refused'; readonly error: PluginError };

/** What one dial through a plugin's broker asks of the world. */
export interface BrokerDialEffects {
  /** Waits until the plugin has said where it serves an id. */
  announcement(input: AnnouncementInput): Observable<AnnouncementEvent>;
  /** Connects to where it said. */
  brokered(input: BrokeredInput): Observable<BrokeredEvent>;
}
