/**
 * What an index is made of, on this disk or on the server: `{v: 2, modseq, shared, unsettled: [index],
 * segments: [[number, written, place, newest, mails]]}` in CBOR.
 *
 * Every stored segment begins with the modseq up to which it was complete when it was written. One
 * that has the modseq that the manifest names, or a later one, has missed nothing up to the
 * manifest's: what has changed since is asked for. One that has an earlier modseq, as when two
 * processes have written at once or a server gives what is old, is made anew (mail_index.ts).
 */

import { ByteReader, type Bytes, ByteWriter } from "../../crypto/bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { malformedIndex } from "./malformed.ts";
import { SEGMENT_MAILS } from "./segment.ts";

const VERSION = 2;

/** Where a segment is: nowhere when it could not be stored. */
const PLACES = ["none", "disk", "server"] as const;

export interface StoredSegment {
  /** The modseq with which it was written. */
  readonly written: number;
  readonly place: (typeof PLACES)[number];
  /** A bit for each of its indexes: whether there is a mail; the lowest index and bit first. */
  readonly mails: Bytes;
  /** The greatest `when` among them, ms since the epoch; -Infinity without mails. */
  readonly newest: number;
}

export interface Manifest {
  readonly modseq: number;
  /** The modseq up to which the server has the index, as far as is known; 0: it has none. */
  readonly shared: number;
  /** By number. */
  readonly segments: ReadonlyMap<number, StoredSegment>;
  /** Indexes of mails without an entry. */
  readonly unsettled: readonly number[];
}

export function encodeManifest({ modseq, shared, segments, unsettled }: Manifest): Bytes {
  const lines = [...segments].map(([number, { written, place, newest, mails }]) => (
    // Of a mail from before 1970 it is enough to know that it is old.
    [number, written, PLACES.indexOf(place), Math.max(0, Math.ceil(newest)), mails]
  ));
  return encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["modseq", modseq],
      ["shared", shared],
      ["segments", lines],
      ["unsettled", [...unsettled]],
    ]),
  );
}

/** @throws {FormatError} */
export function decodeManifest(bytes: Bytes): Manifest {
  const map = decodeCbor(bytes, "mail index");
  if (!(map instanceof Map) || map.get("v") !== VERSION) throw malformedIndex();
  const keys = ["modseq", "shared", "segments", "unsettled"];
  const [modseq, shared, segments, unsettled] = keys.map((key) => map.get(key));
  if (typeof modseq !== "number" || typeof shared !== "number") throw malformedIndex();
  if (!Array.isArray(segments) || !areNumbers(unsettled)) throw malformedIndex();
  const stored = segments.map((line): [number, StoredSegment] => {
    if (!Array.isArray(line) || line.length !== 5) throw malformedIndex();
    const [numbers, mails] = [line.slice(0, 4), line[4]];
    if (!areNumbers(numbers) || !(mails instanceof Uint8Array)) throw malformedIndex();
    const [number, written, at, newest] = numbers as [number, number, number, number];
    const place = PLACES[at];
    if (place === undefined || mails.length !== SEGMENT_MAILS / 8) throw malformedIndex();
    return [number, { written, place, newest, mails }];
  });
  return { modseq, shared, segments: new Map(stored), unsettled };
}

/** A segment as it is stored: `u64 modseq ‖ segment`. */
export function storedSegment(modseq: number, segment: Bytes): Bytes {
  return new ByteWriter(8 + segment.length).u64(modseq).bytes(segment).finish();
}

/** @throws {FormatError} */
export function readStoredSegment(bytes: Bytes): { modseq: number; segment: Bytes } {
  const reader = new ByteReader(bytes, "mail index");
  return { modseq: reader.safeU64(), segment: bytes.subarray(8) };
}

function areNumbers(value: CborValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}
