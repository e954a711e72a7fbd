/**
 * Which mails the index covers, segment by segment, without opening its tables: one small part on
 * each side, `search/coverage`. The tables themselves know better, and correct it: it may be older or
 * newer than they are, for nothing is written in one step with it.
 *
 * CBOR (docs/protocol.md, 1.6): `{v: 1, segments: [{n, covered: bytes, unreadable: bytes, stamp:
 * bytes, words, positions}]}`. On the server, `stamp` (16 bytes) tells which upload the parts of
 * the tables are of, `words` and `positions` how many parts each has; on a disk they are zeros.
 */

import { type Bytes, EMPTY, equalBytes } from "../../crypto/bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { CborFields } from "../../crypto/cbor_fields.ts";
import { FormatError } from "../../crypto/errors.ts";
import { MAIL_SET_BYTES, MailSet } from "./mail_set.ts";

export const COVERAGE = "search/coverage";
export const STAMP_BYTES = 16;
/** As many as MAX_BLOB_BYTES has room for: four million mails. */
const MAX_SEGMENTS = 900;
export const MAX_PARTS = 1000;

/** What one segment of the index covers. */
export interface SegmentCoverage {
  readonly covered: MailSet;
  readonly unreadable: MailSet;
  readonly upload: Upload | null;
}

/** Where the tables of a segment are on the server. */
export interface Upload {
  /** STAMP_BYTES, random. */
  readonly stamp: Bytes;
  /** How many parts each table has. */
  readonly words: number;
  readonly positions: number;
}

export type CoverageMap = Map<number, SegmentCoverage>;

export function encodeCoverage(map: CoverageMap): Bytes {
  const segments = [...map].sort(([a], [b]) => a - b).map(([n, { covered, unreadable, upload }]) =>
    new Map<string, CborValue>([
      ["n", n],
      ["covered", covered.bits],
      ["unreadable", unreadable.bits],
      ["stamp", upload?.stamp ?? EMPTY],
      ["words", upload?.words ?? 0],
      ["positions", upload?.positions ?? 0],
    ])
  );
  return encodeCbor(new Map<string, CborValue>([["v", 1], ["segments", segments]]));
}

/** What was encoded; null for anything else: then nothing is known to be covered. */
export function decodeCoverage(bytes: Bytes | null): CoverageMap | null {
  if (bytes === null) return null;
  try {
    const fields = new CborFields(decodeCbor(bytes, "search coverage"), "search coverage");
    fields.exactly("v", 1);
    const segments = fields.list("segments", MAX_SEGMENTS, readSegment);
    fields.end();
    return new Map(segments);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function readSegment(fields: CborFields): [number, SegmentCoverage] {
  const segment = fields.uint("n");
  const covered = new MailSet(segment, fields.bytes("covered", MAIL_SET_BYTES));
  const unreadable = new MailSet(segment, fields.bytes("unreadable", MAIL_SET_BYTES));
  const stamp = fields.bytesUpTo("stamp", STAMP_BYTES);
  const parts = {
    words: fields.uint("words", MAX_PARTS),
    positions: fields.uint("positions", MAX_PARTS),
  };
  const upload = equalBytes(stamp, EMPTY) ? null : { stamp, ...parts };
  return [segment, { covered, unreadable, upload }];
}
