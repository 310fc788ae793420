import { printError } from './lib/print.js';

printError(`Traceback (most recent call last):
  File "plugin.py", line 3, in <module>
    import yaml
ModuleNotFoundError: No module named 'yaml'
`);
process.exit(1);
