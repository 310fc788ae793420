// go-plugin's own host, in a process of its own that takes its orders line by line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export function referenceHost({ goHost, plugin, folder }, { mtls }) {
  const child = spawn(goHost, [plugin, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const order = async (wanted) => {
    child.stdin.write(`${JSON.stringify(wanted)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('The reference host has ended.');
    return JSON.parse(value);
  };
  return {
    start: async () => (await order({ do: 'start', mtls })).ms,
    unary: (load) => order({ do: 'unary', ...load }),
    stop: () => order({ do: 'stop' }),
    async close() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
