import {
  maxTimerMs,
  type Backoff,
  type HealthPolicy,
  type PluginRuntime,
  type PresetName,
  type SupervisionPolicy,
} from '../../model/index.js';

const second = 1000;
const minute = 60 * second;

/** An immediate restart each time. */
const noBackoff: Backoff = { firstMs: 0, baseMs: 0, factor: 1, capMs: 0, jitter: 'none' };

/** No probes: the first one is due after the longest delay that a timer can have. */
const noProbes: HealthPolicy = {
  startIntervalMs: 50,
  startDeadlineMs: 2 * second,
  intervalMs: maxTimerMs,
  retryIntervalMs: second,
  deadlineMs: 2 * second,
  misses: 3,
  excuses: 0,
  jitter: 0,
  freshDialEvery: null,
  notServingMs: null,
  busyMs: 0,
  requireService: false,
  watch: false,
};

/** The health policies of the presets. */
const healthPresets = {
  espalier: {
    // A start without large imports takes 0.1 s, so the start probes are frequent.
    startIntervalMs: 50,
    startDeadlineMs: 2 * second,
    intervalMs: 5 * second,
    retryIntervalMs: second,
    deadlineMs: 2 * second,
    misses: 3,
    excuses: 3,
    jitter: 0.1,
    // Every 30 s: cleaners of temporary files run daily.
    freshDialEvery: 6,
    // A database restarts in less; a longer outage may need a restart of the plugin.
    notServingMs: 30 * second,
    // A server with one worker answers nothing else during a long call; a call that never returns is found later.
    busyMs: minute,
    requireService: false,
    // A synchronous grpcio servicer in an asyncio server never ends after one Watch.
    watch: false,
  },
  // The Mattermost server pings every 30 s, three times without a pause, and without a deadline: the one here is
  // Espalier's. go-plugin's ping ignores the status that the health service answers.
  mattermost: {
    startIntervalMs: 50,
    startDeadlineMs: 2 * second,
    intervalMs: 30 * second,
    retryIntervalMs: 0,
    deadlineMs: 2 * second,
    misses: 3,
    excuses: 0,
    jitter: 0,
    freshDialEvery: null,
    notServingMs: null,
    busyMs: 0,
    requireService: false,
    watch: false,
  },
  // Neither probes a process; systemd's watchdog exists only for units that enable it.
  otp: noProbes,
  systemd: noProbes,
  // The defaults of kubelet's probes: every 10 s, 1 s to answer, three misses, each on a new connection. A pod that is
  // not ready is not restarted.
  kubernetes: {
    startIntervalMs: 10 * second,
    startDeadlineMs: second,
    intervalMs: 10 * second,
    retryIntervalMs: 9 * second,
    deadlineMs: second,
    misses: 3,
    excuses: 0,
    jitter: 0,
    freshDialEvery: 1,
    notServingMs: null,
    busyMs: 0,
    requireService: false,
    watch: false,
  },
} as const satisfies Readonly<Record<PresetName | 'otp' | 'systemd' | 'kubernetes', HealthPolicy>>;

/**
 * The policy of a preset for plugins of a runtime. Only `mattermost` makes a difference: a Python plugin is given 10 s to
 * start, as Mattermost's support for Python plugins gives it.
 */
export function presetFor(name: PresetName, runtime: PluginRuntime | undefined): SupervisionPolicy {
  const preset = presets[name];
  return name === 'mattermost' && runtime === 'python'
    ? { ...preset, deadlines: { ...preset.deadlines, startMs: 10 * second } }
    : preset;
}

/**
 * The policies by preset. Each value can be overridden per environment and per plugin. The presets of other supervisors
 * have those supervisors' defaults; a comment names the source of each value that they lack.
 */
export const presets: Readonly<Record<PresetName, SupervisionPolicy>> = {
  espalier: {
    restart: {
      restart: 'permanent',
      retryFailedStart: true,
      // The first restart is immediate, as most crashes are single; the cap is a minute, as kubelet's users request.
      backoff: { firstMs: 0, baseMs: 500, factor: 2, capMs: minute, jitter: 'full' },
      intensity: 4,
      periodMs: 5 * minute,
      resetAfterMs: minute,
      halfOpenAfterMs: 10 * minute,
    },
    health: healthPresets.espalier,
    // 15 s: Python with grpcio needs 0.1 s alone, but seconds when a hundred start together.
    deadlines: {
      startMs: 15 * second,
      drainMs: 5 * second,
      hookMs: 10 * second,
      shutdownMs: 2 * second,
      termMs: 3 * second,
      killMs: 5 * second,
    },
  },
  // The Mattermost server's own numbers: a check every 30 s with three pings, restarts at once, and the third
  // failure within an hour deactivates. Its start limit is 3 s (10 s for Python), its hook limit 10 s, go-plugin's grace
  // 2 s, here for Shutdown and for SIGTERM each: a plugin without a GRPCController gets only the second.
  mattermost: {
    restart: {
      restart: 'permanent',
      retryFailedStart: false,
      backoff: noBackoff,
      intensity: 2,
      periodMs: 60 * minute,
      resetAfterMs: null,
      halfOpenAfterMs: null,
    },
    health: healthPresets.mattermost,
    deadlines: {
      startMs: 3 * second,
      drainMs: 0,
      hookMs: 10 * second,
      shutdownMs: 2 * second,
      termMs: 2 * second,
      killMs: 5 * second,
    },
  },
  // The defaults of OTP's `supervisor` and its child specifications: intensity 1, period 5 s, restarts at once,
  // shutdown 5 s, then an exit that cannot be refused. A restart that fails counts as one more; a first start that
  // fails ends its supervisor there, and is tried again here. OTP neither asks for health nor bounds a start: the
  // start limit and `killMs` are Espalier's. Its 5 s are for `terminate` and the exit together, here for each.
  otp: {
    restart: {
      restart: 'permanent',
      retryFailedStart: true,
      backoff: noBackoff,
      intensity: 1,
      periodMs: 5 * second,
      resetAfterMs: null,
      halfOpenAfterMs: null,
    },
    health: healthPresets.otp,
    deadlines: {
      startMs: 15 * second,
      drainMs: 0,
      hookMs: 5 * second,
      shutdownMs: 5 * second,
      termMs: 5 * second,
      killMs: 5 * second,
    },
  },
  // systemd's system.conf: RestartSec 100 ms, StartLimitBurst 5 in StartLimitIntervalSec 10 s, TimeoutStartSec and
  // TimeoutStopSec 90 s, the latter for ExecStop, SIGTERM and SIGKILL each. Its units are not restarted unless they
  // say so; `transient` is the Restart=on-failure that systemd.service(5) recommends. It counts starts, we count
  // restarts: the same, except for a plugin that falls within 10 s of its activation, which gets one more. There is
  // no watchdog unless the unit has one, and no request but the signal.
  systemd: {
    restart: {
      restart: 'transient',
      retryFailedStart: true,
      backoff: { firstMs: 100, baseMs: 100, factor: 1, capMs: 100, jitter: 'none' },
      intensity: 5,
      periodMs: 10 * second,
      resetAfterMs: null,
      halfOpenAfterMs: null,
    },
    health: healthPresets.systemd,
    deadlines: {
      startMs: 90 * second,
      drainMs: 0,
      hookMs: 90 * second,
      shutdownMs: 0,
      termMs: 90 * second,
      killMs: 90 * second,
    },
  },
  // kubelet's, with restartPolicy Always: at once, then 10 s doubled up to 300 s, from the beginning again after ten
  // minutes; never given up, and failures do not grow old. Probes as they are when a pod has some: every 10 s, 1 s to
  // answer, three misses; a startup probe's 3 × 10 s are the start limit. Its grace of 30 s is for the preStop hook
  // and SIGTERM together, here for each; `killMs` is Espalier's.
  kubernetes: {
    restart: {
      restart: 'permanent',
      retryFailedStart: true,
      backoff: { firstMs: 0, baseMs: 10 * second, factor: 2, capMs: 5 * minute, jitter: 'none' },
      intensity: null,
      periodMs: null,
      resetAfterMs: 10 * minute,
      halfOpenAfterMs: null,
    },
    health: healthPresets.kubernetes,
    deadlines: {
      startMs: 30 * second,
      drainMs: 0,
      hookMs: 30 * second,
      shutdownMs: 0,
      termMs: 30 * second,
      killMs: 5 * second,
    },
  },
};
