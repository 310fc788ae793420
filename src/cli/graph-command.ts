import { Argument, Option, type Command } from 'commander';
import { runningMachines } from '../environment/index.js';
import { chartOf, renderChart } from '../observe/index.js';

const formats = ['mermaid', 'dot', 'json'] as const;

export function addGraphCommand(program: Command): void {
  program
    .command('graph')
    .description('print a state chart, drawn from the running code')
    .addArgument(
      new Argument('[machine]', 'which one').choices(Object.keys(runningMachines())).default('plugin'),
    )
    .addOption(new Option('--format <format>', 'how').choices([...formats]).default('mermaid'))
    .action(
      (
        machine: keyof ReturnType<typeof runningMachines>,
        { format }: { format: (typeof formats)[number] },
      ) => {
        process.stdout.write(`${renderChart(chartOf(runningMachines()[machine]), format).trimEnd()}\n`);
      },
    );
}
