const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Whether a request's Host header names this machine. Any other name means that somebody's web page had its own
 * name lead here (DNS rebinding).
 */
export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  const url = URL.parse(`http://${host}/`);
  return url !== null && loopbackNames.includes(url.hostname);
}

/** Whether a WebSocket is opened by the page that the same server served, or by no page at all. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || (host !== undefined && origin === `http://${host}`);
}
