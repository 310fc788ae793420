const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Whether the Host header of a request names the loopback interface. Any other name is a DNS rebinding attack of a web
 * page.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  const url = URL.parse(`http://${host}/`);
  return url !== null && loopbackNames.includes(url.hostname);
}

/** Whether a WebSocket comes from a page of the same server or from a client that is no browser. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || (host !== undefined && origin === `http://${host}`);
}
