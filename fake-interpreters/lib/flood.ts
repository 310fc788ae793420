/** Writes to a pipe for ever, as fast as its reader reads. */
export function flood(pipe: NodeJS.WriteStream, lineEnd = '\n'): void {
  const line = Buffer.from(`${'flood '.repeat(170)}${lineEnd}`);
  pipe.on('error', () => process.exit(1));
  const pour = () => {
    if (pipe.write(line)) setImmediate(pour);
    else pipe.once('drain', () => setImmediate(pour));
  };
  pour();
}
