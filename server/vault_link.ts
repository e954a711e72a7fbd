/** The front door's side of the vault worker: starts it, gives it orders, hears its reports. */

import { errorOf } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Arrival } from "./vault/ports.ts";
import type { VaultInfo, VaultSettings } from "./vault/vault.ts";
import type { VaultOrder, VaultReport } from "./vault_messages.ts";

/** Who hears what the vault says about connections. */
export interface VaultListener {
  onUser(connection: number, how: Arrival, user: string): void;
  onEnded(connection: number, reason: string): void;
  /** The vault is gone, and with it the server. */
  onCrash(message: string): void;
}

/** What the vault worker may do: read and write the data folder, and nothing else. */
export function vaultPermissions(data: string): Deno.PermissionOptionsObject {
  return {
    read: [data],
    write: [data],
    net: false,
    env: false,
    sys: false,
    run: false,
    ffi: false,
    import: false,
  };
}

/** A vault worker that is open. */
export class VaultLink {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #closed = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<VaultInfo>();
  #listener: VaultListener | null = null;
  #crashed = false;

  /**
   * Starts the worker and opens the vault in it.
   *
   * @throws {MailsecError} what opening threw
   */
  static async open(
    settings: VaultSettings,
    log: Log,
  ): Promise<{ vault: VaultLink; info: VaultInfo }> {
    const vault = new VaultLink(settings, log);
    try {
      return { vault, info: await vault.#ready.promise };
    } catch (error) {
      vault.terminate();
      throw error;
    }
  }

  private constructor(settings: VaultSettings, log: Log) {
    this.#log = log;
    this.#worker = new Worker(new URL("./vault_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: vaultPermissions(settings.data) },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<VaultReport>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed = true;
      this.#ready.reject(errorOf({ code: "internal", message: `The vault: ${event.message}` }));
      this.#closed.resolve();
      this.#listener?.onCrash(event.message);
    };
    this.#order({ order: "open", settings });
  }

  /** Whether the worker has ended by itself. */
  get crashed(): boolean {
    return this.#crashed;
  }

  listen(listener: VaultListener): void {
    this.#listener = listener;
  }

  /** Gives the vault the port of a connection. */
  connect(connection: number, port: MessagePort): void {
    this.#worker.postMessage({ order: "connect", connection, port } satisfies VaultOrder, [port]);
  }

  disconnect(connection: number): void {
    this.#order({ order: "disconnect", connection });
  }

  /** Every session is told that the server shuts down. */
  drain(): void {
    this.#order({ order: "drain" });
  }

  /** Resolves when the store is closed; the worker is gone then. */
  async close(): Promise<void> {
    this.#order({ order: "close" });
    await this.#closed.promise;
    this.terminate();
  }

  /** Ends the worker in the middle of whatever it does. */
  terminate(): void {
    this.#worker.terminate();
    this.#closed.resolve();
  }

  #order(order: VaultOrder): void {
    this.#worker.postMessage(order);
  }

  #hear(said: VaultReport): void {
    switch (said.report) {
      case "ready":
        return this.#ready.resolve(said.info);
      case "failed":
        return this.#ready.reject(errorOf(said.error));
      case "user":
        return this.#listener?.onUser(said.connection, said.how, said.user);
      case "ended":
        return this.#listener?.onEnded(said.connection, said.reason);
      case "log":
        return this.#log[said.level](said.event, said.fields);
      case "closed":
        return this.#closed.resolve();
    }
  }
}
