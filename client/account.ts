/** An account that is logged in: whose it is, its keys, its state and its session. */

/** Where a server is. */
export interface ServerAddress {
  /** Host name or IP address (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
}

export interface Account {
  /** The user's name, in lower case. */
  readonly user: string;
  readonly address: ServerAddress;
  /** Fingerprint of the server's root key at its birth, 32 bytes. */
  readonly realm: Uint8Array;
}
