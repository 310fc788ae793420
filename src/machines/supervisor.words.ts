import { assign, enqueueActions, sendParent, setup, type ActorLogic, type Snapshot } from 'xstate';
import { cleanSlate, moveOn, standStill } from '../policy/index.js';
import {
  endProcessOf,
  pluginRef,
  successorOf,
  supervisorId,
  supervisorRef,
  type PluginRef,
  type Registry,
} from './hosting.js';
import type { PluginEffects } from './plugin.effects.js';
import type { PluginMachine } from './plugin.js';
import { createShelfMachine } from './shelf.js';
import { clearedBranch, isOnShelf, reconciled, shelfId } from './supervisor.children.js';
import {
  answerTo,
  childOf,
  endedChild,
  gathering,
  forgiven,
  idsOf,
  isAskedForAnew,
  isGathered,
  isStarted,
  marked,
  nextToClose,
  nextToStart,
  withChild,
} from './supervisor.context.js';
import {
  judgeAlone,
  judgeAmongOthers,
  judgeDone,
  judgeHopeless,
  judgeTogether,
  judgeWhileStopping,
  type Judge,
} from './supervisor.judge.js';
import {
  close,
  isEnd,
  report,
  subjectOf,
  tellPlugin,
  tellSupervisor,
  whereaboutsAfter,
  type Enqueue,
  type EnqueueUp,
} from './supervisor.orders.js';
import type {
  Aim,
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
  SupervisorNews,
} from './supervisor.types.js';

/** Stands for "never": the longest delay that a timer can hold. */
const never = 2 ** 31 - 1;

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
    },
    guards: {
      goesTogether: ({ context, event }) =>
        isEnd(event) && answerTo(context, event, now()).answer === 'together',
      givesUp: ({ context, event }) => isEnd(event) && answerTo(context, event, now()).answer === 'giveUp',
      shutsDown: ({ context, event }) =>
        isEnd(event) && answerTo(context, event, now()).answer === 'shutDown',
      canClose: ({ context }) => nextToClose(context).length > 0,
      isGatheredTo: ({ context }, params: { aim: Aim }) => context.aim === params.aim && isGathered(context),
      isAskedForAnew: ({ context }) => context.aim === 'shutDown' && isAskedForAnew(context),
      canStart: ({ context }) => nextToStart(context).length > 0,
      isStarted: ({ context }) => isStarted(context),
      isHopeless: ({ context, event }) => {
        if (!isEnd(event) || context.aim !== 'restart') return false;
        const answer = answerTo(context, event, now());
        return answer.answer === 'giveUp' && answer.why === 'childGaveUp';
      },
      isAffected: ({ context, event }) => 'plugin' in event && context.affected.includes(event.plugin),
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
        enqueue.assign({ children, affected: context.affected.filter((id) => left.has(id)) });
      }),

      note: assign(({ context, event }) => {
        const whereabouts = whereaboutsAfter(event);
        const id = subjectOf(event);
        if (whereabouts === null || id === null) return {};
        // Its turn is not ours to give, whatever it waits for beside.
        const isQueued = whereabouts === 'held' && childOf(context, id)?.whereabouts === 'queued';
        return isQueued ? {} : { children: withChild(context.children, id, { whereabouts }) };
      }),
      tellMoved: enqueueActions(({ event, enqueue }) => {
        if ('plugin' in event) enqueue.sendParent({ type: 'plugin.moved', plugin: event.plugin });
      }),
      passOn: sendParent(({ event }) => event),

      activateMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.activate') return;
        const isUp = childOf(context, event.plugin)?.whereabouts === 'up';
        const change = {
          whereabouts: isUp ? ('up' as const) : ('rising' as const),
          ...(event.fresh && { memory: cleanSlate }),
        };
        enqueue.assign({ children: withChild(context.children, event.plugin, change) });
        const { resumes = false } = event;
        tellPlugin(enqueue, system, event.plugin, { type: 'plugin.activate', resumes });
      }),
      /** It starts with its group, whose pause is over. */
      joinMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.activate') return;
        const at = childOf(context, event.plugin)?.whereabouts;
        const isOut = at === 'down' || at === 'queued' || at === 'failed';
        const change = {
          ...(isOut && { whereabouts: 'closing' as const }),
          ...(event.fresh && { memory: cleanSlate }),
        };
        enqueue.assign({ pauseMs: 0, children: withChild(context.children, event.plugin, change) });
        const { resumes = false } = event;
        const { because } = context;
        tellPlugin(enqueue, system, event.plugin, { type: 'plugin.queue', because, resumes });
      }),
      queueMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.queue') return;
        const { plugin, because, resumes = false } = event;
        // Its group must not take it for down before it is; it starts with the others then.
        const isClosing = childOf(context, plugin)?.whereabouts === 'closing';
        const change = {
          ...(!isClosing && { whereabouts: 'queued' as const }),
          ...(!resumes && { memory: cleanSlate }),
        };
        enqueue.assign({ children: withChild(context.children, plugin, change) });
        tellPlugin(enqueue, system, plugin, { type: 'plugin.queue', because, resumes });
      }),
      reattachMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.reattach') return;
        const { plugin, config, resumes = false } = event;
        // One that is up already does not heed it, and will not tell that it is ready again.
        const isUp = childOf(context, plugin)?.whereabouts === 'up';
        const change = {
          whereabouts: isUp ? ('up' as const) : ('rising' as const),
          ...(!resumes && { memory: cleanSlate }),
        };
        enqueue.assign({ children: withChild(context.children, plugin, change) });
        tellPlugin(enqueue, system, plugin, { type: 'plugin.reattach', config, resumes });
      }),
      giveUpMember: enqueueActions(({ event, enqueue, system }) => {
        if (event.type !== 'member.giveUp') return;
        const { plugin, reason, error } = event;
        tellPlugin(enqueue, system, plugin, { type: 'plugin.giveUp', reason, error });
      }),
      deactivateMember: enqueueActions(({ event, enqueue, system }) => {
        if (event.type !== 'member.deactivate') return;
        const { because } = event;
        tellPlugin(enqueue, system, event.plugin, {
          type: 'plugin.deactivate',
          ...(because !== undefined && { because }),
        });
      }),
      setMemberPolicy: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'member.setPolicy') return;
        const { plugin, policy } = event;
        enqueue.assign({ children: withChild(context.children, plugin, { policy }) });
        tellPlugin(enqueue, system, plugin, { type: 'plugin.setPolicy', policy });
      }),

      judgeAlone: enqueueActions(carryOut(judgeAlone)),
      judgeTogether: enqueueActions(carryOut(judgeTogether)),
      judgeHopeless: enqueueActions(carryOut(judgeHopeless)),
      judgeDone: enqueueActions(carryOut(judgeDone)),
      judgeAmongOthers: enqueueActions(carryOut(judgeAmongOthers)),
      judgeWhileStopping: enqueueActions(carryOut(judgeWhileStopping)),

      planHold: assign(({ context, event }) =>
        gathering(context, {
          aim: 'hold',
          affected: idsOf(context.children),
          because: 'because' in event && event.because !== undefined ? event.because : '',
        }),
      ),
      planClose: assign(({ context, event }) =>
        gathering(context, {
          aim: 'shutDown',
          affected: idsOf(context.children),
          because: 'because' in event && event.because !== undefined ? event.because : '',
        }),
      ),
      planRetry: assign(({ context }) => ({
        ...gathering(
          { ...context, children: forgiven(context.children) },
          {
            aim: 'restart',
            affected: idsOf(context.children),
            because: 'supervisor.retried',
          },
        ),
        restarts: [],
      })),
      /** A supervisor that is started again knows nothing of what was before. */
      planAnew: assign(({ context }) => ({
        affected: idsOf(context.children),
        restarts: [],
        children: forgiven(context.children),
      })),
      notePause: assign(({ event }) =>
        event.type === 'supervisor.restart' ? { pauseMs: event.delayMs } : {},
      ),
      noteFailedWith: assign(({ event }) =>
        event.type === 'supervisor.giveUp' ? { failedWithParent: event.withParent } : {},
      ),

      closeNext: enqueueActions(({ context, enqueue, system }) => {
        const ids = nextToClose(context);
        enqueue.assign({ children: marked(context.children, ids, 'closing') });
        for (const child of context.children)
          if (ids.includes(child.id)) close(enqueue, system, context, child);
      }),
      startNext: enqueueActions(({ context, enqueue, system }) => {
        const ids = nextToStart(context);
        enqueue.assign({ children: marked(context.children, ids, 'rising') });
        for (const id of ids)
          if (childOf(context, id)?.kind === 'plugin')
            tellPlugin(enqueue, system, id, { type: 'plugin.proceed' });
          else tellSupervisor(enqueue, system, id, { type: 'supervisor.proceed' });
      }),
      giveUpChildren: enqueueActions(({ context, enqueue, system }) => {
        const held = context.children.filter(({ whereabouts }) => whereabouts === 'held');
        enqueue.assign({ children: marked(context.children, idsOf(held), 'failed') });
        for (const { id, kind } of held)
          if (kind === 'plugin')
            tellPlugin(enqueue, system, id, {
              type: 'plugin.giveUp',
              reason: 'FailedToStayRunning',
              withGroup: true,
            });
          else tellSupervisor(enqueue, system, id, { type: 'supervisor.giveUp', withParent: true });
      }),
      stopBranches: enqueueActions(({ context, enqueue, system }) => {
        for (const { id, kind } of context.children)
          if (kind === 'supervisor') tellSupervisor(enqueue, system, id, { type: 'supervisor.stop' });
      }),

      standStill: assign(({ context }) => ({ ownTime: standStill(context.ownTime, now()) })),
      moveOn: assign(({ context }) => ({
        ownTime: moveOn(context.ownTime, now()),
        affected: [],
        pauseMs: 0,
      })),

      reportHeld: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.held',
        supervisor: context.spec.name,
      })),
      reportReady: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.ready',
        supervisor: context.spec.name,
      })),
      reportGaveUp: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.gaveUp',
        supervisor: context.spec.name,
      })),
      reportEnded: sendParent(({ context }): SupervisorNews => ({
        type: 'supervisor.ended',
        supervisor: context.spec.name,
        itself: context.because === `supervisor.shutDown ${context.spec.name}`,
      })),

      replaceBroken: enqueueActions(({ context, event, enqueue, self, system }) => {
        if (!('actorId' in event)) return;
        const { actorId } = event;
        const broken = (self.getSnapshot().children as Record<string, PluginRef>)[actorId];
        const lying = context.children.filter((child) => isOnShelf(child, actorId));
        if (broken !== undefined && lying.length > 0) {
          enqueue.stopChild(broken);
          enqueue.spawnChild('shelf', { id: actorId });
          for (const { id, bundle, policy } of lying) {
            const generation = pluginRef(system, id)?.getSnapshot().context.generation ?? 0;
            tellPlugin(enqueue, system, id, { type: 'plugin.dismiss' });
            enqueue.sendTo(actorId, { type: 'shelf.place', id, input: { bundle, policy, generation } });
            enqueue.sendParent({ type: 'plugin.placed', plugin: id });
            enqueue.sendParent({ type: 'plugin.moved', plugin: id });
          }
          enqueue.assign({ children: marked(context.children, idsOf(lying), 'down') });
          return;
        }
        const child = context.children.find(
          ({ id, kind }) => (kind === 'plugin' ? id : supervisorId(id)) === actorId,
        );
        if (broken === undefined || child === undefined) return;
        enqueue.stopChild(broken);
        if (child.kind === 'plugin') {
          const before = broken.getSnapshot().context;
          enqueue(() => {
            endProcessOf(before, effects);
          });
          enqueue.spawnChild('plugin', { id: actorId, systemId: actorId, input: successorOf(before) });
          enqueue.assign({ children: withChild(context.children, child.id, { whereabouts: 'down' }) });
          enqueue.sendParent({ type: 'plugin.placed', plugin: child.id });
          enqueue.sendParent({ type: 'plugin.moved', plugin: child.id });
          return;
        }
        // Its plugins go with it: nobody looks after them any more.
        const { branch, plugins } = clearedBranch(
          child,
          (id) => supervisorRef(system, id),
          (id) => pluginRef(system, id),
          broken,
        );
        for (const id of plugins) tellPlugin(enqueue, system, id, { type: 'plugin.dismiss' });
        enqueue.sendTo(self, { type: 'branch.cleared', branch });
        report(enqueue, context, {
          type: 'supervisor.gaveUp',
          context: 'childBroke',
          reason: `The supervisor of the group ${child.id} broke: its plugins were ended, and rest.`,
          offender: child.id,
          affected: plugins,
        });
      }),
      regrow: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'branch.cleared') return;
        const { spec, children, id } = event.branch;
        const actor = supervisorId(id);
        const { startConcurrency } = context;
        enqueue.spawnChild('supervisor', { id: actor, systemId: actor, input: { spec, startConcurrency } });
        enqueue.sendTo(actor, { type: 'supervisor.children', children });
        enqueue.assign({ children: withChild(context.children, id, { whereabouts: 'up' }) });
      }),
      noteReplaced: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'plugin.broke') return;
        const { plugin: id } = event;
        enqueue.assign({ children: withChild(context.children, id, { whereabouts: 'down' }) });
        enqueue.sendParent({ type: 'plugin.placed', plugin: id });
        enqueue.sendParent({ type: 'plugin.moved', plugin: id });
      }),
    },
  });

  /** An action that does what a judgement says. */
  function carryOut(judge: Judge) {
    return ({ context, event, enqueue, system }: JudgementScope): void => {
      if (!isEnd(event)) return;
      const judgement = judge(context, event, { random: ports.random(), now: now() });
      const id = endedChild(event);
      enqueue.assign(judgement.change);
      if (judgement.plugin !== undefined) tellPlugin(enqueue, system, id, judgement.plugin);
      if (judgement.supervisor !== undefined) tellSupervisor(enqueue, system, id, judgement.supervisor);
      if (judgement.report !== undefined) report(enqueue, context, judgement.report);
    };
  }
}

interface JudgementScope {
  readonly context: SupervisorContext;
  readonly event: SupervisorEvent;
  readonly enqueue: Enqueue & EnqueueUp & { assign(change: Partial<SupervisorContext>): void };
  readonly system: Registry;
}
