const goSystems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const goArchitectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  // Node runs on the little-endian kinds only.
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
};

/** Node's names for a machine in Go's, as manifests have them: `linux` and `x64` are `linux-amd64`. */
export function goPlatform(platform: string, arch: string): string {
  return `${goSystems[platform] ?? platform}-${goArchitectures[arch] ?? arch}`;
}
