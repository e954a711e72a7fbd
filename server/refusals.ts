import { type Refusal, refusedFrame } from "../protocol/frame.ts";
import { LINGER_MS, type Socket } from "./connection.ts";

/** Refused connections that are told so at once, at most; further ones are just closed. */
const MAX_BEING_TOLD = 64;

/** Tells clients that they are not let in. The one frame the front door ever writes itself. */
export class Refusals {
  readonly #open = new Set<Socket>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  /** Sends the refusal, waits a moment for the client to close, closes. */
  async refuse(socket: Socket, why: Refusal): Promise<void> {
    if (this.#open.size >= MAX_BEING_TOLD) return socket.close();
    this.#open.add(socket);
    const timer = setTimeout(() => this.#close(socket), LINGER_MS);
    this.#timers.add(timer);
    try {
      // A few bytes into an empty send buffer: written whole.
      await socket.write(refusedFrame(why));
      await socket.closeWrite();
      // What the client has sent is read and thrown away: see LINGER_MS.
      const rest = new Uint8Array(4096);
      while (await socket.read(rest) !== null);
    } catch {
      // It went by itself, or had its time.
    }
    clearTimeout(timer);
    this.#timers.delete(timer);
    this.#close(socket);
  }

  /** Closes all that are being told. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of [...this.#open]) this.#close(socket);
  }

  #close(socket: Socket): void {
    if (this.#open.delete(socket)) socket.close();
  }
}
