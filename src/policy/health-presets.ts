import type { HealthPolicy, PresetName } from '../model/index.js';

const second = 1000;

/** The column of health in the table of presets. */
export const healthPresets: Readonly<Record<PresetName, HealthPolicy>> = {
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
};
