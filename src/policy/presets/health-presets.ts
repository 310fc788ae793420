import type { HealthPolicy, PresetName } from '../../model/index.js';

const second = 1000;

/** Nobody asks: the first probe would be due after 24 days, the longest that a timer holds. */
const noProbes: HealthPolicy = {
  startIntervalMs: 50,
  startDeadlineMs: 2 * second,
  intervalMs: 2 ** 31 - 1,
  retryIntervalMs: second,
  deadlineMs: 2 * second,
  misses: 3,
  excuses: 0,
  jitter: 0,
  freshDialEvery: null,
  notServingMs: null,
  watch: false,
};

/** The columns of health in the table of presets. */
export const healthPresets = {
  espalier: {
    // A start takes a tenth of a second where nothing is imported, so it is asked about often.
    startIntervalMs: 50,
    startDeadlineMs: 2 * second,
    intervalMs: 5 * second,
    retryIntervalMs: second,
    deadlineMs: 2 * second,
    misses: 3,
    excuses: 3,
    jitter: 0.1,
    // Each half minute: whoever cleans up temporary files does it by the day.
    freshDialEvery: 6,
    // A database that is restarted is back by then; whatever lasts longer may be helped by a restart.
    notServingMs: 30 * second,
    watch: true,
  },
  // The Mattermost server pings every 30 s, three times without a pause, and waits for ever for an answer: the
  // deadline is ours. go-plugin's ping does not look at what the health service says.
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
    watch: false,
  },
  // Neither asks a process for its health; systemd's watchdog is there only where a unit has one.
  otp: noProbes,
  systemd: noProbes,
  // kubelet's probes as they are when a pod has some: every 10 s, 1 s to answer, three misses, and each dials anew. A
  // pod that is not ready is not restarted.
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
    watch: false,
  },
} as const satisfies Readonly<Record<PresetName | 'otp' | 'systemd' | 'kubernetes', HealthPolicy>>;
