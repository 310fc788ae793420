import { attackHost } from './lib/attack.js';

/** What a terminal, a one-line log or a logger with serializers would act on. */
const acts = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b31m\r\u202e';
const record = {
  '@level': 'info',
  '@message': `hi${acts}\nplugin bystander is failed`,
  '@module': acts,
  req: null,
  err: { stack: 7 },
  level: 'none',
  [acts]: acts,
};

attackHost({
  afterHealth() {
    const say = () => {
      process.stderr.write(`${JSON.stringify(record)}\n${acts}forged\n`);
      process.stdout.write(`${acts}\n`);
    };
    say();
    setInterval(say, 50);
  },
});
