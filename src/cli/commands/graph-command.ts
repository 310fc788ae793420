import { Argument, Option, type Command } from 'commander';
import { machineDefinitions } from '../../environment/index.js';
import { chartOf, renderChart } from '../../observe/index.js';
import { createOutput } from '../output/output.js';

const formats = ['mermaid', 'dot', 'json'] as const;

/** Adds `espalier graph`. */
export function addGraphCommand(program: Command): void {
  program
    .command('graph')
    .description('print the state chart of a machine')
    .addArgument(
      new Argument('[machine]', 'the machine').choices(Object.keys(machineDefinitions())).default('plugin'),
    )
    .addOption(new Option('--format <format>', 'the output format').choices([...formats]).default('mermaid'))
    .action(
      (
        machine: keyof ReturnType<typeof machineDefinitions>,
        { format }: { format: (typeof formats)[number] },
      ) => {
        const chart = chartOf(machineDefinitions()[machine]);
        createOutput(process.stdout).print(renderChart(chart, format).trimEnd());
      },
    );
}
