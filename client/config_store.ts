/**
 * What the client keeps on disk; no private key and no password is among it. The secret of a device
 * (of a hardened account only) opens nothing without the password.
 *
 * ```
 * DIR/                        0700
 *   last.json                 0600  {"host": …, "port": …, "user": …}: the account used last
 *   servers/HOST_PORT.json    0600  {"realm": hex, "rootFingerprint": hex, "seq": n}: a pinned server
 *   accounts/USER_MARK.json   0600  the newest account state seen: see state_memory.ts
 *   devices/REALM_USER.json   0600  this device's secret of a hardened account: see device_store.ts
 *   tickets/REALM_USER.json   0600  a login ticket: see ticket_store.ts
 *   logs/REALM.…              0600  the copy of the key log: see key_log/mirror_storage.ts
 *   evidence/REALM_USER.json  0600  what was noticed about it: see key_log/evidence_store.ts
 *   index/REALM_USER/…        0600  an index of the mails, sealed: see index/segment_files.ts
 * ```
 *
 * How files are written, and which are refused: see config_file.ts.
 */

import { type Bytes, fromHex } from "../crypto/bytes.ts";
import { isUserName } from "../crypto/names.ts";
import type { ServerAddress } from "./address.ts";
import type { BundleOwner } from "../crypto/key_bundle.ts";
import { damaged, readJson, writeJson } from "./config_file.ts";
import { DeviceStore } from "./device_store.ts";
import { ConfigError } from "./errors.ts";
import { IndexSealer, SegmentFiles } from "./index/segment_files.ts";
import type { SegmentStore } from "./index/segment_store.ts";
import { EvidenceFile } from "./key_log/evidence_store.ts";
import type { LogStores } from "./key_log/log_account.ts";
import { MirrorFiles } from "./key_log/mirror_storage.ts";
import { type AccountName, StateMemory } from "./state_memory.ts";
import { TicketStore } from "./ticket_store.ts";

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
  async last(): Promise<LastAccount | null> {
    const path = `${this.directory}/last.json`;
    const value = await readJson(path);
    if (value === null) return null;
    const { host, port, user } = value;
    if (typeof host !== "string" || !isPort(port) || typeof user !== "string") throw damaged(path);
    if (!isUserName(user)) throw damaged(path);
    return { server: { host, port }, user };
  }

  /** Remembers the account used last. */
  async saveLast({ server, user }: LastAccount): Promise<void> {
    await this.#write("last.json", { host: server.host, port: server.port, user });
  }

  /** The pin of a server, or null when it was never met. */
  async pinnedServer(address: ServerAddress): Promise<PinnedServer | null> {
    const path = this.pinPath(address);
    const value = await readJson(path);
    if (value === null) return null;
    const { realm, rootFingerprint, seq } = value;
    if (!isFingerprint(realm) || !isFingerprint(rootFingerprint) || !isSequence(seq)) {
      throw damaged(path);
    }
    return { realm, rootFingerprint, seq };
  }

  /** Pins a server, in place of an earlier pin. */
  async pinServer(address: ServerAddress, pin: PinnedServer): Promise<void> {
    const { realm, rootFingerprint, seq } = pin;
    await this.#write(pinFile(address), { realm, rootFingerprint, seq });
  }

  /** Where the pin of a server is kept, to be named in messages. */
  pinPath(address: ServerAddress): string {
    return `${this.directory}/${pinFile(address)}`;
  }

  /** What this device remembers of an account's state. */
  stateMemory(account: AccountName): StateMemory {
    return new StateMemory(this.directory, account);
  }

  /** This device's secret of a hardened account. */
  device(owner: BundleOwner): DeviceStore {
    return new DeviceStore(this.directory, owner);
  }

  /** The login ticket of an account on this device. */
  ticket(owner: BundleOwner): TicketStore {
    return new TicketStore(this.directory, owner);
  }

  /** The copy of a server's key log, and what an account has noticed about it. */
  keyLog(owner: BundleOwner): LogStores {
    return {
      mirror: new MirrorFiles(this.directory, owner.realm),
      evidence: new EvidenceFile(this.directory, owner),
    };
  }

  /** The indexes of an account's mails. */
  indexStore(bundleKey: Bytes, owner: BundleOwner): SegmentStore {
    return new SegmentFiles(this.directory, owner, new IndexSealer(bundleKey, owner));
  }

  async #write(file: string, value: Record<string, unknown>): Promise<void> {
    await writeJson(`${this.directory}/${file}`, value);
  }
}

/**
 * The folder of the client's files: the one given, else `$XDG_CONFIG_HOME/mailsec`, else
 * `$HOME/.config/mailsec`.
 *
 * @param given What `--config` says.
 * @param env Reads an environment variable.
 */
export function configDirectory(
  given: string | undefined,
  env: (name: string) => string | undefined,
): string {
  if (given !== undefined && given !== "") return given.replace(/(?<=.)\/+$/, "");
  const xdg = env("XDG_CONFIG_HOME");
  // The XDG base directory specification: a relative path is invalid and to be ignored.
  if (xdg?.startsWith("/")) return `${xdg.replace(/\/+$/, "")}/mailsec`;
  const home = env("HOME");
  if (home) return `${home}/.config/mailsec`;
  throw new ConfigError("There is no folder for mailsec's files: HOME is not set.", {
    hint: "Name one with --config DIR.",
  });
}

function pinFile({ host, port }: ServerAddress): string {
  const safeHost = host.toLowerCase().replace(/[^a-z0-9.-]/g, (c) => `%${c.codePointAt(0)}`);
  return `servers/${safeHost}_${port}.json`;
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}

function isSequence(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function isFingerprint(value: unknown): value is string {
  try {
    return typeof value === "string" && fromHex(value).length === 32;
  } catch {
    return false;
  }
}
