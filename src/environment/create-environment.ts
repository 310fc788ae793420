import { Subject } from 'rxjs';
import { createActor } from 'xstate';
import { createEnvironmentMachine, indexDelays, supervisorRef, supervisorStatus } from '../machines/index.js';
import { rootGroup, type EnvironmentEvent, type PluginLogEntry } from '../model/index.js';
import { createBroker } from './broker.js';
import { createCalls, stopped } from './calls.js';
import type { Environment } from './environment.js';
import { explainStatus, untold } from './explain.js';
import { logEvent } from './log-events.js';
import { resolveOptions, type EnvironmentOptions, type ResolvedOptions } from './options.js';
import { createPluginHandle } from './plugin-handle.js';
import { realSite } from './real-site.js';
import { reattachConfigOf } from './reattach.js';
import { createRoster } from './roster.js';
import { operatorsPolicy } from './set-policy.js';
import type { Site, World, WorldTies } from './world.js';

/**
 * Reads the bundles and makes an environment that looks after them. Nothing is started yet.
 *
 * @throws PluginError CONFIG_INVALID when the options or the plugin directory are not usable. Broken bundles are
 * no reason to throw: they are listed with theirs.
 */
export async function createEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  return createEnvironmentAt(realSite(resolved), resolved);
}

/** As {@link createEnvironment}, wherever its plugins are to live. */
export async function createEnvironmentAt(site: Site, options: ResolvedOptions): Promise<Environment> {
  const scanned = await site.scan();
  const environment = assemble(options, site.scan, await site.open(scanned));
  environment.take(scanned);
  if (options.sweep) await environment.sweep();
  await environment.begin();
  return environment.api;
}

function assemble(options: ResolvedOptions, scan: Site['scan'], open: (ties: WorldTies) => World) {
  const events = new Subject<EnvironmentEvent>();
  const emit = (event: EnvironmentEvent): void => {
    events.next(event);
  };
  const log = (entry: PluginLogEntry): void => {
    emit({ type: 'plugin.log', at: now(), plugin: entry.plugin, entry });
  };
  const world = open({ emit, log, plugins: () => roster.watches().map(({ ref }) => ref) });
  const { effects, clock, atDeadline, intent } = world;
  const now = () => effects.now();
  const { specs, startConcurrency, inspect, logger } = options;
  const machine = createEnvironmentMachine(effects, { random: world.random });
  const actor = createActor(machine, {
    inspect,
    input: { specs, startConcurrency },
    clock,
  });
  indexDelays(actor);
  const roster = createRoster({ actor, options, emit, now, atDeadline, recall: intent.recall });
  let shutdown: Promise<void> | null = null;

  if (logger !== undefined)
    events.subscribe((event) => {
      logEvent(logger, event);
    });
  actor.on('supervisor.reported', ({ report, escalatesTo }) => {
    emit({ ...report, at: now(), escalatesTo });
  });
  actor.subscribe({
    // Without an observer a defect of the tree would be thrown at the embedder's process. Nobody looks after the
    // plugins any more then, so none may be left.
    error: (error) => {
      logger?.error({ error }, 'the plugin environment broke; its plugins are ended');
      world.killAll();
      void api.shutdown();
    },
  });
  actor.start();
  let root = supervisorRef(actor.system, rootGroup) ?? actor;

  function assertRunning(): void {
    if (shutdown !== null) throw stopped();
  }

  async function rescan(): Promise<void> {
    assertRunning();
    const scanned = await scan();
    assertRunning();
    roster.take(scanned);
  }

  async function stop(): Promise<void> {
    emit({ type: 'environment.state', at: now(), state: 'stopping' });
    const isOver = new Promise<void>((resolve) => {
      // A tree that broke has killed its plugins already.
      actor.subscribe({
        complete: resolve,
        error: () => {
          resolve();
        },
      });
    });
    intent.freeze();
    actor.send({ type: 'environment.stop' });
    await isOver;
    await intent.close();
    for (const watch of roster.watches()) watch.close();
    await world.close();
    emit({ type: 'environment.state', at: now(), state: 'stopped' });
    events.complete();
  }

  const calls = createCalls({ actor, roster, options, rescan, isStopped: () => shutdown !== null });
  const api: Environment = {
    ...intent.over({ actor, calls, roster, emit, now }),
    actor,
    events: events.asObservable(),
    available: roster.available,
    active: () => roster.runnable().filter((id) => api.isActive(id)),
    isActive: (id) => roster.isRunnable(id) && roster.status(id).state === 'healthy',
    reattachConfig: (id) => reattachConfigOf(roster.watch(id).ref.getSnapshot()),
    statuses: roster.statuses,
    status: roster.status,
    tree() {
      root = supervisorRef(actor.system, rootGroup) ?? root;
      return supervisorStatus(root, now());
    },
    explain(id) {
      const status = roster.status(id);
      const story = status.state === 'invalid' ? untold : roster.watch(id).story();
      return explainStatus(status, story, now());
    },
    setPolicy(id, supervision) {
      assertRunning();
      const { bundle } = roster.watch(id).ref.getSnapshot().context;
      const policy = operatorsPolicy(options.policy, bundle, supervision);
      actor.send({ type: 'environment.setPolicy', plugin: id, policy });
      intent.notePolicy(id, supervision);
      return policy;
    },
    manifest: roster.manifest,
    plugin(id) {
      const { channel, ref } = roster.watch(id);
      const broker = createBroker(effects, () => ref.getSnapshot());
      return createPluginHandle(id, channel, () => roster.status(id), options.versions, broker);
    },
    async rescan() {
      await rescan();
      return roster.available();
    },
    // Not within this call: whoever hears of the first stop may ask for it again.
    shutdown: () => (shutdown ??= Promise.resolve().then(stop)),
  };
  return { api, take: roster.take, sweep: world.sweep, begin: intent.begin };
}
