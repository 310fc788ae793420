import { assign, enqueueActions, sendParent, setup, type ActorLogic, type Snapshot } from 'xstate';
import {
  nextStarts,
  emptyHistory,
  nextStops,
  resumeClock,
  pauseClock,
  staysRunning,
  type AfterGroupStop,
} from '../../policy/index.js';
import { maxTimerMs, mailboxDrainedMs } from '../delays.js';
import {
  killProcessOf,
  replacementInput,
  supervisorId,
  type PluginRef,
  type ActorRegistry,
} from '../actor-registry.js';
import type { PluginEffects } from '../effects.js';
import type { PluginMachine } from '../plugin/machine.js';
import { createShardMachine } from './shard.js';
import { reconcile, shardId } from './children.js';
import {
  affectedChildren,
  findChild,
  exitedChildId,
  planForAll,
  withEmptyHistories,
  idsOf,
  retryPlan,
  siblingsIn,
  withChild,
} from './context.js';
import {
  decideChildExit,
  decideChildExitDuringGroupStop,
  decideChildExitDuringShutdown,
  type DecideChildExit,
} from './decide-child-exit.js';
import {
  stopOrSuspendChild,
  isChildExit,
  resumeChild,
  report,
  sendToPlugin,
  sendToSupervisor,
  type Enqueue,
  type EnqueueToParent,
} from './commands.js';
import { actorIdOf, reportSpawned, clearSubtree, refillShard } from './respawn.js';
import { childSummariesIn } from './child-summary.js';
import type {
  GroupRestartPlan,
  GroupRestartEvent,
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
  SupervisorReportEvent,
} from './types.js';

/** A supervisor as a child of one: the chart that these words are for runs itself. */
export type SupervisorLogic = ActorLogic<Snapshot<unknown>, SupervisorEvent, SupervisorInput>;

/** Stands in until the chart is there. */
const lateBoundSupervisor = {} as SupervisorLogic;

/** What supervisors ask of the world. */
export interface SupervisorDependencies {
  /** In [0, 1). */
  random(): number;
}

/** The words that a supervisor's chart is told in. */
export function setupSupervisor(
  effects: PluginEffects,
  dependencies: SupervisorDependencies,
  plugin: PluginMachine,
) {
  const now = () => effects.now();
  return setup({
    types: {} as { context: SupervisorContext; events: SupervisorEvent; input: SupervisorInput },
    actors: { plugin, shard: createShardMachine(effects, plugin), supervisor: lateBoundSupervisor },
    delays: {
      restartDelay: ({ context }) => context.backoffMs,
      halfOpenInterval: ({ context }) => context.spec.halfOpenAfterMs ?? maxTimerMs,
      mailboxDrained: mailboxDrainedMs,
    },
    guards: {
      isNext: ({ context }, params: { next: AfterGroupStop }) => context.next === params.next,
      isActivationRequested: ({ event }) => event.type === 'group.stopped' && event.activationRequested,
      isAffected: ({ context, event }) => 'plugin' in event && context.affected.includes(event.plugin),
      failedWithParent: ({ context }) => context.failedWithParent,
      isHalfOpenEnabled: ({ context }) => context.spec.halfOpenAfterMs !== null && !context.failedWithParent,
    },
    actions: {
      /** Takes up new children, lets go of those that are gone, and puts the others in order. */
      updateChildren: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.children') return;
        const { children, spawned, removed, shards } = reconcile(context.children, event.children);
        for (const child of removed) {
          if (child.shard === 0) enqueue.stopChild(child.id);
          else enqueue.sendTo(shardId(child.shard), { type: 'shard.remove', id: child.id });
        }
        for (const shelf of shards) enqueue.spawnChild('shard', { id: shardId(shelf) });
        for (const { id, shard, input } of spawned) {
          if (shard === 0) enqueue.spawnChild('plugin', { id, systemId: id, input });
          else enqueue.sendTo(shardId(shard), { type: 'shard.spawn', id, input });
          enqueue.sendParent({ type: 'plugin.spawned', plugin: id });
        }
        for (const spec of event.children) {
          if (spec.kind === 'plugin') continue;
          const id = supervisorId(spec.id);
          if (findChild(context, spec.id) === undefined) {
            const { startConcurrency } = context;
            enqueue.spawnChild('supervisor', {
              id,
              systemId: id,
              input: { spec: spec.spec, startConcurrency },
            });
          }
          enqueue.sendTo(id, { type: 'supervisor.children', children: spec.children });
        }
        const left = new Set(idsOf(children));
        enqueue.assign({
          children,
          affected: context.affected.filter((id) => left.has(id)),
          toStop: context.toStop.filter((id) => left.has(id)),
        });
      }),

      reportPluginChange: enqueueActions(({ event, enqueue }) => {
        if ('plugin' in event) enqueue.sendParent({ type: 'plugin.changed', plugin: event.plugin });
      }),
      forward: sendParent(({ event }) => event),

      /** A member whose siblings are down together starts with them. */
      activateMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.activate' && event.type !== 'member.enqueue') return;
        const { plugin, fresh, resumes } = event;
        if (fresh)
          enqueue.assign({ children: withChild(context.children, plugin, { history: emptyHistory }) });
        const child = affectedChildren(context).find(({ id }) => id === plugin);
        const at = child === undefined ? null : childSummariesIn(system)(child);
        const joins = at !== null && !staysRunning(at);
        const { because } = joins || event.type === 'member.activate' ? context : event;
        if (joins || event.type === 'member.enqueue')
          sendToPlugin(enqueue, system, plugin, { type: 'plugin.enqueue', because, resumes });
        else sendToPlugin(enqueue, system, plugin, { type: 'plugin.activate', resumes });
        // Nobody who asks for it wants to wait for the pause.
        if (at !== null) enqueue.assign({ backoffMs: 0 });
        if (!joins) return;
        sendToPlugin(enqueue, system, plugin, { type: 'plugin.suspend', because });
        enqueue.assign({ toStop: context.toStop.filter((id) => id !== plugin) });
      }),
      reattachMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.reattach') return;
        const { plugin, config, resumes } = event;
        if (!resumes)
          enqueue.assign({ children: withChild(context.children, plugin, { history: emptyHistory }) });
        sendToPlugin(enqueue, system, plugin, { type: 'plugin.reattach', config, resumes });
      }),
      setMemberPolicy: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.setPolicy') return;
        const { plugin, policy } = event;
        enqueue.assign({ children: withChild(context.children, plugin, { policy }) });
        sendToPlugin(enqueue, system, plugin, { type: 'plugin.setPolicy', policy });
      }),

      decideChildExit: enqueueActions(applyDecision(decideChildExit)),
      decideChildExitDuringGroupStop: enqueueActions(applyDecision(decideChildExitDuringGroupStop)),
      decideChildExitDuringShutdown: enqueueActions(applyDecision(decideChildExitDuringShutdown)),

      planSuspend: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.suspend') return;
        raiseGroupStop(enqueue, planForAll(context, { next: 'suspend', because: event.because }));
      }),
      planDeactivate: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.deactivate') return;
        raiseGroupStop(enqueue, planForAll(context, { next: 'deactivate', because: event.because }));
      }),
      planRetry: enqueueActions(({ context, event, enqueue, system }) => {
        const plan = retryPlan(context, 'restart', activatedBy(event), childSummariesIn(system));
        if (plan === null) return;
        enqueue.assign({ children: withEmptyHistories(context.children), restarts: [] });
        raiseGroupStop(enqueue, plan);
      }),
      /** What was given up together is tried again together. */
      requestParentRetry: enqueueActions(({ context, event, enqueue, system }) => {
        const plan = retryPlan(context, 'suspend', activatedBy(event), childSummariesIn(system));
        if (plan === null) return;
        enqueue.sendParent({ type: 'supervisor.retryRequested', supervisor: context.spec.name });
        raiseGroupStop(enqueue, plan);
      }),
      /** A supervisor that is started again knows nothing of what was before. */
      planAnew: assign(({ context }) => ({
        affected: idsOf(context.children),
        restarts: [],
        children: withEmptyHistories(context.children),
      })),
      /** Also those that came since it was given up. */
      affectAll: assign({
        affected: ({ context }) => idsOf(context.children),
        because: 'supervisor.retried',
      }),
      adoptPlan: assign(({ event }) => (event.type === 'group.stop' ? event.plan : {})),
      noteBackoff: assign(({ event }) =>
        event.type === 'supervisor.restart' ? { backoffMs: event.delayMs } : {},
      ),
      noteFailedWith: assign(({ event }) =>
        event.type === 'supervisor.giveUp' ? { failedWithParent: event.withParent } : {},
      ),

      stopNext: enqueueActions(({ context, enqueue, system }) => {
        const siblings = siblingsIn(context, childSummariesIn(system));
        const { stop, suspend, toStop, isDone } = nextStops(siblings, context.toStop);
        enqueue.assign({ toStop });
        for (const child of stop) stopOrSuspendChild(enqueue, system, context, child);
        for (const { id } of suspend)
          sendToPlugin(enqueue, system, id, { type: 'plugin.suspend', because: context.because });
        if (isDone)
          enqueue.raise({
            type: 'group.stopped',
            activationRequested: siblings.some(({ summary }) => summary.isSuspended),
          });
      }),
      startNext: enqueueActions(({ context, enqueue, system }) => {
        const siblings = siblingsIn(context, childSummariesIn(system));
        const step = nextStarts(siblings, context.startConcurrency);
        for (const child of step.resume) resumeChild(enqueue, system, child);
        if (step.isDone) enqueue.raise({ type: 'group.started' });
      }),
      giveUpSuspended: enqueueActions(({ context, enqueue, system }) => {
        const standing = childSummariesIn(system);
        for (const child of context.children) {
          if (!standing(child).isSuspended) continue;
          if (child.kind === 'plugin')
            sendToPlugin(enqueue, system, child.id, {
              type: 'plugin.giveUp',
              reason: 'FailedToStayRunning',
              withGroup: true,
            });
          else sendToSupervisor(enqueue, system, child.id, { type: 'supervisor.giveUp', withParent: true });
        }
      }),
      stopSupervisors: enqueueActions(({ context, enqueue, system }) => {
        for (const { id, kind } of context.children)
          if (kind === 'supervisor') sendToSupervisor(enqueue, system, id, { type: 'supervisor.stop' });
      }),

      pauseClock: assign(({ context }) => ({ clock: pauseClock(context.clock, now()) })),
      resumeClock: assign(({ context }) => ({ clock: resumeClock(context.clock, now()) })),
      clearPlan: assign({ affected: [], toStop: [], backoffMs: 0 }),

      reportChange: sendParent(({ context }): SupervisorReportEvent => ({
        type: 'supervisor.changed',
        supervisor: context.spec.name,
      })),
      reportGaveUp: sendParent(({ context }): SupervisorReportEvent => ({
        type: 'supervisor.gaveUp',
        supervisor: context.spec.name,
      })),
      reportEnded: sendParent(({ context }): SupervisorReportEvent => ({
        type: 'supervisor.ended',
        supervisor: context.spec.name,
      })),

      replaceBroken: enqueueActions(({ context, event, enqueue, self, system }) => {
        if (!('actorId' in event)) return;
        const { actorId: id } = event;
        const broken = (self.getSnapshot().children as Record<string, PluginRef>)[id];
        const child = context.children.find((one) => actorIdOf(one) === id);
        if (broken === undefined || child === undefined) return;
        enqueue.stopChild(broken);
        if (child.kind === 'supervisor') {
          const affected = clearSubtree(enqueue, system, self, child, broken);
          report(enqueue, context, {
            type: 'supervisor.gaveUp',
            context: 'childBroke',
            reason: `The supervisor of the group ${child.id} broke: its plugins were ended, and rest.`,
            offender: child.id,
            affected,
          });
        } else if (child.shard > 0) {
          enqueue.spawnChild('shard', { id });
          refillShard(enqueue, system, context.children, id);
        } else {
          const before = broken.getSnapshot().context;
          enqueue(() => {
            killProcessOf(before, effects);
          });
          enqueue.spawnChild('plugin', { id, systemId: id, input: replacementInput(before) });
          reportSpawned(enqueue, id);
        }
      }),
      respawn: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'subtree.cleared') return;
        const { spec, children, id } = event.subtree;
        const actor = supervisorId(id);
        const { startConcurrency } = context;
        enqueue.spawnChild('supervisor', { id: actor, systemId: actor, input: { spec, startConcurrency } });
        enqueue.sendTo(actor, { type: 'supervisor.children', children });
        enqueue.raise({ type: 'supervisor.changed', supervisor: id });
      }),
      reportReplaced: enqueueActions(({ event, enqueue }) => {
        if (event.type !== 'plugin.actorError') return;
        reportSpawned(enqueue, event.plugin);
      }),
    },
  });

  /** An action that does what a decision says. */
  function applyDecision(decide: DecideChildExit) {
    return ({ context, event, enqueue, system }: ChildExitScope): void => {
      if (!isChildExit(event)) return;
      const moment = { random: dependencies.random(), now: now(), summaryOf: childSummariesIn(system) };
      const decision = decide(context, event, moment);
      const id = exitedChildId(event);
      enqueue.assign(decision.change);
      if (decision.plugin !== undefined) sendToPlugin(enqueue, system, id, decision.plugin);
      if (decision.supervisor !== undefined) sendToSupervisor(enqueue, system, id, decision.supervisor);
      if (decision.plan !== undefined) raiseGroupStop(enqueue, decision.plan);
      if (decision.report !== undefined) report(enqueue, context, decision.report);
    };
  }
}

interface EnqueueGroupRestart {
  raise(step: GroupRestartEvent): void;
}

function raiseGroupStop(enqueue: EnqueueGroupRestart, plan: GroupRestartPlan): void {
  enqueue.raise({ type: 'group.stop', plan });
}

function activatedBy(event: SupervisorEvent): string | null {
  return 'plugin' in event ? event.plugin : null;
}

interface ChildExitScope {
  readonly context: SupervisorContext;
  readonly event: SupervisorEvent;
  readonly enqueue: Enqueue &
    EnqueueToParent &
    EnqueueGroupRestart & { assign(change: Partial<SupervisorContext>): void };
  readonly system: ActorRegistry;
}
