import type { HostEnv } from '../process/search-path.js';

const allowed =
  /^(?:PATH|PATHEXT|HOME|USER|LOGNAME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|PROGRAMFILES.*|PROGRAMDATA|COMSPEC|LANG|LC_\w+|TMPDIR|TEMP|TMP|XDG_\w+|(?:HTTPS?|ALL|NO|FTP)_PROXY|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|SSH_AUTH_SOCK|GIT_SSH\w*|PIP_\w+|UV_\w+|PYENV_\w+|CC|CXX|CFLAGS|CXXFLAGS|LDFLAGS|CPPFLAGS|PKG_CONFIG\w*|MACOSX_DEPLOYMENT_TARGET|SDKROOT)$/i;

/**
 * The part of the host's environment that installers get. A package's build runs as a program of its author,
 * so the host's own secrets are kept from it; what finds indexes, proxies and compilers is not.
 */
export function installerEnv(host: HostEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(host).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && allowed.test(entry[0]),
    ),
  );
}

/** What would point one Python at the modules or the place of another. */
const misleading = new Set(['PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV', '__PYVENV_LAUNCHER__']);

/** Settings under which uv, venv and pip ask nothing, print plain lines, and mind no other Python's settings. */
export function nonInteractiveEnv(env: HostEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !misleading.has(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    PYTHONUNBUFFERED: '1',
    NO_COLOR: '1',
    UV_NO_PROGRESS: '1',
    PIP_NO_INPUT: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    // A person's `user = true` in pip's configuration makes every install into a virtual environment fail.
    PIP_USER: '0',
  };
}
