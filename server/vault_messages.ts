/** What front door and vault worker say to each other. Both are the server's own code. */

import type { ErrorReport } from "./errors.ts";
import type { LogFields, LogLevel } from "./log.ts";
import type { Arrival } from "./vault/ports.ts";
import type { VaultInfo, VaultSettings } from "./vault/vault.ts";

/** Front door to vault. A `connect` comes with a MessagePort, transferred. */
export type VaultOrder =
  | { readonly order: "open"; readonly settings: VaultSettings }
  | { readonly order: "connect"; readonly connection: number; readonly port: MessagePort }
  | { readonly order: "disconnect"; readonly connection: number }
  | { readonly order: "drain" }
  | { readonly order: "close" };

/** Vault to front door. */
export type VaultReport =
  | { readonly report: "ready"; readonly info: VaultInfo }
  | { readonly report: "failed"; readonly error: ErrorReport }
  | {
    readonly report: "user";
    readonly connection: number;
    readonly how: Arrival;
    readonly user: string;
  }
  /** The vault deals with this connection no more: it must go. */
  | { readonly report: "ended"; readonly connection: number; readonly reason: string }
  | {
    readonly report: "log";
    readonly level: LogLevel;
    readonly event: string;
    readonly fields: LogFields;
  }
  | { readonly report: "closed" };
