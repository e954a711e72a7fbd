/** What somebody on the line may do to one frame of a handshake. */
import { type Bytes, concat, randomBytes } from "../../crypto/bytes.ts";
import { encodeFrame, FRAME_LENGTHS, FrameType } from "../../protocol/frame.ts";

/** What may be made of a frame on its way; `earlier` are the frames before it, in its direction. */
export type Tampering = (frame: Bytes, earlier: Bytes[]) => Bytes | null;

function withHead(frame: Bytes, type: number, length: number): Bytes {
  const changed = frame.slice();
  new DataView(changed.buffer).setUint32(0, type * 0x100_0000 + length);
  return changed;
}

function flipped(frame: Bytes, at: number): Bytes {
  const changed = frame.slice();
  changed[at]! ^= 1;
  return changed;
}

function frameOf(type: FrameType): Bytes {
  return encodeFrame(type, randomBytes(FRAME_LENGTHS[type][1]));
}

export const TAMPERINGS: Record<string, Tampering> = {
  "cut in its middle": (frame) => frame.slice(0, frame.length >> 1),
  "cut by one byte": (frame) => frame.slice(0, -1),
  "cut in its head": (frame) => frame.slice(0, 3),
  "dropped": () => null,
  "lengthened by one byte": (frame) => concat(frame, Uint8Array.of(0)),
  "with a length one too small": (frame) =>
    withHead(frame, frame[0]!, frame.length - 5).slice(0, -1),
  "with a length one too great": (frame) =>
    withHead(concat(frame, Uint8Array.of(0)), frame[0]!, frame.length - 3),
  "of 16 MiB": (frame) => withHead(frame, frame[0]!, 0xff_ffff),
  "without a body": (frame) => withHead(frame, frame[0]!, 0).slice(0, 4),
  "of an unknown type": (frame) => withHead(frame, 0x7f, frame.length - 4),
  "of random bytes": (frame) => encodeFrame(frame[0] as FrameType, randomBytes(frame.length - 4)),
  "all zeros inside": (frame) =>
    encodeFrame(frame[0] as FrameType, new Uint8Array(frame.length - 4)),
  "changed in its first bit": (frame) => flipped(frame, 4),
  "changed in its middle": (frame) => flipped(frame, (frame.length + 4) >> 1),
  "changed in its last bit": (frame) => flipped(frame, frame.length - 1),
  "sent twice at once": (frame) => concat(frame, frame),
  "replaced by the one before": (_, earlier) => earlier.at(-1) ?? frameOf(FrameType.M7),
  "replaced by garbage": () => randomBytes(500).fill(0xee, 0, 1),
  "replaced by IDREQ": () => encodeFrame(FrameType.IDREQ, new Uint8Array(0)),
};

for (const type of Object.values(FrameType)) {
  const name = Object.keys(FrameType).find((key) => FrameType[key as "M1"] === type);
  TAMPERINGS[`replaced by a random ${name}`] = () => frameOf(type);
}

/** Which tamperings are only wrong once nothing follows. */
export function isIncomplete(name: string): boolean {
  return name.startsWith("cut");
}

/** Which tamperings leave a frame as good as it was. */
export function isHarmless(name: string, frame: string): boolean {
  return name === `replaced by ${frame}` || name === `replaced by a random ${frame}` &&
      frame === "IDREQ";
}
