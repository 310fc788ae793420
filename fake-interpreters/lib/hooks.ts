import { status } from '@grpc/grpc-js';
import type { sendUnaryData } from '@grpc/grpc-js';
import { empty, text, texts } from './messages.js';
import type { Handlers } from './method.js';
import { unary } from './method.js';

const hookNames = ['OnActivate', 'OnDeactivate', 'OnConfigurationChange'] as const;

export type HookName = (typeof hookNames)[number];

export const hooksService = {
  Implemented: unary('/espalier.v1.PluginHooks/Implemented', empty, texts),
  OnActivate: unary('/espalier.v1.PluginHooks/OnActivate', empty, empty),
  OnDeactivate: unary('/espalier.v1.PluginHooks/OnDeactivate', empty, empty),
  OnConfigurationChange: unary('/espalier.v1.PluginHooks/OnConfigurationChange', text, empty),
};

/** A call of a hook, with its configuration. */
export interface HookCall {
  readonly hook: HookName;
  readonly json?: string;
}

/** What a hook does instead of returning. */
export type HookFaults = Readonly<Partial<Record<HookName, 'hangs' | 'fails'>>>;

/** Implements all hooks and records each call, before its fault if any. */
export function createHooks(faults: HookFaults) {
  const calls: HookCall[] = [];

  function take(call: HookCall, answer: sendUnaryData<object>) {
    calls.push(call);
    const fault = faults[call.hook];
    if (fault === 'fails') answer({ code: status.INTERNAL, details: `${call.hook} does not feel like it` });
    else if (fault !== 'hangs') answer(null, {});
  }

  const handlers: Handlers<typeof hooksService> = {
    Implemented: (_call, answer) => {
      answer(null, hookNames);
    },
    OnActivate: (_call, answer) => {
      take({ hook: 'OnActivate' }, answer);
    },
    OnDeactivate: (_call, answer) => {
      take({ hook: 'OnDeactivate' }, answer);
    },
    OnConfigurationChange: ({ request }, answer) => {
      take({ hook: 'OnConfigurationChange', json: request }, answer);
    },
  };

  return { handlers, calls };
}
