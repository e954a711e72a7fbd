/** `HOST:PORT` as people write it and as invites name it. */

/** A host (an IPv6 address without brackets) and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
  /** As it is written: `HOST:PORT`, an IPv6 address in brackets. */
  readonly text: string;
}

/** Puts host and port together. */
export function hostPort(host: string, port: number): HostPort {
  return { host, port, text: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}` };
}

/** Reads `HOST:PORT` or `[IPv6]:PORT`; null when it is neither. */
export function parseHostPort(text: string): HostPort | null {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return hostPort(host, port);
}

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
