/** Where a server is, and how that is written. */

import { FormatError } from "../crypto/errors.ts";
import { DEFAULT_PORT } from "../protocol/limits.ts";

export interface ServerAddress {
  /** Host name or IP address (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, IPv6 in brackets. */
export function addressText({ host, port }: ServerAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]{1,253}))(?::(\d{1,5}))?$/i;
const BARE_IPV6 = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i;

/**
 * Reads `HOST`, `HOST:PORT`, `[IPV6]:PORT` or a bare IPv6 address.
 *
 * @param defaultPort When the text has none.
 * @throws {FormatError}
 */
export function parseServerAddress(text: string, defaultPort = DEFAULT_PORT): ServerAddress {
  const trimmed = text.trim();
  if (BARE_IPV6.test(trimmed)) return { host: trimmed, port: defaultPort };
  const [, ipv6, name, port] = ADDRESS.exec(trimmed) ?? [];
  const host = ipv6 ?? name;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new FormatError(`"${text}" is not the address of a server.`, {
      hint: "Write HOST or HOST:PORT, for example mail.example.org:12049.",
    });
  }
  return { host, port: number };
}
