import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PluginError } from '../../model/index.js';

/** The number of a group, given by its name or number. Rejects with CONFIG_INVALID for an unknown name. */
export async function groupId(group: string | number): Promise<number> {
  if (typeof group === 'number') return group;
  if (/^\d+$/.test(group)) return Number(group);
  const id = findGroup(await readFile('/etc/group', 'utf8').catch(() => ''), group);
  // Groups of a directory service (LDAP) are not in that file.
  const found = id ?? findGroup(await queryGetent(group), group);
  if (found !== null) return found;
  throw new PluginError({
    code: 'CONFIG_INVALID',
    message: `unixSocket.group: there is no group "${group}".`,
    hint: 'Create the group, or name another one, or give its number.',
    facts: { group },
  });
}

function findGroup(table: string, name: string): number | null {
  const line = table.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const id = line?.split(':')[2];
  return id === undefined || !/^\d+$/.test(id) ? null : Number(id);
}

async function queryGetent(name: string): Promise<string> {
  return promisify(execFile)('getent', ['group', '--', name]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
