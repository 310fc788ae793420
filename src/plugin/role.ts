import { isMainThread } from 'node:worker_threads';
import { protocolVariables } from '../go-plugin/index.js';

/** What a process that calls `serve` is. Only a `plugin` serves. */
export type Role = 'plugin' | 'again' | 'child' | 'stranger';

/** What a process knows about itself. */
export interface ProcessFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly isMainThread: boolean;
  /** A channel to a parent that is Node too: a child of `fork`, or a worker of `cluster`. */
  readonly hasParentChannel: boolean;
}

/** The environment variable by which a host identifies itself, and its value. */
export interface Cookie {
  readonly cookieKey: string;
  readonly cookieValue: string;
}

/** Holds the process id of the plugin, so that what it starts knows that it is not the plugin itself. */
export const servingVariable = 'ESPALIER_SERVING_PID';

/** Decides by the cookie, which a host gives to its plugin, and which the plugin does not hand on. */
export function roleOf(facts: ProcessFacts, { cookieKey, cookieValue }: Cookie): Role {
  const { env, pid } = facts;
  if (!facts.isMainThread || facts.hasParentChannel) return 'child';
  if (env[servingVariable] === String(pid)) return 'again';
  if (env[cookieKey] === cookieValue) return 'plugin';
  return env[servingVariable] === undefined ? 'stranger' : 'child';
}

/** The host's variables, as they were when the plugin took them. */
export type HostVariables = Readonly<Partial<Record<(typeof protocolVariables)[number], string>>>;

/**
 * Takes the role of this process, and the host's variables with it: what a plugin starts must not find them, or it would
 * speak to the host in the plugin's place.
 */
export function takeRole(cookie: Cookie): { readonly role: Role; readonly variables: HostVariables } {
  const { env, pid } = process;
  const hasParentChannel = process.send !== undefined;
  const role = roleOf({ env, pid, isMainThread, hasParentChannel }, cookie);
  const variables = Object.fromEntries(protocolVariables.map((name) => [name, env[name]]));
  if (role === 'plugin') {
    for (const name of [cookie.cookieKey, ...protocolVariables]) Reflect.deleteProperty(env, name);
    env[servingVariable] = String(pid);
  }
  return { role, variables };
}
