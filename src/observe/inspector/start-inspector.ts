import type { InspectionListener } from '../../model/index.js';

/** The options of `startInspector`. */
export interface InspectorOptions {
  /** The TCP port, 0 to 65535. Default 0: any free port. */
  readonly port?: number | undefined;
}

/** A running inspector. */
export interface Inspector {
  /** The URL of the page. With `ws:` it is a WebSocket of Stately's inspection protocol. */
  readonly url: string;
  /** For the `inspect` option of `createActor` or `createEnvironment`; one inspector can serve several. */
  readonly inspect: InspectionListener;
  /** Disconnects all clients and closes the port. */
  close(): Promise<void>;
}

/**
 * Starts an inspector: a page on 127.0.0.1 that shows the inspected actors live. Nothing is serialized while no client
 * is connected, and the inspector does not keep the process alive.
 *
 * The values of environment variables and of keys that name a secret are redacted. Everything else can be read by any
 * user of this machine.
 *
 * @throws PluginError CONFIG_INVALID when the port cannot be used.
 */
export async function startInspector(options: InspectorOptions = {}): Promise<Inspector> {
  // Loaded with its page and its WebSocket server only where it is used.
  const { createInspector } = await import('./inspector.js');
  return createInspector(options);
}
