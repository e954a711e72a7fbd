/**
 * One TCP connection at the front door: a pump of bytes between a socket and a session worker's
 * pipe. It parses nothing.
 *
 * Invariants: bytes leave in the order in which they came; not more than a window of them is under
 * way to the worker, and the socket is read only when there is room; the socket is closed within
 * {@linkcode LINGER_MS} after the end.
 */

import { type Bytes, concat } from "../crypto/bytes.ts";
import { MAX_UNDER_WAY_BYTES, Receipts, type ToDoor, type ToWorker, Window } from "./pipe.ts";

/** How much is read from a socket at once, in bytes. */
const READ_BYTES = 64 * 1024;
/**
 * After the end the socket stays open for so long, in ms, until the client has closed its side:
 * closing with unread bytes would make the system throw away what the client has not got yet.
 */
export const LINGER_MS = 1000;
/** A client that takes nothing of what waits for it for so long is cut off, in ms. */
export const STALLED_MS = 60_000;

/** The part of a socket that is used. */
export type Socket = Pick<Deno.TcpConn, "read" | "write" | "close" | "closeWrite">;

export interface ConnectionOptions {
  readonly socket: Socket;
  /** The front door's end of the pipe. */
  readonly pipe: Pick<MessagePort, "postMessage" | "close" | "onmessage">;
  /** Time in ms; need not be the time of day. */
  readonly now: () => number;
  /** The connection is over, except for the last bytes on their way out. Called once. */
  onEnd(reason: string): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #toWorker = new Window();
  readonly #written: Receipts;
  #outgoing: Bytes[] = [];
  #outgoingBytes = 0;
  #writing = false;
  #ended = false;
  #closed = false;
  /** The client sends no more. */
  #clientDone = false;
  #hasSpoken = false;
  #closeAt = Infinity;
  #heardAt: number;
  #movedAt: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#heardAt = this.#movedAt = options.now();
    this.#written = new Receipts((bytes) => this.#post(bytes));
    options.pipe.onmessage = ({ data }: MessageEvent<ToDoor>) => this.#fromWorker(data);
    void this.#read();
  }

  /** Whether any byte has come from the client. */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  /** When the client was last heard of, in ms of `now`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Ends the connection and throws away what was on its way. */
  drop(reason: string): void {
    this.#end(reason);
    this.#close();
  }

  /** The worker has so many ms to end the connection itself; then it is dropped. */
  endWithin(ms: number): void {
    this.#closeAt = Math.min(this.#closeAt, this.#options.now() + ms);
  }

  /** To be called a few times a second: keeps the deadlines. */
  tick(): void {
    const now = this.#options.now();
    if (now >= this.#closeAt) this.drop("deadline");
    else if (this.#isStalled(now)) this.drop("stalled");
  }

  /** Whether the socket is closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait, for the client or for the worker, have not moved for too long. */
  #isStalled(now: number): boolean {
    const waits = this.#outgoingBytes > 0 || this.#toWorker.isFull;
    return waits && now - this.#movedAt >= STALLED_MS;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        if (!this.#ended) await this.#toWorker.room();
        const length = await this.#options.socket.read(buffer);
        if (length === null) break;
        if (this.#ended) continue;
        const now = this.#options.now();
        this.#heardAt = now;
        this.#hasSpoken = true;
        if (!this.#toWorker.isFull) this.#movedAt = now;
        this.#toWorker.sent(length);
        this.#post(buffer.slice(0, length));
      }
      this.#clientDone = true;
      if (!this.#ended) this.#post({ end: "eof" });
      else if (this.#outgoingBytes === 0) this.#close();
    } catch {
      // A socket that breaks tells the worker the same as one that ends.
      if (!this.#ended) this.drop("connection_lost");
    }
  }

  #fromWorker(message: ToDoor): void {
    if (this.#ended) return;
    if (typeof message === "number") {
      this.#movedAt = this.#options.now();
      this.#toWorker.acknowledged(message);
    } else if (message instanceof Uint8Array) {
      this.#send(message);
    } else {
      this.#end(String(message?.close));
      this.#closeAt = this.#options.now() + LINGER_MS;
      void this.#write();
    }
  }

  #send(bytes: Bytes): void {
    if (this.#outgoingBytes === 0) this.#movedAt = this.#options.now();
    this.#outgoingBytes += bytes.length;
    if (this.#outgoingBytes > MAX_UNDER_WAY_BYTES) return this.drop("worker_floods");
    this.#outgoing.push(bytes);
    void this.#write();
  }

  async #write(): Promise<void> {
    if (this.#writing || this.#closed) return;
    this.#writing = true;
    try {
      while (this.#outgoing.length > 0) {
        const bytes = together(this.#outgoing);
        this.#outgoing = [];
        for (let at = 0; at < bytes.length;) {
          const written = await this.#options.socket.write(bytes.subarray(at));
          at += written;
          this.#outgoingBytes -= written;
          this.#movedAt = this.#options.now();
          if (!this.#ended) this.#written.add(written);
        }
      }
      if (this.#ended) await this.#options.socket.closeWrite();
      if (this.#ended && this.#clientDone) this.#close();
    } catch {
      this.drop("connection_lost");
    }
    this.#writing = false;
    if (this.#ended && !this.#closed && this.#outgoing.length > 0) void this.#write();
  }

  #post(message: ToWorker): void {
    if (message instanceof Uint8Array) this.#options.pipe.postMessage(message, [message.buffer]);
    else this.#options.pipe.postMessage(message);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#post({ end: "gone" });
    this.#options.pipe.onmessage = null;
    this.#options.pipe.close();
    this.#toWorker.release();
    this.#options.onEnd(reason);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    this.#toWorker.release();
    this.#options.socket.close();
  }
}

/** What came in pieces while the last write was under way leaves in one. */
function together(pieces: readonly Bytes[]): Bytes {
  return pieces.length === 1 ? pieces[0]! : concat(...pieces);
}
