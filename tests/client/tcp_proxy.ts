/** A TCP proxy that cuts connections when a test wants it to. */

import { assert } from "@std/assert";
import { ConnectError, LoginError } from "../../client/errors.ts";

/**
 * Asserts that an error is how a client takes a connection that was cut; in the middle of a login
 * that looks like a server that refuses it.
 */
export function assertCutOff(error: unknown): void {
  const codes = ["login_refused", "recovery_broken_off"];
  const isCutOff = error instanceof ConnectError ||
    (error instanceof LoginError && codes.includes(error.code));
  assert(isCutOff, String(error));
}

export class TcpProxy {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #pairs = new Set<Deno.TcpConn>();
  readonly #running: Promise<unknown>[] = [];
  /** Bytes that went from clients to the server. */
  sentBytes = 0;
  /** Connections accepted so far. */
  accepted = 0;
  /** Called after bytes have gone to the server; may cut. */
  onSent: (proxy: TcpProxy) => void = () => {};
  /** Called with bytes of the server before they go to the client; false drops and cuts. */
  onReply: (bytes: Uint8Array) => boolean = () => true;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#running.push(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Ends all connections there are, on both sides. */
  cut(): void {
    for (const conn of this.#pairs) {
      try {
        conn.close();
      } catch {
        // Closed already.
      }
    }
    this.#pairs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        this.accepted++;
        const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
        this.#pairs.add(client).add(server);
        this.#running.push(this.#pump(client, server, true), this.#pump(server, client, false));
      }
    } catch {
      // The listener was closed.
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, toServer: boolean): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        const bytes = buffer.subarray(0, length);
        if (!toServer && !this.onReply(bytes)) break;
        for (let at = 0; at < length;) at += await to.write(bytes.subarray(at));
        if (!toServer) continue;
        this.sentBytes += length;
        this.onSent(this);
      }
    } catch {
      // One of the two was closed.
    }
    for (const conn of [from, to]) {
      this.#pairs.delete(conn);
      try {
        conn.close();
      } catch {
        // Closed already.
      }
    }
  }
}
