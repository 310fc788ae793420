import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineDefinitions } from '../src/environment/index.js';
import { chartOf, renderChart } from '../src/observe/index.js';

/** Words that are not used, alone or as a part of an identifier, and the standard terms in their place. */
const wordTerms: Readonly<Record<string, string>> = {
  'aim aims aimed': 'next: what follows a group stop',
  'ascent descent': 'next starts, next stops',
  'beat beats': 'heartbeat',
  'befall befalls befell': 'happen to',
  'budget budgets': 'restart intensity, rate limit, deadline',
  'company disperse disperses': 'affected children, clear plan',
  conduct: 'behaviour',
  'crowd crowds': 'host fleet',
  'deaf deafness': 'lost socket',
  'deed deeds': 'effect, action, step',
  'departure departures': 'stop queue',
  'desk desks': 'start scheduler',
  'dismiss dismisses dismissed': 'remove, request stop',
  'door doors': 'origin check, entry point',
  'enlist enlists enlisted enlisting': 'request start',
  'fallen fate fates': 'exited; scheduled fault',
  'gather gathers gathered gathering': 'group restart, collect',
  'grove groves sapling saplings': 'groups, plugin spec',
  'guest guests': 'pending call',
  'happening happenings': 'event',
  'hears heard': 'receives, received',
  'hoard hoards': 'hold descriptors',
  hopeless: 'give up the group',
  'hunt hunts hunted hunting quarry': 'reap, target',
  'judge judges judged judging judgement judgment': 'decide, decision',
  'keeper keepers': 'owner',
  'ledger ledgers': 'actor log, tracker',
  'newcomer newcomers': 'new client',
  'nobody somebody anybody everybody whoever': 'a concrete subject',
  'orphanage orphanages': 'reaper',
  'parcel parcels': 'bundle',
  patience: 'limit, timeout',
  'predecessor predecessors': 'previous host',
  'pretend pretends pretended pretending': 'simulate, simulated',
  pulse: 'liveness file',
  reception: 'connection queue',
  regrow: 'respawn',
  'remnant remnants': 'orphan process, inherited plugin',
  'rising sinking': 'starting, stopping',
  'roster rosters': 'plugin registry',
  'rung rungs': 'stop step',
  sayings: 'responses',
  'shelf shelves': 'shard',
  'stillborn unborn': 'failed before start; late-bound',
  'storey storeys': 'layer, level',
  'story stories': 'history, simulated tree',
  'strike strikes': 'fault',
  'suspicion suspecting': 'grace period after a lost connection',
  unadoptable: 'not reattachable',
  'verdict verdicts': 'decision',
  'wish wishes': 'request, wanted',
};

/** Names of events, states and declarations that are not used, and the new names. */
const nameTerms: Readonly<Record<string, string>> = {
  "'branch.cleared'": 'subtree.cleared',
  clearBranch: 'clearSubtree',
  'plugin.hold': 'plugin.suspend',
  'plugin.release': 'plugin.resume',
  'plugin.queue': 'plugin.enqueue',
  'plugin.await': 'plugin.wait',
  'plugin.proceed': 'plugin.start',
  'plugin.refuse': 'plugin.reject',
  'plugin.rest': 'plugin.stop',
  'plugin.moved': 'plugin.changed',
  'plugin.placed': 'plugin.spawned',
  'plugin.broke': 'plugin.actorError',
  'member.queue': 'member.enqueue',
  'supervisor.hold': 'supervisor.suspend',
  'supervisor.proceed': 'supervisor.resume',
  'supervisor.close': 'supervisor.deactivate',
  'supervisor.asked': 'supervisor.retryRequested',
  'supervisor.moved': 'supervisor.changed',
  'effect.broke': 'effect.errored',
  'watch.broke': 'watch.ended',
  'watch.affirmed': 'watch.serving',
  'watch.denied': 'watch.notServing',
  'health.refused': 'health.notServing',
  'handshake.pending': 'handshake.partialLine',
  'process.seen': 'process.alive',
  'process.vanished': 'process.gone',
  'environment.intent': 'environment.stateDirectory',
  'turn.awaited': 'startSlot.awaited',
  'stopping.asking': 'stopping.requestingShutdown',
  'stopping.releasing': 'stopping.detaching',
  "'waiting'": "'pending'",
  "'held'": "'pending' or 'suspended'",
  '#plugin.held': '#plugin.pending',
  isHeld: 'isPending or isSuspended',
  awaitsTurn: 'isQueued',
  awaitsGroup: 'isSuspended',
  isAskedAgain: 'isRestartRequested',
  canBeAsked: 'isStillConnected',
  giveTurns: 'grantStartSlots',
  cleanSlate: 'emptyHistory',
  ownTime: 'pausableClock',
  standStill: 'pauseClock',
  moveOn: 'resumeClock',
  seeOff: 'stopNext',
  promptClock: 'microtaskClock',
  realSite: 'nodeRuntime',
  realWorld: 'createNodeRuntime',
  PluginWatch: 'PluginObserver',
  WaitingRoom: 'pending queue',
  letGo: 'reset',
  hideSecrets: 'redactSecrets',
  settlePage: 'updatePage',
  inTurn: 'inSequence',
  playsOut: 'replays',
  brokenPromise: 'violatedInvariant',
  bundleMark: 'bundleFingerprint',
  'schema-words': 'schema-messages',
};

/** Words that have a meaning of their own elsewhere: only their private use is matched. */
const patternTerms: readonly (readonly [RegExp, string])[] = [
  [/\bBranch(?:Child)?\b(?=[;:,<>)\]|])/, 'Subtree'],
  [/\b[A-Z][a-z]+Fact\b/, 'Event'],
  [/\bwaits? for (?:its|their|a) turn\b/, 'is queued for a start slot'],
  [/[a-z]Standings?\b|\bstandings?(?:Of|In)[A-Z]?/, 'child state, child summary'],
  [/\bclean slate\b/i, 'empty history'],
  [/\bown time\b/i, 'pausable clock'],
  [/\bprompt clock\b|\bless than no time\b/i, 'microtask clock'],
  [/(?<!hello,? )\bworlds?\b/i, 'runtime, simulated effects'],
  [/[a-z]World\b|\bWorld[A-Z]\w*|[a-z]ByItself\b/, 'Runtime, isolated'],
  [/\b(?:interface|type) Reading\b|: Reading\b/, 'HostSample'],
  [/\blook(?:IntervalMs|DeadlineMs|At[A-Z]\w*)\b|\blook-at-/, 'poll'],
  [/\blets? go of\b|\blet go\b/, 'release, detach'],
  [/\(hidden\)/, '(redacted)'],
  [/\.(?:words|phrases)\.js\b|\b\w+InWords\b|\b[a-z]+(?:Words|Phrases)\b(?= =|\()/, 'setup, actions, texts'],
  [/\blift\(/, 'fromEffect('],
  [/\b(?:is|are|was|were|be|been) told\b/i, 'receives, is notified'],
  [/\bdurable intent\b/i, 'desired state'],
];

const anyName = new RegExp(
  `(?<![\\w.])(?:${Object.keys(nameTerms)
    .map((name) => name.replaceAll('.', '\\.'))
    .join('|')})(?!\\w)`,
  'g',
);

const terms = new Map(
  Object.entries(wordTerms).flatMap(([words, term]) => words.split(' ').map((word) => [word, term])),
);

/** The parts in lower case of every identifier and word of a line: `startSlots` has `start` and `slots`. */
function partsOf(line: string): readonly string[] {
  return (line.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).map((part) => part.toLowerCase());
}

/** The private words of a line, each with the standard term. */
function problemsOf(line: string): readonly string[] {
  const words = partsOf(line).flatMap((part) => (terms.has(part) ? [[part, terms.get(part)]] : []));
  const names = (line.match(anyName) ?? []).map((name) => [name, nameTerms[name]]);
  const patterns = patternTerms.flatMap(([pattern, term]) => {
    const found = pattern.exec(line);
    return found === null ? [] : [[found[0], term]];
  });
  return [...words, ...names, ...patterns].map(([word, term]) => `"${word}" is: ${term}`);
}

function problemsIn(name: string, text: string): readonly string[] {
  // Comments in a document are marks for programs.
  return text
    .replace(/<!--.*?-->/g, '')
    .split('\n')
    .flatMap((line, index) => problemsOf(line).map((problem) => `${name}:${index + 1}: ${problem}`));
}

/** The record of the renames, and generated code. */
const exempt = /^docs\/decisions\/.*names.*\.md$|\.generated\.ts$/;

function filesIn(folder: string, endings: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.test(file))
    .map((file) => join(folder, file))
    .filter((file) => !exempt.test(file))
    .sort();
}

const files = [
  ...filesIn('src', /\.(?:ts|mjs|html|css)$/),
  ...filesIn('docs', /\.md$/),
  'README.md',
  'CONTRIBUTING.md',
];

describe('the words of this project', () => {
  it('are the standard terms of its field, in the source and in the documents', () => {
    expect(files.flatMap((file) => problemsIn(file, readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('are the standard terms in the names of files', () => {
    expect(files.flatMap((file) => problemsIn(file, file))).toEqual([]);
  });

  it('are the standard terms in the charts', () => {
    const charts = Object.entries(machineDefinitions());
    expect(charts.length).toBeGreaterThan(2);
    const texts = charts.map(([name, machine]) => [name, renderChart(chartOf(machine), 'json')] as const);
    expect(texts.flatMap(([name, text]) => problemsIn(`chart ${name}`, text))).toEqual([]);
  });
});

describe('the search for private words', () => {
  it.each([
    ['const desk = 1', '"desk" is: start scheduler'],
    ['createPretendedEnvironment()', '"pretended" is: simulate, simulated'],
    ['type PluginFact =', '"PluginFact" is: Event'],
    ["{ type: 'plugin.hold' }", '"plugin.hold" is: plugin.suspend'],
    ['a world of its own', '"world" is: runtime, simulated effects'],
  ])('finds the one in %j', (line, problem) => {
    expect(problemsOf(line)).toContain(problem);
  });

  it.each([
    'git checkout a branch',
    'a lock file is kept',
    'printsGarbage: hello, world',
    'the promise is settled in the next turn of the event loop',
    'error.facts of type ErrorFacts',
    'await plugin.queueing',
    'heartbeat, deadline, upheld',
  ])('finds none in %j', (line) => {
    expect(problemsOf(line)).toEqual([]);
  });
});
