const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const ipv4 = new RegExp(`^(?:${octet}\\.){3}${octet}$`);
const zone = /%[0-9A-Za-z.:-]+$/;

/** Four decimal octets, none with a leading zero. */
export function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

/** An IPv6 address without brackets; a zone (`%eth0`) may follow. */
export function isIpv6(text: string): boolean {
  const address = text.replace(zone, '');
  const halves = address.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  // An embedded IPv4 address takes the room of two groups, and only the very end may hold one.
  const embedded = isIpv4(last) && address.endsWith(last);
  const hexadecimal = embedded ? groups.slice(0, -1) : groups;
  if (!hexadecimal.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const size = hexadecimal.length + (embedded ? 2 : 0);
  return halves.length === 1 ? size === 8 : halves.length === 2 && size <= 7;
}

/** Whether an IP address means "every address of this machine", which a listener may say and nobody can dial. */
export function isUnspecified(address: string): boolean {
  return /^[0:.]+$/.test(address);
}
