/** mail.json against the second implementation of docs/protocol.md, and opened by the product. */
import { assert, assertEquals } from "@std/assert";
import { importKemPrivateKey } from "../../crypto/composite_kem.ts";
import { openContent } from "../../crypto/envelope_content.ts";
import { intakeMail } from "../../crypto/envelope_intake.ts";
import { EntrySealer } from "../../crypto/sealed_entry.ts";
import type { Vector } from "../../tools/vectors/values.ts";
import { readVector } from "./files.ts";
import { type Person, person } from "./persons.ts";
import {
  cbor,
  ckOpen,
  Cutter,
  gcmSeal,
  hkdf,
  type Item,
  join,
  keyId,
  lp8,
  padded,
  type Raw,
  sha256,
  sha512,
  streamSeal,
  text,
  u16,
  u32,
  u64,
  u8,
  verifies,
  xOpen,
  xSeal,
  zeros,
} from "./primitives.ts";
import { fixedBytes } from "../../tools/vectors/fixed_randomness.ts";

const NOW = 1_760_000_000_000;
const SUBJECT = "Minutes of Tuesday – draft";

const [operator, alice, bob, carol] = await Promise.all(
  ["server", "alice", "bob", "carol"].map(person),
) as [Person, Person, Person, Person];
const readers: readonly (readonly [string, Person])[] = [["bob", bob], ["carol", carol], [
  "alice",
  alice,
]];

/** The fields that summary and sealed entry share. */
const COMMON = {
  date: NOW,
  subject: SUBJECT,
  preview: "We met. Déjà vu.",
  inReplyTo: fixedBytes("mailsec earlier mail", 16),
  references: [fixedBytes("mailsec first mail", 16), fixedBytes("mailsec earlier mail", 16)],
  attachments: [{ name: "plan.pdf", type: "application/pdf", size: 12_345 }],
  size: 12_363,
};

/** The header, made again with the ciphertexts of the given one; and the masks of the counters. */
async function headerAndMasks(
  header: Raw,
  { id, contentKey, to = readers }: { id: Raw; contentKey: Raw; to?: typeof readers },
): Promise<{ header: Raw; masks: Map<string, Raw> }> {
  const parts = [join("MSE1", u8(1), id, lp8("alice"), alice.fingerprint, u16(to.length))];
  const cutter = new Cutter(header);
  cutter.take(parts[0]!.length);
  const masks = new Map<string, Raw>();
  for (const [user, keys] of to) {
    cutter.take(1 + user.length + 8);
    const ct = cutter.take(1472);
    cutter.take(48);
    const { secret } = await ckOpen(keys, ct);
    const bound = join(id, sha256(keys.kempk));
    const kek = hkdf(secret, join("mailsec/1 wrap\0", bound), 32);
    masks.set(user, hkdf(secret, join("mailsec/1 counter\0", bound), 8));
    parts.push(lp8(user), keyId(keys.kempk), ct, gcmSeal(kek, zeros(12), contentKey));
  }
  return { header: join(...parts), masks };
}

function fieldsOf(id: Raw, mime: Raw, masks: ReadonlyMap<string, Raw>): Item {
  const masked = (user: string, n: number) => u64(n).map((byte, i) => byte ^ masks.get(user)![i]!);
  return {
    ...{ v: 1, realm: operator.fingerprint, id, from: "alice", fromFp: alice.fingerprint },
    to: [{ user: "bob", fp: bob.fingerprint }],
    cc: [{ user: "carol", fp: carol.fingerprint }],
    ...COMMON,
    ...{ contentLength: mime.length, contentSha512: sha512(mime) },
    log: { size: 3, root: sha256(text("a root")) },
    counter: { bob: masked("bob", 7), carol: masked("carol", 1) },
  };
}

Deno.test("vectors: a second implementation computes the mail", async () => {
  const vector = await readVector("mail");
  assertEquals(vector.bytes("realm"), operator.fingerprint);
  const [id, contentKey] = [vector.bytes("message id"), vector.bytes("content key")];
  const mime = vector.bytes("rfc 5322");
  const made = await headerAndMasks(vector.bytes("header"), { id, contentKey });
  assertEquals(vector.bytes("header"), made.header);
  const headerSha512 = sha512(made.header);
  assertEquals(vector.bytes("header sha512"), headerSha512);

  const fields = cbor(fieldsOf(id, mime, made.masks));
  assertEquals(vector.bytes("fields"), fields);
  const summary = vector.bytes("summary");
  checkSummary(summary, { contentKey, headerSha512, fields }, 6144);

  const content = vector.bytes("content");
  const text1024 = join(u64(mime.length), mime, zeros(1024 - 8 - mime.length));
  const about = join("mailsec/1 content\0", headerSha512);
  assertEquals(content, streamSeal(contentKey, content.slice(0, 24), about, text1024));

  checkEntries(vector, { id, contentKey, headerSha512, mime });
  await checkLongMail(vector);
  // In the test of the product, below.
  for (const name of ["bob's counter", "warnings"]) vector.text(name);
  assertEquals(vector.unread, []);
});

/** Seals a summary (10) again, of `length` bytes, with the signature that is in it. */
function checkSummary(
  summary: Raw,
  keys: Record<"contentKey" | "headerSha512" | "fields", Raw>,
  length: number,
): void {
  const { contentKey, headerSha512, fields } = keys;
  const signature = signatureIn(summary, keys, length);
  assert(verifies("mail", alice.sigpk, fields, signature));
  const used = 4 + fields.length + 3373;
  const plain = join(u32(fields.length), fields, signature, zeros(length - used));
  const context = join("mailsec/1 summary\0", headerSha512);
  assertEquals(summary, streamSeal(contentKey, summary.slice(0, 24), context, plain));
}

/** A mail to herself, of two chunks; its header's fields are all that differ in form. */
async function checkLongMail(vector: Vector): Promise<void> {
  const [id, contentKey] = [vector.bytes("long message id"), vector.bytes("long content key")];
  const to = [["alice", alice]] as const;
  const made = await headerAndMasks(vector.bytes("long header"), { id, contentKey, to });
  assertEquals(vector.bytes("long header"), made.header);
  const headerSha512 = sha512(made.header);
  const mime = fixedBytes("mailsec long mail", 16_400);
  const fields = cbor({
    ...{ v: 1, realm: operator.fingerprint, id, from: "alice", fromFp: alice.fingerprint },
    ...{ to: [{ user: "alice", fp: alice.fingerprint }], cc: [], date: NOW + 2000 },
    ...{ subject: "s".repeat(1000), preview: "é".repeat(512), inReplyTo: null },
    references: Array.from({ length: 50 }, (_, i) => fixedBytes(`mailsec mail ${i}`, 16)),
    ...{ attachments: [], size: 16_400, contentLength: mime.length, contentSha512: sha512(mime) },
    log: { size: 0, root: sha256(text("")) },
    counter: { alice: u64(1).map((byte, i) => byte ^ made.masks.get("alice")![i]!) },
  });
  checkSummary(vector.bytes("long summary"), { contentKey, headerSha512, fields }, 8192);
  const content = vector.bytes("long content");
  // Padmé: 16,408 has 15 bits, 4 of the bits after the first are kept: steps of 2^10.
  const plain = join(u64(mime.length), mime, zeros(17_408 - 8 - mime.length));
  const about = join("mailsec/1 content\0", headerSha512);
  assertEquals(content, streamSeal(contentKey, content.slice(0, 24), about, plain));
}

/** The signature in a summary: what is under the stream cipher behind the fields. */
function signatureIn(
  summary: Raw,
  { contentKey, headerSha512, fields }: Record<"contentKey" | "headerSha512" | "fields", Raw>,
  length: number,
): Raw {
  const context = join("mailsec/1 summary\0", headerSha512);
  const blank = join(u32(fields.length), fields, zeros(length - 4 - fields.length));
  const masked = streamSeal(contentKey, summary.slice(0, 24), context, blank);
  const [from, to] = [24 + 32 + 4 + fields.length, 24 + 32 + 4 + fields.length + 3373];
  return summary.slice(from, to).map((byte, i) => byte ^ masked[from + i]!);
}

function checkEntries(
  vector: Vector,
  { id, contentKey, headerSha512, mime }: Record<
    "id" | "contentKey" | "headerSha512" | "mime",
    Raw
  >,
): void {
  const key = hkdf(vector.bytes("bob's bundle key"), "mailsec/1 mailbox\0", 32);
  const entry = (name: string, revision: number, item: Item) => {
    const sealed = vector.bytes(name);
    const aad = join("mailsec/1 entry\0", operator.fingerprint, "bob", id, u32(revision));
    assertEquals(sealed, xSeal(key, sealed.slice(0, 24), padded(cbor(item), 1024), aad));
    assert(xOpen(key, sealed, aad).length % 1024 === 0);
  };
  entry("sealed entry", 1, {
    ...{ v: 2, cek: contentKey, headerSha512, from: "alice", fromFp: alice.fingerprint },
    ...{ to: ["bob"], cc: ["carol"], ...COMMON },
    ...{ contentLength: mime.length, contentSha512: sha512(mime), warnings: [] },
    ...{ kind: "mail", origin: null },
    ...{ flags: ["read"], folder: "inbox", also: [], trashed: null },
  });
  entry("sealed entry of a rejected mail", 2, {
    ...{ v: 2, rejected: "bad_signature", from: "alice", arrived: NOW + 1000 },
    ...{ flags: [], folder: "inbox", also: [], trashed: null },
  });
}

Deno.test("vectors: the product opens the mail of the file for both recipients and the sender", async () => {
  const vector = await readVector("mail");
  const realm = operator.fingerprint;
  for (const [user, keys] of readers) {
    const secret = { mlkemSeed: keys.mlKemSeed, rsaPkcs8: keys.rsaPkcs8 };
    const taken = await intakeMail({
      ...{ header: vector.bytes("header"), summary: vector.bytes("summary"), idSeen: false },
      me: {
        ...{ user, realm, fingerprint: keys.fingerprint },
        keys: [await importKemPrivateKey(secret, keys.kempk)],
      },
      sender: { user: "alice", signingPublicKey: alice.sigpk, fingerprint: alice.fingerprint },
      ...{ arrived: NOW, countersSeen: user === "bob" ? [1, 6] : [] },
    });
    assert(taken.accepted);
    assertEquals(taken.fields.subject, SUBJECT);
    assertEquals(taken.counter, user === "bob" ? 7 : user === "carol" ? 1 : null);
    assertEquals(taken.warnings.join(" "), vector.text("warnings"));
    assertEquals(await openContent(taken, vector.bytes("content")), vector.bytes("rfc 5322"));
  }
  assertEquals(vector.text("bob's counter"), "7");
  const sealer = new EntrySealer(vector.bytes("bob's bundle key"), { realm, user: "bob" });
  const place = { messageId: vector.bytes("message id"), revision: 1 };
  const entry = sealer.open(place, vector.bytes("sealed entry"));
  assertEquals(entry.rejected, null);
  assertEquals(entry.folder, "inbox");
});
