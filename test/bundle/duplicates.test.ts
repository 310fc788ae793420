import { rejectDuplicates, type FoundBundle } from '../../src/bundle/index.js';
import { PluginError, type Bundle } from '../../src/model/index.js';

function whole(id: string, path: string): FoundBundle {
  const manifest = { id, name: id, version: '0.0.0', server: {}, requires: [], supervision: {}, env: {} };
  const bundle: Bundle = {
    directory: path,
    manifestPath: `${path}/plugin.json`,
    manifest,
    runtime: 'python',
    entry: 'plugin.py',
  };
  return { path, scanned: { ok: true, id, bundle } };
}

function broken(id: string, path: string): FoundBundle {
  const error = new PluginError({ code: 'MANIFEST_INVALID', message: 'plugin.json:1:1: id is missing' });
  return { path, scanned: { ok: false, id, directory: path, error } };
}

describe('the bundles of one directory', () => {
  it('are sorted by id, whatever the locale', () => {
    const ids = rejectDuplicates(['b.b', 'a_a', 'a-a', 'a.a', 'aaa'].map((id) => whole(id, `/p/${id}`))).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(['a-a', 'a.a', 'a_a', 'aaa', 'b.b']);
  });

  it('that share an id are all refused, and each names the others', () => {
    const settled = rejectDuplicates([
      whole('abc', '/p/2'),
      whole('other', '/p/x'),
      whole('abc', '/p/1'),
      whole('abc', '/p/3'),
    ]);
    expect(settled.map(({ ok, id }) => [ok, id])).toEqual([
      [false, 'abc'],
      [false, 'abc'],
      [false, 'abc'],
      [true, 'other'],
    ]);
    expect(settled[0]).toMatchObject({
      directory: '/p/1',
      error: {
        code: 'PLUGIN_DUPLICATE',
        plugin: 'abc',
        message: 'The id "abc" of /p/1 is also claimed by /p/2, /p/3.',
        facts: { directory: '/p/1', others: ['/p/2', '/p/3'] },
      },
    });
  });

  it('that share an id with a broken one keep its reason in sight', () => {
    const [first, second] = rejectDuplicates([whole('abc', '/p/1'), broken('abc', '/p/2')]);
    expect(first).toMatchObject({ ok: false, error: { code: 'PLUGIN_DUPLICATE' } });
    expect(second).toMatchObject({
      ok: false,
      error: {
        code: 'PLUGIN_DUPLICATE',
        message:
          'The id "abc" of /p/2 is also claimed by /p/1. It is also broken: plugin.json:1:1: id is missing',
        cause: { code: 'MANIFEST_INVALID' },
      },
    });
  });
});
