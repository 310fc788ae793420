import type { ChildProcess } from 'node:child_process';
import type { EnvironmentEvent, PluginStatus } from '../../src/index.js';

/** The time limit of a command and of each condition of a scenario. */
export const commandTimeoutMs = 30_000;

/** The event of the state directory. */
export type StateDirectoryEvent = Extract<EnvironmentEvent, { readonly type: 'environment.stateDirectory' }>;

/** A message that a host sends by itself. */
export interface HostMessage {
  readonly status?: PluginStatus;
  readonly log?: string;
  readonly plugin?: string;
  readonly guardian?: number | null;
  readonly stateDirectory?: StateDirectoryEvent;
}

interface CommandReply extends HostMessage {
  /** The number of the command; 0 when the host is ready. */
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface PendingCommand {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Sends commands to a host process. */
export interface HostChannel {
  /** Resolves when the host has created its environment. */
  readonly ready: Promise<unknown>;
  /** Runs a command in the host. Rejects with the error that it throws, or when the host exits. */
  readonly command: (name: string, details?: object) => Promise<unknown>;
}

/** Sends commands to a host (`fault-host.mjs`) over IPC, and passes on its messages. */
export function openHostChannel(host: ChildProcess, onMessage: (message: HostMessage) => void): HostChannel {
  const pending = new Map<number, PendingCommand>();
  let lastNumber = 0;

  const replyTo = (number: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`The host has not answered within ${commandTimeoutMs} ms.`));
      }, commandTimeoutMs);
      const cleanUp = (): void => {
        clearTimeout(timer);
        pending.delete(number);
      };
      pending.set(number, {
        resolve: (value) => {
          cleanUp();
          resolve(value);
        },
        reject: (error) => {
          cleanUp();
          reject(error);
        },
      });
    });

  host.on('message', (message) => {
    const { number, value, error, ...event } = message as CommandReply;
    onMessage(event);
    const command = number === undefined ? undefined : pending.get(number);
    if (error === undefined) command?.resolve(value);
    else command?.reject(Object.assign(new Error(error.message), { code: error.code }));
  });
  host.once('exit', (code, signal) => {
    for (const command of [...pending.values()])
      command.reject(new Error(`The host has exited: ${signal ?? String(code)}.`));
  });

  return {
    ready: replyTo(0),
    command(name, details = {}) {
      if (!host.connected) return Promise.reject(new Error('The host has exited.'));
      lastNumber += 1;
      const reply = replyTo(lastNumber);
      host.send({ number: lastNumber, command: name, ...details });
      return reply;
    },
  };
}
