/**
 * What an index on disk is made of: `{v: 1, modseq, segments: [[number, modseq]], unsettled:
 * [index]}` in CBOR. Every stored segment begins with the modseq up to which it was complete when it
 * was written. While it has the modseq that the manifest names, it is complete up to the
 * manifest's; another process may have put another one in its place, which is complete up to its own.
 * So, whoever wrote what in whatever order, all changes since the least of these make it complete.
 */

import { ByteReader, type Bytes, ByteWriter } from "../../crypto/bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { FormatError } from "../../crypto/errors.ts";

const VERSION = 1;

export interface Manifest {
  readonly modseq: number;
  /** The modseq with which each segment was written, by its number. */
  readonly segments: ReadonlyMap<number, number>;
  /** Indexes of mails without an entry. */
  readonly unsettled: readonly number[];
}

export function encodeManifest({ modseq, segments, unsettled }: Manifest): Bytes {
  return encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["modseq", modseq],
      ["segments", [...segments].map(([number, written]) => [number, written])],
      ["unsettled", [...unsettled]],
    ]),
  );
}

/** @throws {FormatError} */
export function decodeManifest(bytes: Bytes): Manifest {
  const map = decodeCbor(bytes, "mail index");
  if (!(map instanceof Map) || map.get("v") !== VERSION) throw malformed();
  const [modseq, segments, unsettled] = ["modseq", "segments", "unsettled"].map((key) =>
    map.get(key)
  );
  if (typeof modseq !== "number" || !Array.isArray(segments) || !areNumbers(unsettled)) {
    throw malformed();
  }
  const written = segments.map((pair): [number, number] => {
    if (!areNumbers(pair) || pair.length !== 2) throw malformed();
    return [pair[0]!, pair[1]!];
  });
  return { modseq, segments: new Map(written), unsettled };
}

/** A segment as it is stored: `u64 modseq ‖ segment`. */
export function storedSegment(modseq: number, segment: Bytes): Bytes {
  return new ByteWriter(8 + segment.length).u64(modseq).bytes(segment).finish();
}

/** @throws {FormatError} */
export function readStoredSegment(bytes: Bytes): { modseq: number; segment: Bytes } {
  const reader = new ByteReader(bytes, "mail index");
  return { modseq: reader.safeU64(), segment: reader.rest() };
}

function areNumbers(value: CborValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function malformed(): FormatError {
  return new FormatError("The mail index is not of this form.");
}
