import { assign, enqueueActions, sendParent, setup, type ActorLogic, type Snapshot } from 'xstate';
import { ascent, cleanSlate, descent, moveOn, standStill, staysUp, type Aim } from '../policy/index.js';
import { never, settled } from './delays.js';
import { endProcessOf, successorOf, supervisorId, type PluginRef, type Registry } from './hosting.js';
import type { PluginEffects } from './plugin.effects.js';
import type { PluginMachine } from './plugin.js';
import { createShelfMachine } from './shelf.js';
import { reconciled, shelfId } from './supervisor.children.js';
import {
  affectedChildren,
  childOf,
  endedChild,
  everybody,
  forgiven,
  idsOf,
  retry,
  siblingsIn,
  withChild,
} from './supervisor.context.js';
import { judge, judgeAmongOthers, judgeWhileStopping, type Judge } from './supervisor.judge.js';
import {
  close,
  isEnd,
  release,
  report,
  tellPlugin,
  tellSupervisor,
  type Enqueue,
  type EnqueueUp,
} from './supervisor.orders.js';
import { actorOf, announceAnew, clearBranch, refillShelf } from './supervisor.repair.js';
import { standingsIn } from './supervisor.standing.js';
import type {
  Gathering,
  GroupStep,
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
  SupervisorNews,
} from './supervisor.types.js';

/** A supervisor as a child of one: the chart that these words are for runs itself. */
export type SupervisorLogic = ActorLogic<Snapshot<unknown>, SupervisorEvent, SupervisorInput>;

/** Stands in until the chart is there. */
const unborn = {} as SupervisorLogic;

/** What supervisors ask of the world. */
export interface SupervisorPorts {
  /** In [0, 1). */
  random(): number;
}

/** The words that a supervisor's chart is told in. */
export function supervisorWords(effects: PluginEffects, ports: SupervisorPorts, plugin: PluginMachine) {
  const now = () => effects.now();
  return setup({
    types: {} as { context: SupervisorContext; events: SupervisorEvent; input: SupervisorInput },
    actors: { plugin, shelf: createShelfMachine(effects, plugin), supervisor: unborn },
    delays: {
      pause: ({ context }) => context.pauseMs,
      halfOpenInterval: ({ context }) => context.spec.halfOpenAfterMs ?? never,
      settled,
    },
    guards: {
      isAimedAt: ({ context }, params: { aim: Aim }) => context.aim === params.aim,
      isAsked: ({ event }) => event.type === 'group.gathered' && event.asked,
      isAffected: ({ context, event }) => 'plugin' in event && context.affected.includes(event.plugin),
      failedWithParent: ({ context }) => context.failedWithParent,
      triesAgain: ({ context }) => context.spec.halfOpenAfterMs !== null && !context.failedWithParent,
    },
    actions: {
      /** Takes up new children, lets go of those that are gone, and puts the others in order. */
      grow: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.children') return;
        const { children, placed, removed, shelves } = reconciled(context.children, event.children);
        for (const child of removed) {
          if (child.shelf === 0) enqueue.stopChild(child.id);
          else enqueue.sendTo(shelfId(child.shelf), { type: 'shelf.clear', id: child.id });
        }
        for (const shelf of shelves) enqueue.spawnChild('shelf', { id: shelfId(shelf) });
        for (const { id, shelf, input } of placed) {
          if (shelf === 0) enqueue.spawnChild('plugin', { id, systemId: id, input });
          else enqueue.sendTo(shelfId(shelf), { type: 'shelf.place', id, input });
          enqueue.sendParent({ type: 'plugin.placed', plugin: id });
        }
        for (const spec of event.children) {
          if (spec.kind === 'plugin') continue;
          const id = supervisorId(spec.id);
          if (childOf(context, spec.id) === undefined) {
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
          pending: context.pending.filter((id) => left.has(id)),
        });
      }),

      tellMoved: enqueueActions(({ event, enqueue }) => {
        if ('plugin' in event) enqueue.sendParent({ type: 'plugin.moved', plugin: event.plugin });
      }),
      passOn: sendParent(({ event }) => event),

      /** A member whose siblings are down together starts with them. */
      activateMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.activate' && event.type !== 'member.queue') return;
        const { plugin, fresh, resumes } = event;
        if (fresh) enqueue.assign({ children: withChild(context.children, plugin, { memory: cleanSlate }) });
        const child = affectedChildren(context).find(({ id }) => id === plugin);
        const at = child === undefined ? null : standingsIn(system)(child);
        const joins = at !== null && !staysUp(at);
        const { because } = joins || event.type === 'member.activate' ? context : event;
        if (joins || event.type === 'member.queue')
          tellPlugin(enqueue, system, plugin, { type: 'plugin.queue', because, resumes });
        else tellPlugin(enqueue, system, plugin, { type: 'plugin.activate', resumes });
        // Nobody who asks for it wants to wait for the pause.
        if (at !== null) enqueue.assign({ pauseMs: 0 });
        if (!joins) return;
        tellPlugin(enqueue, system, plugin, { type: 'plugin.hold', because });
        enqueue.assign({ pending: context.pending.filter((id) => id !== plugin) });
      }),
      reattachMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.reattach') return;
        const { plugin, config, resumes } = event;
        if (!resumes)
          enqueue.assign({ children: withChild(context.children, plugin, { memory: cleanSlate }) });
        tellPlugin(enqueue, system, plugin, { type: 'plugin.reattach', config, resumes });
      }),
      setMemberPolicy: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.setPolicy') return;
        const { plugin, policy } = event;
        enqueue.assign({ children: withChild(context.children, plugin, { policy }) });
        tellPlugin(enqueue, system, plugin, { type: 'plugin.setPolicy', policy });
      }),

      judge: enqueueActions(carryOut(judge)),
      judgeAmongOthers: enqueueActions(carryOut(judgeAmongOthers)),
      judgeWhileStopping: enqueueActions(carryOut(judgeWhileStopping)),

      planHold: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.hold') return;
        gather(enqueue, everybody(context, { aim: 'hold', because: event.because }));
      }),
      planClose: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.close') return;
        gather(enqueue, everybody(context, { aim: 'close', because: event.because }));
      }),
      planRetry: enqueueActions(({ context, event, enqueue, system }) => {
        const plan = retry(context, 'restart', activatedBy(event), standingsIn(system));
        if (plan === null) return;
        enqueue.assign({ children: forgiven(context.children), restarts: [] });
        gather(enqueue, plan);
      }),
      /** What was given up together is tried again together. */
      askParent: enqueueActions(({ context, event, enqueue, system }) => {
        const plan = retry(context, 'hold', activatedBy(event), standingsIn(system));
        if (plan === null) return;
        enqueue.sendParent({ type: 'supervisor.asked', supervisor: context.spec.name });
        gather(enqueue, plan);
      }),
      /** A supervisor that is started again knows nothing of what was before. */
      planAnew: assign(({ context }) => ({
        affected: idsOf(context.children),
        restarts: [],
        children: forgiven(context.children),
      })),
      /** Also those that came since it was given up. */
      affectAll: assign({
        affected: ({ context }) => idsOf(context.children),
        because: 'supervisor.retried',
      }),
      adoptPlan: assign(({ event }) => (event.type === 'group.gather' ? event.plan : {})),
      notePause: assign(({ event }) =>
        event.type === 'supervisor.restart' ? { pauseMs: event.delayMs } : {},
      ),
      noteFailedWith: assign(({ event }) =>
        event.type === 'supervisor.giveUp' ? { failedWithParent: event.withParent } : {},
      ),

      bringDown: enqueueActions(({ context, enqueue, system }) => {
        const siblings = siblingsIn(context, standingsIn(system));
        const { tell, hold, pending, isOver } = descent(siblings, context.pending);
        enqueue.assign({ pending });
        for (const child of tell) close(enqueue, system, context, child);
        for (const { id } of hold)
          tellPlugin(enqueue, system, id, { type: 'plugin.hold', because: context.because });
        if (isOver) enqueue.raise({ type: 'group.gathered', asked: siblings.some(({ at }) => at.isHeld) });
      }),
      bringUp: enqueueActions(({ context, enqueue, system }) => {
        const siblings = siblingsIn(context, standingsIn(system));
        const step = ascent(siblings, context.startConcurrency);
        for (const child of step.release) release(enqueue, system, child);
        if (step.isOver) enqueue.raise({ type: 'group.started' });
      }),
      giveUpHeld: enqueueActions(({ context, enqueue, system }) => {
        const standing = standingsIn(system);
        for (const child of context.children) {
          if (!standing(child).isHeld) continue;
          if (child.kind === 'plugin')
            tellPlugin(enqueue, system, child.id, {
              type: 'plugin.giveUp',
              reason: 'FailedToStayRunning',
              withGroup: true,
            });
          else tellSupervisor(enqueue, system, child.id, { type: 'supervisor.giveUp', withParent: true });
        }
      }),
      stopBranches: enqueueActions(({ context, enqueue, system }) => {
        for (const { id, kind } of context.children)
          if (kind === 'supervisor') tellSupervisor(enqueue, system, id, { type: 'supervisor.stop' });
      }),

      standStill: assign(({ context }) => ({ ownTime: standStill(context.ownTime, now()) })),
      moveOn: assign(({ context }) => ({ ownTime: moveOn(context.ownTime, now()) })),
      disperse: assign({ affected: [], pending: [], pauseMs: 0 }),

      reportMove: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.moved',
        supervisor: context.spec.name,
      })),
      reportGaveUp: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.gaveUp',
        supervisor: context.spec.name,
      })),
      reportEnded: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.ended',
        supervisor: context.spec.name,
      })),

      replaceBroken: enqueueActions(({ context, event, enqueue, self, system }) => {
        if (!('actorId' in event)) return;
        const { actorId: id } = event;
        const broken = (self.getSnapshot().children as Record<string, PluginRef>)[id];
        const child = context.children.find((one) => actorOf(one) === id);
        if (broken === undefined || child === undefined) return;
        enqueue.stopChild(broken);
        if (child.kind === 'supervisor') {
          const affected = clearBranch(enqueue, system, self, child, broken);
          report(enqueue, context, {
            type: 'supervisor.gaveUp',
            context: 'childBroke',
            reason: `The supervisor of the group ${child.id} broke: its plugins were ended, and rest.`,
            offender: child.id,
            affected,
          });
        } else if (child.shelf > 0) {
          enqueue.spawnChild('shelf', { id });
          refillShelf(enqueue, system, context.children, id);
        } else {
          const before = broken.getSnapshot().context;
          enqueue(() => {
            endProcessOf(before, effects);
          });
          enqueue.spawnChild('plugin', { id, systemId: id, input: successorOf(before) });
          announceAnew(enqueue, id);
        }
      }),
      regrow: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'branch.cleared') return;
        const { spec, children, id } = event.branch;
        const actor = supervisorId(id);
        const { startConcurrency } = context;
        enqueue.spawnChild('supervisor', { id: actor, systemId: actor, input: { spec, startConcurrency } });
        enqueue.sendTo(actor, { type: 'supervisor.children', children });
        enqueue.raise({ type: 'supervisor.moved', supervisor: id });
      }),
      noteReplaced: enqueueActions(({ event, enqueue }) => {
        if (event.type !== 'plugin.broke') return;
        announceAnew(enqueue, event.plugin);
      }),
    },
  });

  /** An action that does what a judgement says. */
  function carryOut(answer: Judge) {
    return ({ context, event, enqueue, system }: JudgementScope): void => {
      if (!isEnd(event)) return;
      const moment = { random: ports.random(), now: now(), standing: standingsIn(system) };
      const judgement = answer(context, event, moment);
      const id = endedChild(event);
      enqueue.assign(judgement.change);
      if (judgement.plugin !== undefined) tellPlugin(enqueue, system, id, judgement.plugin);
      if (judgement.supervisor !== undefined) tellSupervisor(enqueue, system, id, judgement.supervisor);
      if (judgement.plan !== undefined) gather(enqueue, judgement.plan);
      if (judgement.report !== undefined) report(enqueue, context, judgement.report);
    };
  }
}

interface EnqueueStep {
  raise(step: GroupStep): void;
}

function gather(enqueue: EnqueueStep, plan: Gathering): void {
  enqueue.raise({ type: 'group.gather', plan });
}

function activatedBy(event: SupervisorEvent): string | null {
  return 'plugin' in event ? event.plugin : null;
}

interface JudgementScope {
  readonly context: SupervisorContext;
  readonly event: SupervisorEvent;
  readonly enqueue: Enqueue & EnqueueUp & EnqueueStep & { assign(change: Partial<SupervisorContext>): void };
  readonly system: Registry;
}
