import type { Bytes } from "../crypto/bytes.ts";
import type { Frame, FrameType } from "./frame.ts";
import { encodeFrame, FrameError, FrameReader } from "./frame.ts";

interface Awaited {
  readonly types: readonly FrameType[];
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/**
 * One end of the frames of a handshake, which strictly take turns: a step waits for the frame it
 * needs, and no other may come. Bytes go in with `push`, whoever drives the handshake takes frames
 * out with `receive`.
 */
export class FrameChannel {
  readonly #write: (bytes: Bytes) => void;
  readonly #reader = new FrameReader();
  #awaited: Awaited | null = null;
  /** Why no more bytes come; frames that are there already can still be received. */
  #ended: Error | null = null;
  /** Resolved while a step waits for bytes; a new one when a frame was taken. */
  #hungry = Promise.withResolvers<void>();
  #isHungry = false;

  constructor(write: (bytes: Bytes) => void) {
    this.#write = write;
  }

  /** Takes a copy of `bytes`. Resolves when more are wanted, or no longer matter. */
  push(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== null) return Promise.resolve();
    this.#reader.push(bytes);
    this.#deliver();
    return this.#hungry.promise;
  }

  /** No more bytes will come: who waits for a frame that is not there gets `error`. */
  end(error: Error): void {
    this.#ended ??= error;
    this.#awaited?.reject(this.#ended);
    this.#awaited = null;
    this.#setHungry();
  }

  /** Writes one frame, or nothing after the end. Throws FrameError for a wrong length. */
  send(type: FrameType, body: Uint8Array): void {
    const frame = encodeFrame(type, body);
    if (this.#ended === null) this.#write(frame);
  }

  /** The next frame. Rejects with FrameError when it is not one of `types`, or of a wrong length. */
  receive(...types: FrameType[]): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    this.#awaited = { types, resolve, reject };
    this.#deliver();
    if (this.#ended !== null) this.end(this.#ended);
    return promise;
  }

  /** Throws FrameError when the peer said more than its turn allowed. */
  assertNothingWaits(): void {
    if (this.#reader.waiting > 0) {
      throw new FrameError("Bytes came behind a frame that needed an answer.");
    }
  }

  /** Ends the frames and gives what came behind the last one: the first bytes of the records. */
  finish(): Bytes {
    this.end(new FrameError("The handshake is over."));
    return this.#reader.takeRest();
  }

  #deliver(): void {
    if (this.#awaited === null) return;
    try {
      const frame = this.#reader.next(this.#awaited.types);
      if (frame === null) return this.#setHungry();
      this.#awaited.resolve(frame);
      this.#awaited = null;
      if (this.#isHungry) this.#hungry = Promise.withResolvers<void>();
      this.#isHungry = false;
    } catch (error) {
      this.end(error as Error);
    }
  }

  #setHungry(): void {
    this.#isHungry = true;
    this.#hungry.resolve();
  }
}
