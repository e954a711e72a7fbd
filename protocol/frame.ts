/**
 * Frames carry everything before the end of the handshake (afterwards there are records):
 *
 *     u8 type ‖ u24 length ‖ body
 *
 * Every type has an exact or a greatest length; both type and length are refused before a byte of
 * the body is kept, and which types may come next is known at every step.
 */
import type { Bytes } from "../crypto/bytes.ts";
import { MailsecError } from "../crypto/errors.ts";
import { MAX_BUNDLE_BYTES, MAX_REGISTRATION_BYTES } from "./limits.ts";

export const FrameType = {
  /** C→S: asks for the server record. */
  IDREQ: 0x01,
  /** S→C: the server record. */
  IDREC: 0x02,
  /** S→C: u8 code, see {@link Refusal}. */
  REFUSED: 0x03,
  M1: 0x11,
  M2: 0x12,
  M3: 0x13,
  M4: 0x14,
  M5: 0x15,
  M6: 0x16,
  M7: 0x17,
  M8: 0x18,
  /** M5 of a registration. */
  M5R: 0x25,
  /** M6 of a registration. */
  M6R: 0x26,
} as const;

export type FrameType = typeof FrameType[keyof typeof FrameType];

/** Why a server ends a connection before any handshake. */
export const Refusal = { server_full: 1, busy: 2 } as const;
export type Refusal = keyof typeof Refusal;

const TAG_BYTES = 16;

/** Least and greatest length of each type's body, in bytes. */
export const FRAME_LENGTHS: Readonly<Record<FrameType, readonly [min: number, max: number]>> = {
  [FrameType.IDREQ]: [0, 0],
  [FrameType.IDREC]: [1, 8 * 1024],
  [FrameType.REFUSED]: [1, 1],
  [FrameType.M1]: exactly(1 + 8 + 1472 + 1216 + TAG_BYTES),
  [FrameType.M2]: exactly(1120 + 64 + TAG_BYTES),
  [FrameType.M3]: exactly(256 + TAG_BYTES),
  [FrameType.M4]: [1 + TAG_BYTES, 320 + TAG_BYTES],
  [FrameType.M5]: exactly(64 + TAG_BYTES),
  [FrameType.M6]: [1 + 1582 + 1472 + TAG_BYTES, 1582 + 1472 + MAX_BUNDLE_BYTES + TAG_BYTES],
  [FrameType.M7]: exactly(64 + TAG_BYTES),
  [FrameType.M8]: exactly(64 + TAG_BYTES),
  [FrameType.M5R]: [1 + TAG_BYTES, MAX_REGISTRATION_BYTES + TAG_BYTES],
  [FrameType.M6R]: [1 + TAG_BYTES, 1024 + TAG_BYTES],
};

const HEAD_BYTES = 4;

/** A frame that must not be: an unexpected type or a wrong length. Code `frame`. */
export class FrameError extends MailsecError {
  override readonly name = "FrameError";

  constructor(message: string) {
    super("frame", message);
  }
}

export interface Frame {
  readonly type: FrameType;
  readonly body: Bytes;
}

/** One frame as bytes. Throws {@link FrameError} for a body that its type does not allow. */
export function encodeFrame(type: FrameType, body: Uint8Array): Bytes {
  checkLength(type, body.length);
  const frame = new Uint8Array(HEAD_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, type * 0x100_0000 + body.length);
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** The frame with which a server declines to talk. */
export function refusedFrame(code: Refusal): Bytes {
  return encodeFrame(FrameType.REFUSED, Uint8Array.of(Refusal[code]));
}

/** What a REFUSED frame's body says; a code of a later version reads as `busy`. */
export function readRefusal(body: Uint8Array): Refusal {
  return body[0] === Refusal.server_full ? "server_full" : "busy";
}

/**
 * Cuts a stream into frames. Bytes are copied once, into the frame they belong to; what comes
 * behind an unfinished read stays queued as it came.
 */
export class FrameReader {
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headLength = 0;
  #body: Bytes | null = null;
  #bodyLength = 0;
  #queue: Uint8Array[] = [];

  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#queue.push(bytes);
  }

  /**
   * The next frame, or null until more bytes are pushed. Throws {@link FrameError} as soon as
   * what has come cannot be a frame of one of the `expected` types.
   */
  next(expected: readonly FrameType[]): Frame | null {
    this.#headLength += this.#fill(this.#head, this.#headLength);
    const type = this.#head[0] as FrameType;
    if (this.#headLength > 0 && !expected.includes(type)) {
      throw new FrameError(`frame type ${type} is not expected here`);
    }
    if (this.#headLength < HEAD_BYTES) return null;
    this.#body ??= new Uint8Array(this.#checkedLength(type));
    this.#bodyLength += this.#fill(this.#body, this.#bodyLength);
    if (this.#bodyLength < this.#body.length) return null;
    const frame = { type, body: this.#body };
    this.#headLength = this.#bodyLength = 0;
    this.#body = null;
    return frame;
  }

  /** Whether bytes are there that no frame was made of yet. */
  get hasBytes(): boolean {
    return this.#headLength > 0 || this.#queue.length > 0;
  }

  /** Takes what came behind the last frame: the first bytes of the records. */
  takeRest(): Uint8Array[] {
    if (this.#headLength > 0) throw new FrameError("a frame was begun");
    return this.#queue.splice(0);
  }

  #checkedLength(type: FrameType): number {
    const length = new DataView(this.#head.buffer).getUint32(0) & 0xff_ffff;
    checkLength(type, length);
    return length;
  }

  #fill(target: Uint8Array, from: number): number {
    let at = from;
    while (at < target.length && this.#queue.length > 0) {
      const first = this.#queue[0]!;
      const piece = first.subarray(0, target.length - at);
      target.set(piece, at);
      at += piece.length;
      if (piece.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(piece.length);
    }
    return at - from;
  }
}

function checkLength(type: FrameType, length: number): void {
  const [min, max] = FRAME_LENGTHS[type];
  if (length < min || length > max) {
    throw new FrameError(`${length} bytes in a frame of type ${type}, ${min} to ${max} may be`);
  }
}

function exactly(length: number): readonly [number, number] {
  return [length, length];
}
