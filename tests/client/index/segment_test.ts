import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../crypto/errors.ts";
import type { Bytes } from "../../../crypto/bytes.ts";
import { type MailRow, rowOf } from "../../../client/index/mail_row.ts";
import { Segment, SEGMENT_MAILS } from "../../../client/index/segment.ts";
import { entryOf, idOf } from "./fake_mails.ts";

const NUMBER = 3;
const FIRST = NUMBER * SEGMENT_MAILS + 1;

function row(index: number, title: string, id: Bytes = idOf(index)): MailRow {
  const place = { index, messageId: id, arrived: 1000 + index, contentLength: 1, revision: 1 };
  const also = title.length % 2 === 0 ? ["fabc"] : [];
  return rowOf({
    ...place,
    entry: { ...entryOf({ title, flags: title.length % 3 === 0 ? ["read", "own"] : [] }), also },
  });
}

/** All that a line says, in a form that can be compared. */
function told(line: MailRow | undefined): unknown {
  if (line === undefined) return null;
  const { index, id, revision, when, date, from, to, cc, bcc, title, size, flags } = line;
  const { folder, also, trashedAt, attachments, kind, thread, own, contentHash } = line;
  return [
    ...[index, id, revision, when, date, from, to, cc, bcc, title, size, flags, folder, also],
    ...[trashedAt, attachments, kind, thread, own, contentHash, line.rejected, line.repeated],
  ];
}

Deno.test("mail index: a segment has what was put in last, also when it is written and read", () => {
  const slot = fc.integer({ min: 0, max: SEGMENT_MAILS - 1 });
  const step = fc.tuple(slot, fc.option(fc.string({ maxLength: 12, unit: "binary" })));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new Map<number, MailRow>();
      const segment = Segment.empty(NUMBER);
      for (const [slot, title] of steps) {
        const index = FIRST + slot;
        if (title === null) {
          assertEquals(segment.delete(index), model.delete(index));
        } else {
          model.set(index, row(index, title.toWellFormed()));
          segment.set(model.get(index)!);
        }
      }
      const sorted = [...model.keys()].sort((a, b) => a - b);
      for (const one of [segment, Segment.decode(NUMBER, segment.encode())]) {
        assertEquals(one.indexes(), sorted);
        assertEquals(one.count, sorted.length);
        assertEquals(one.newest, sorted.length === 0 ? -Infinity : 1000 + sorted.at(-1)!);
        for (const index of sorted) {
          assertEquals(told(one.row(index)), told(model.get(index)));
          assertEquals(one.find(idOf(index)), index);
          assertEquals(one.contentHash(index), model.get(index)!.contentHash);
        }
        const bits = sorted.map((index) =>
          one.mails[(index - FIRST) >> 3]! >> ((index - FIRST) & 7)
        );
        assert(bits.every((bit) => (bit & 1) === 1));
        assertEquals(one.row(FIRST + SEGMENT_MAILS - 1) === undefined, !model.has(FIRST + 1023));
        assertEquals(one.find(idOf(FIRST - 1)), undefined);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("mail index: a segment whose mails come and go stays small and keeps them apart", () => {
  const segment = Segment.empty(NUMBER);
  for (let round = 0; round < 20; round++) {
    for (let slot = 0; slot < SEGMENT_MAILS; slot += 3) {
      segment.set(row(FIRST + slot, `round ${round}`, idOf(round * 10_000 + slot)));
    }
    for (let slot = 0; slot < SEGMENT_MAILS; slot += 6) segment.delete(FIRST + slot);
  }
  assertEquals(segment.find(idOf(19 * 10_000 + 3)), FIRST + 3);
  assertEquals(segment.find(idOf(18 * 10_000 + 3)), undefined, "another one is there now");
  assertEquals(segment.find(idOf(19 * 10_000 + 6)), undefined, "it is gone");
  assertEquals(segment.row(FIRST + 9)?.title, "round 19");
  assert(segment.encode().length < 60_000);
  segment.set(Object.assign({ ...row(FIRST + 3, "without an entry") }, { revision: 0 }));
  assertEquals(segment.row(FIRST + 3)?.title, "without an entry");
  assertEquals(Segment.decode(NUMBER, segment.encode()).has(FIRST + 3), false);
  assertEquals(Segment.decode(NUMBER, segment.encode()).count, segment.count - 1);
});

Deno.test("mail index: of a mail that is there twice, the first counts", () => {
  const segment = Segment.empty(NUMBER);
  const repeated = { ...row(FIRST, "again"), repeated: true };
  segment.set(Object.assign(repeated, { id: row(FIRST + 1, "").id }));
  segment.set(row(FIRST + 1, "first"));
  assertEquals(segment.find(idOf(FIRST + 1)), FIRST + 1);
  segment.delete(FIRST + 1);
  assertEquals(segment.find(idOf(FIRST + 1)), FIRST);
});

Deno.test("mail index: bytes of another form are an error", () => {
  const segment = Segment.empty(NUMBER);
  for (let slot = 0; slot < 5; slot++) segment.set(row(FIRST + slot, "title"));
  const good = segment.encode();
  const slots = good.length - 5 * 122;
  for (
    const bad of [
      new Uint8Array(),
      good.slice(0, -1),
      Uint8Array.of(...good, 0),
      good.with(0, 2),
      good.with(4, 6),
      // The slot of another line, and one beyond the segment.
      good.with(slots + 2, good[slots]!),
      good.with(slots + 1, 0xff),
    ]
  ) assertThrows(() => Segment.decode(NUMBER, new Uint8Array(bad)), FormatError);
});
