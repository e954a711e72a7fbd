/** What the client keeps on disk: the servers it knows and the account used last. */

import type { ServerAddress } from "./account.ts";

/** The account that was used last. */
export interface LastAccount {
  readonly server: ServerAddress;
  readonly user: string;
}

/** A server as it was met first (or last confirmed). */
export interface PinnedServer {
  /** Fingerprint of the root key at birth, hexadecimal (32 bytes). */
  readonly realm: string;
  /** Fingerprint of the root key in use, hexadecimal (32 bytes). */
  readonly rootFingerprint: string;
  /** Number of the newest server record seen. */
  readonly seq: number;
}

export class ConfigStore {
  /** @param directory Made (0700) at the first write; see `configDirectory`. */
  constructor(readonly directory: string) {}

  /** The account used last, or null. */
  last(): Promise<LastAccount | null> {
    throw new Error("skeleton");
  }

  saveLast(_last: LastAccount): Promise<void> {
    throw new Error("skeleton");
  }

  pinnedServer(_address: ServerAddress): Promise<PinnedServer | null> {
    throw new Error("skeleton");
  }

  pinServer(_address: ServerAddress, _pin: PinnedServer): Promise<void> {
    throw new Error("skeleton");
  }

  /** Where the pin of a server is kept, to be named in messages. */
  pinPath(_address: ServerAddress): string {
    throw new Error("skeleton");
  }
}

/**
 * The folder of the client's files: the one given, else `$XDG_CONFIG_HOME/mailsec`, else
 * `$HOME/.config/mailsec`.
 *
 * @param env Reads an environment variable.
 */
export function configDirectory(
  _given: string | undefined,
  _env: (name: string) => string | undefined,
): string {
  throw new Error("skeleton");
}
