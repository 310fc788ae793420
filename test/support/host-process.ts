import { spawn, type ChildProcess } from 'node:child_process';
import { afterTest } from './environment.js';

/** A running host. */
export interface HostProcess {
  readonly child: ChildProcess;
  /** Waits until stdout matches. Jest's timeout bounds it. */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

/**
 * Starts a host process over the built package. `body` sees `createEnvironment` and `argument`; `wrapper` is a prefix of
 * its command line.
 */
export function startHostProcess(
  body: string,
  argument: unknown,
  wrapper: readonly string[] = [],
): HostProcess {
  const script = `import { createEnvironment } from './dist/esm/index.js';
    const argument = JSON.parse(process.argv[1]);
    ${body}`;
  const node = [process.execPath, '--input-type=module', '-e', script, JSON.stringify(argument)] as const;
  const [command, ...args] = [...wrapper, ...node];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  afterTest(() => {
    child.kill('SIGKILL');
  });
  let text = '';
  let stderrText = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderrText += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(text);
        if (match !== null) resolve(match);
      };
      child.stdout.on('data', check);
      void ended.then(() => {
        reject(new Error(`The host ended without printing ${pattern}: ${text}${stderrText}`));
      });
      check();
    });
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, printed, ended };
}
