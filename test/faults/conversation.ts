import type { ChildProcess } from 'node:child_process';
import type { EnvironmentEvent, PluginStatus } from '../../src/index.js';

/** Whatever has not happened by then does not happen. */
export const patienceMs = 30_000;

export type IntentEvent = Extract<EnvironmentEvent, { readonly type: 'environment.intent' }>;

/** What a host tells by itself. */
export interface Told {
  readonly status?: PluginStatus;
  readonly log?: string;
  readonly plugin?: string;
  readonly guardian?: number | null;
  readonly intent?: IntentEvent;
}

interface Answer extends Told {
  /** The order that is answered; 0 where the host says that it is there. */
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Waiter {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface Conversation {
  /** The host's environment is made. */
  readonly ready: Promise<unknown>;
  /** Has the host do something. Rejects with what it has thrown, or when it ends. */
  readonly order: (deed: string, details?: object) => Promise<unknown>;
}

/** Gives orders to a host (`fault-host.mjs`) over IPC, and hands on what it tells. */
export function converse(host: ChildProcess, hear: (told: Told) => void): Conversation {
  const waiting = new Map<number, Waiter>();
  let numbers = 0;

  const answered = (number: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`The host has not answered within ${patienceMs} ms.`));
      }, patienceMs);
      const settled = (): void => {
        clearTimeout(timer);
        waiting.delete(number);
      };
      waiting.set(number, {
        resolve: (value) => {
          settled();
          resolve(value);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
    });

  host.on('message', (message) => {
    const { number, value, error, ...told } = message as Answer;
    hear(told);
    const waiter = number === undefined ? undefined : waiting.get(number);
    if (error === undefined) waiter?.resolve(value);
    else waiter?.reject(Object.assign(new Error(error.message), { code: error.code }));
  });
  host.once('exit', (code, signal) => {
    for (const waiter of [...waiting.values()])
      waiter.reject(new Error(`The host has ended: ${signal ?? String(code)}.`));
  });

  return {
    ready: answered(0),
    order(deed, details = {}) {
      if (!host.connected) return Promise.reject(new Error('The host has ended.'));
      numbers += 1;
      const answer = answered(numbers);
      host.send({ number: numbers, deed, ...details });
      return answer;
    },
  };
}
