/** Bytes that are neither text nor valid UTF-8, ended by an LF so that a host takes them for a line. */
export const garbage = Buffer.from('0001fefffdc0c1f5ed a080 7f1b9c8000e2820a'.replaceAll(' ', ''), 'hex');
