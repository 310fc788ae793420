import type { ChildProcess } from 'node:child_process';
import type { EnvironmentEvent, PluginStatus } from '../../src/index.js';

/** Whatever has not happened by then does not happen. */
export const commandTimeoutMs = 30_000;

export type IntentEvent = Extract<EnvironmentEvent, { readonly type: 'environment.stateDirectory' }>;

/** What a host tells by itself. */
export interface HostMessage {
  readonly status?: PluginStatus;
  readonly log?: string;
  readonly plugin?: string;
  readonly guardian?: number | null;
  readonly intent?: IntentEvent;
}

interface CommandReply extends HostMessage {
  /** The order that is answered; 0 where the host says that it is there. */
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface PendingCommand {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface HostChannel {
  /** The host's environment is made. */
  readonly ready: Promise<unknown>;
  /** Has the host do something. Rejects with what it has thrown, or when it ends. */
  readonly command: (deed: string, details?: object) => Promise<unknown>;
}

/** Gives orders to a host (`fault-host.mjs`) over IPC, and hands on what it tells. */
export function openHostChannel(host: ChildProcess, onMessage: (told: HostMessage) => void): HostChannel {
  const pending = new Map<number, PendingCommand>();
  let numbers = 0;

  const answered = (number: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`The host has not answered within ${commandTimeoutMs} ms.`));
      }, commandTimeoutMs);
      const forget = (): void => {
        clearTimeout(timer);
        pending.delete(number);
      };
      pending.set(number, {
        resolve: (value) => {
          forget();
          resolve(value);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      });
    });

  host.on('message', (message) => {
    const { number, value, error, ...told } = message as CommandReply;
    onMessage(told);
    const waiter = number === undefined ? undefined : pending.get(number);
    if (error === undefined) waiter?.resolve(value);
    else waiter?.reject(Object.assign(new Error(error.message), { code: error.code }));
  });
  host.once('exit', (code, signal) => {
    for (const waiter of [...pending.values()])
      waiter.reject(new Error(`The host has ended: ${signal ?? String(code)}.`));
  });

  return {
    ready: answered(0),
    command(deed, details = {}) {
      if (!host.connected) return Promise.reject(new Error('The host has ended.'));
      numbers += 1;
      const answer = answered(numbers);
      host.send({ number: numbers, deed, ...details });
      return answer;
    },
  };
}
