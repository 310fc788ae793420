import type { Backoff, PresetName, SupervisionPolicy } from '../../model/index.js';
import { healthPresets } from './health-presets.js';

const second = 1000;
const minute = 60 * second;

/** A restart at once, however often: what many have. */
const noBackoff: Backoff = { firstMs: 0, baseMs: 0, factor: 1, capMs: 0, jitter: 'none' };

/**
 * One row a preset. Each number can be overridden per environment and per plugin. The rows of others have their
 * defaults; where they have no such number at all, a comment says what stands for it.
 */
export const presets: Readonly<Record<PresetName, SupervisionPolicy>> = {
  espalier: {
    restart: {
      restart: 'permanent',
      retryFailedStart: true,
      // A first restart at once, as most crashes happen alone; a cap of a minute, as kubelet's users ask for.
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
  // failure within an hour deactivates. Its start limit is 3 s, its hook limit 10 s, go-plugin's grace 2 s.
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
      termMs: 0,
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
      termMs: 0,
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
