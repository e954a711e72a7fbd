import { assertEquals, assertThrows } from "@std/assert";
import { type Bytes, ByteWriter, concat, randomBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import {
  makeServerRecord,
  parseServerRecord,
  SERVER_RECORD_BYTES,
  type ServerRecord,
  verifyServerRecord,
} from "../../crypto/server_record.ts";
import { generateSigningKeyPair, importSigner } from "../../crypto/sign.ts";
import { refusal } from "./tampering.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = 1_760_000_000_000;
const newSigner = async () => await importSigner((await generateSigningKeyPair()).secret);
const [root, otherRoot] = await Promise.all([newSigner(), newSigner()]);
// The records carry KEM keys as bytes; nothing here encapsulates to them.
const kemPublicKey = randomBytes(1582);

const validity = { seq: 3, notBefore: NOW, notAfter: NOW + 120 * DAY_MS };
const record = await makeServerRecord({ signer: root, kemPublicKey, ...validity });
const rootFingerprint = fingerprintOf(root.publicKey);
const pinned = { realm: record.realm, rootFingerprint, seq: 3 };

/** A record with other bytes in front of the keys, signed by the root key as it should be. */
async function recordWith(
  changes: { realm?: Bytes; versions?: [number, number] },
): Promise<ServerRecord> {
  const [min, max] = changes.versions ?? [1, 1];
  const signed = new ByteWriter()
    .u8(1).bytes(changes.realm ?? rootFingerprint).u32(3).u64(NOW).u64(NOW + DAY_MS)
    .u8(min).u8(max).bytes(root.publicKey).bytes(kemPublicKey).finish();
  return parseServerRecord(concat(signed, await root.sign("server-record", signed)));
}

Deno.test("server record: what is made is read back and can be trusted", async () => {
  assertEquals(record.bytes.length, SERVER_RECORD_BYTES);
  const read = parseServerRecord(record.bytes);
  assertEquals(read, record);
  assertEquals(read.realm, rootFingerprint);
  assertEquals([read.seq, read.minVersion, read.maxVersion], [3, 1, 1]);
  await verifyServerRecord(read, { now: NOW });
  await verifyServerRecord(read, { now: NOW, pinned });
});

Deno.test("server record: it has the documented bytes", async () => {
  const versions: [number, number] = [1, 1];
  const { bytes } = await recordWith({ versions });
  const front = concat(
    Uint8Array.of(1),
    rootFingerprint,
    Uint8Array.of(0, 0, 0, 3),
    new ByteWriter().u64(NOW).u64(NOW + DAY_MS).finish(),
    Uint8Array.of(1, 1),
    root.publicKey,
    kemPublicKey,
  );
  assertEquals(bytes.slice(0, front.length), front);
  assertEquals(bytes.length, front.length + 3373);
});

const TIMES: [number, boolean][] = [
  [NOW - DAY_MS - 1, false],
  [NOW - DAY_MS, true],
  [validity.notAfter, true],
  [validity.notAfter + 1, false],
];

Deno.test("server record: an expired one, or one of the future, is refused", async () => {
  for (const [now, valid] of TIMES) {
    const verified = verifyServerRecord(record, { now });
    if (valid) await verified;
    else assertEquals(await refusal(verified), "record_expired");
  }
});

Deno.test("server record: one older than the pinned one is refused, a newer one is not", async () => {
  const rolledBack = verifyServerRecord(record, { now: NOW, pinned: { ...pinned, seq: 4 } });
  assertEquals(await refusal(rolledBack), "record_rollback");
  await verifyServerRecord(record, { now: NOW, pinned: { ...pinned, seq: 2 } });
});

Deno.test("server record: a range of versions without ours is refused", async () => {
  for (const versions of [[2, 3], [0, 0]] as [number, number][]) {
    const verified = verifyServerRecord(await recordWith({ versions }), { now: NOW });
    assertEquals(await refusal(verified), "record_version");
  }
  await verifyServerRecord(await recordWith({ versions: [0, 9] }), { now: NOW });
});

Deno.test("server record: another root key or realm than the pinned one is a changed server", async () => {
  const other = await makeServerRecord({ signer: otherRoot, kemPublicKey, ...validity });
  assertEquals(await refusal(verifyServerRecord(other, { now: NOW, pinned })), "server_changed");
  const elsewhere = { ...pinned, realm: new Uint8Array(32) };
  const verified = verifyServerRecord(record, { now: NOW, pinned: elsewhere });
  assertEquals(await refusal(verified), "server_changed");
});

Deno.test("server record: nobody can take the realm of another server", async () => {
  const borrowed = await recordWith({ realm: fingerprintOf(otherRoot.publicKey) });
  assertEquals(await refusal(verifyServerRecord(borrowed, { now: NOW })), "record_realm");
});

Deno.test("server record: any changed byte is refused", async () => {
  for (let at = 0; at < record.bytes.length; at += 97) {
    const bytes = record.bytes.with(at, record.bytes[at]! ^ 1) as Bytes;
    if (at === 0) assertThrows(() => parseServerRecord(bytes), FormatError);
    else {
      const changed = verifyServerRecord(parseServerRecord(bytes), { now: NOW });
      assertEquals(await refusal(changed), "record_signature");
    }
  }
});

Deno.test("server record: cut, longer or random bytes are a FormatError", () => {
  const cuts = [0, 1, 100, record.bytes.length - 1].map((length) => record.bytes.slice(0, length));
  for (const bytes of [...cuts, concat(record.bytes, Uint8Array.of(0)), randomBytes(300)]) {
    assertThrows(() => parseServerRecord(bytes), FormatError);
  }
  const late = record.bytes.slice().fill(255, 37, 45);
  assertThrows(() => parseServerRecord(late), FormatError);
});
