/** What the key log is opened with. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { Ask, StateStore } from "../state_store.ts";
import type { EvidenceStore } from "./evidence_store.ts";
import type { MirrorStorage } from "./mirror_storage.ts";

/** What the log needs of an account that is logged in. */
export interface LogAccount {
  readonly user: string;
  /** 32 bytes. */
  readonly realm: Bytes;
  /** The server's root key, 1984 bytes. */
  readonly rootKey: Bytes;
  readonly keys: { readonly kem: readonly { readonly publicKey: Bytes }[] };
  /** Of the user's signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  readonly state: StateStore;
  readonly request: Ask;
}

/** Where the copy and the evidence are kept. */
export interface LogStores {
  readonly mirror: MirrorStorage;
  readonly evidence: EvidenceStore;
}
