/**
 * One TCP connection to a server: dialling, the pump between socket and protocol, and a heartbeat
 * while a session is open. It decides nothing about trust and nothing about login.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { concat } from "../crypto/bytes.ts";
import { ClientLink } from "../protocol/client_link.ts";
import type { ClientSession } from "../protocol/client_session.ts";
import { HEARTBEAT_MS } from "../protocol/limits.ts";
import { ping } from "../protocol/messages/ping.ts";
import { addressText, type ServerAddress } from "./address.ts";
import { systemClock } from "./clock.ts";
import { ConnectError } from "./errors.ts";
import { Heartbeat } from "./live/heartbeat.ts";

/** How long dialling may take, and how long the server may be silent during the handshake. */
const SILENCE_MS = 15_000;
/** How long a server has to say goodbye. */
const GOODBYE_MS = 2000;
const READ_BYTES = 64 * 1024;

type Timer = ReturnType<typeof setTimeout>;

export class Connection {
  /** The protocol's end; bytes flow by themselves. */
  readonly link: ClientLink;
  readonly #conn: Deno.TcpConn;
  readonly #outgoing: Bytes[] = [];
  readonly #pump: Promise<void>;
  #writing: Promise<void> | null = null;
  #silence: Timer | undefined;
  #heartbeat: Heartbeat | undefined;
  #ended = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.link = new ClientLink({ clock: systemClock, write: (bytes) => this.#write(bytes) });
    this.#awaitServer();
    this.#pump = this.#read();
  }

  /**
   * Dials.
   *
   * @throws {ConnectError} `unreachable` when nobody answers there.
   */
  static async open(address: ServerAddress): Promise<Connection> {
    try {
      const conn = await Deno.connect({
        hostname: address.host,
        port: address.port,
        signal: AbortSignal.timeout(SILENCE_MS),
      });
      conn.setNoDelay(true);
      return new Connection(conn);
    } catch (cause) {
      throw new ConnectError("unreachable", `Cannot connect to ${addressText(address)}.`, {
        hint: `${dialProblem(cause)} Check the host and the port, and that the server runs.`,
        cause,
      });
    }
  }

  /** From now on the session is kept alive, and a server that stops answering is noticed. */
  keepAlive(session: ClientSession): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    this.#heartbeat = new Heartbeat({
      intervalMs: HEARTBEAT_MS,
      ping: () => session.request(ping, {}),
      onDead: () => this.#end(new Error("the server does not answer")),
    });
  }

  /** Says goodbye where there is somebody to say it to, and ends the connection. */
  async close(session?: ClientSession): Promise<void> {
    if (session !== undefined && !this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, GOODBYE_MS);
      await Promise.race([session.close(), promise]);
      clearTimeout(timer);
    }
    this.#end();
    await this.#pump;
  }

  async #read(): Promise<void> {
    let cause: unknown;
    try {
      // One for all: nothing of it is needed any more when the link asks for more.
      const buffer = new Uint8Array(READ_BYTES);
      while (!this.#ended) {
        const length = await this.#conn.read(buffer);
        if (length === null) break;
        if (this.#silence !== undefined) this.#awaitServer();
        await this.link.push(buffer.subarray(0, length));
      }
    } catch (error) {
      cause = error;
    }
    this.#end(cause);
  }

  /** Queues; what has gathered while the last write ran goes in the next, in one piece. */
  #write(bytes: Bytes): Promise<void> {
    this.#outgoing.push(bytes);
    return this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#outgoing.length > 0) {
        const bytes = concat(...this.#outgoing.splice(0));
        for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
      }
    } finally {
      // With nothing awaited since the look at the queue, nothing in it can be overlooked.
      this.#writing = null;
    }
  }

  #awaitServer(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#end(new Error("the server is silent")), SILENCE_MS);
  }

  #end(cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#silence);
    this.#heartbeat?.stop();
    this.link.end(cause);
    try {
      this.#conn.close();
    } catch {
      // Closed by the other end in the same moment: nothing is left to close.
    }
  }
}

function dialProblem(cause: unknown): string {
  if (cause instanceof Deno.errors.ConnectionRefused) return "Nothing listens there.";
  if (cause instanceof DOMException && cause.name === "TimeoutError") return "No answer came.";
  return "The address cannot be reached.";
}
