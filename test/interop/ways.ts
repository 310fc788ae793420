import type { HostOptions } from './host.js';

/** The four ways in which host and plugin may be connected. */
export const connectionModes = [
  { way: 'in the clear', options: { mtls: 'off', multiplex: 'off' }, transport: 'plaintext' },
  { way: 'over mutual TLS', options: { mtls: 'required', multiplex: 'off' }, transport: 'mtls' },
  { way: 'over one socket', options: { mtls: 'off', multiplex: 'required' }, transport: 'plaintext' },
  {
    way: 'over one socket and mutual TLS',
    options: { mtls: 'required', multiplex: 'required' },
    transport: 'mtls',
  },
] as const satisfies readonly { way: string; options: HostOptions; transport: string }[];
