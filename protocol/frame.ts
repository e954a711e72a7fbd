/**
 * Frames carry everything before the end of the handshake (afterwards there are records):
 *
 *     u8 type ‖ u24 length ‖ body
 *
 * Every type has an exact or a greatest length; both type and length are refused before a byte of
 * the body is kept, and which types may come next is known at every step.
 *
 * Bytes: docs/protocol.md, 4.
 */
import { ByteQueue } from "../crypto/byte_queue.ts";
import type { Bytes } from "../crypto/bytes.ts";
import { MailsecError } from "../crypto/errors.ts";
import {
  MAX_BUNDLE_BYTES,
  MAX_REGISTRATION_BYTES,
  MAX_REGISTRATION_RESULT_BYTES,
  MAX_REGISTRATION_START_BYTES,
} from "./limits.ts";

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
  /** M4 of a registration or a recovery. */
  M4R: 0x24,
  /** M5 of a registration or a recovery. */
  M5R: 0x25,
  /** M6 of a registration or a recovery. */
  M6R: 0x26,
} as const;

export type FrameType = typeof FrameType[keyof typeof FrameType];

/** Why a server ends a connection before any handshake. */
export const Refusal = { server_full: 1, busy: 2 } as const;
export type Refusal = keyof typeof Refusal;

// The sizes of crypto/, spelled out: the front door writes a frame and must not load that for it.
const TAG_BYTES = 16;
const KEM_PUBLIC_BYTES = 1582;
const KEM_CIPHERTEXT_BYTES = 1472;
const SIGNED_RECORD_BYTES = 1 + 32 + 4 + 8 + 8 + 1 + 1 + 1984 + KEM_PUBLIC_BYTES;
const SIGNATURE_BYTES = 3373;
const M6_FIXED_BYTES = KEM_PUBLIC_BYTES + KEM_CIPHERTEXT_BYTES + TAG_BYTES;

/** Least and greatest length of each type's body, in bytes. */
export const FRAME_LENGTHS: Readonly<Record<FrameType, readonly [min: number, max: number]>> = {
  [FrameType.IDREQ]: [0, 0],
  [FrameType.IDREC]: exactly(SIGNED_RECORD_BYTES + SIGNATURE_BYTES),
  [FrameType.REFUSED]: [1, 1],
  [FrameType.M1]: exactly(1 + 8 + KEM_CIPHERTEXT_BYTES + 1216 + TAG_BYTES),
  [FrameType.M2]: exactly(1120 + 64 + TAG_BYTES),
  [FrameType.M3]: exactly(256 + TAG_BYTES),
  [FrameType.M4]: [1 + TAG_BYTES, 320 + TAG_BYTES],
  [FrameType.M5]: exactly(64 + TAG_BYTES),
  [FrameType.M6]: [1 + M6_FIXED_BYTES, MAX_BUNDLE_BYTES + M6_FIXED_BYTES],
  [FrameType.M7]: exactly(64 + TAG_BYTES),
  [FrameType.M8]: exactly(64 + TAG_BYTES),
  [FrameType.M4R]: [1 + TAG_BYTES, MAX_REGISTRATION_START_BYTES + TAG_BYTES],
  [FrameType.M5R]: [1 + TAG_BYTES, MAX_REGISTRATION_BYTES + TAG_BYTES],
  [FrameType.M6R]: [1 + TAG_BYTES, MAX_REGISTRATION_RESULT_BYTES + TAG_BYTES],
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

/** Cuts a stream into frames, which may come in pieces of any size. */
export class FrameReader {
  readonly #queue = new ByteQueue();

  /** Takes a copy of `bytes`. */
  push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
  }

  /**
   * The next frame, or null until more bytes are pushed. Throws {@link FrameError} as soon as
   * what has come cannot be a frame of one of the `expected` types.
   */
  next(expected: readonly FrameType[]): Frame | null {
    if (this.#queue.length === 0) return null;
    const type = this.#queue.peek(1)[0] as FrameType;
    if (!expected.includes(type)) {
      throw new FrameError(`A frame of type ${type} is not expected here.`);
    }
    if (this.#queue.length < HEAD_BYTES) return null;
    const head = this.#queue.peek(HEAD_BYTES);
    const length = head[1]! << 16 | head[2]! << 8 | head[3]!;
    checkLength(type, length);
    if (this.#queue.length < HEAD_BYTES + length) return null;
    this.#queue.take(HEAD_BYTES);
    return { type, body: this.#queue.take(length) };
  }

  /** How many bytes have come that no frame was made of yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes what came behind the last frame: the first bytes of the records. */
  takeRest(): Bytes {
    return this.#queue.take(this.#queue.length);
  }
}

function checkLength(type: FrameType, length: number): void {
  const [min, max] = FRAME_LENGTHS[type];
  if (length < min || length > max) {
    throw new FrameError(
      `A frame of type ${type} has ${length} bytes; it may have ${min} to ${max}.`,
    );
  }
}

function exactly(length: number): readonly [number, number] {
  return [length, length];
}
