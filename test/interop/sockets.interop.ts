import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { helperCommand, hostOfHelper, temporaryFolder } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';

// Root may give files to any group, others only to their own.
const gid = process.getuid?.() === 0 ? 1 : (process.getgid?.() ?? 0);
const groupName = execFileSync('getent', ['group', String(gid)], { encoding: 'utf8' }).split(':')[0] ?? '';

const given = [gid, String(gid), groupName];

/** Starts a plugin with a group for its socket; `variables` are those that it was given. */
async function runningWith(group: number | string) {
  const directory = temporaryFolder();
  const file = join(temporaryFolder(), 'variables');
  const script =
    'file=$1; shift; echo "$PLUGIN_UNIX_SOCKET_DIR:$PLUGIN_UNIX_SOCKET_GROUP" > "$file"; exec "$@"';
  const { env, id } = await hostOfHelper(['sh', '-c', script, 'sh', file, ...helperCommand('test-grpc')], {
    unixSocket: { group, directory },
  });
  await env.activate(id);
  const socket = (env.status(id).address ?? '').replace(/^unix:/, '');
  return { directory, socket, variables: readFileSync(file, 'utf8') };
}

const permissionsOf = (path: string) => {
  const { mode, gid: group } = statSync(path);
  return { mode: mode & 0o777, group };
};

describe(programs.helper.name, () => {
  testRow(40, async () => {
    for (const group of given) {
      const { directory, socket, variables } = await runningWith(group);
      const own = dirname(socket);
      expect(dirname(dirname(own))).toBe(directory);
      expect(permissionsOf(own)).toEqual({ mode: 0o770, group: gid });
      expect(variables).toBe(`${own}:${group}\n`);
    }
  });

  testRow(50, async () => {
    for (const group of given) {
      const { socket } = await runningWith(group);
      expect(statSync(socket).isSocket()).toBe(true);
      expect(permissionsOf(socket)).toEqual({ mode: 0o660, group: gid });
    }
  });
});
