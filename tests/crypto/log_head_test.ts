import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, concat, randomBytes, toBase64Url, utf8 } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { type LogHead, makeLogHead, parseLogHead, verifyLogHead } from "../../crypto/log_head.ts";
import { EMPTY_ROOT } from "../../crypto/merkle.ts";
import { generateSigningKeyPair, importSigner, verifySignature } from "../../crypto/sign.ts";
import { MAX_LOG_HEAD_BYTES } from "../../protocol/limits.ts";
import { refusal } from "./tampering.ts";

const newSigner = async () => await importSigner((await generateSigningKeyPair()).secret);
const [root, otherRoot] = await Promise.all([newSigner(), newSigner()]);
const realm = fingerprintOf(root.publicKey);
const head: LogHead = { realm, size: 1234, root: sha256(utf8("a root")) };
const signed = await makeLogHead(root, head);
const trusted = { realm, signingKey: root.publicKey };

const name = `mailsec/${toBase64Url(realm)}`;
const [, , , , signatureLine = ""] = signed.note.split("\n");
const signature = Uint8Array.fromBase64(signatureLine.split(" ")[2]!);

/** A note with these parts, signed anew unless the signature is given. */
function noteOf(
  {
    origin = name,
    size = "1234",
    rootText = head.root.toBase64(),
    signer = name,
    bytes = signature,
  },
): string {
  return `${origin}\n${size}\n${rootText}\n\n\u2014 ${signer} ${bytes.toBase64()}\n`;
}

Deno.test("log head: what is made is read back and verifies", async () => {
  assertEquals(parseLogHead(signed.note), head);
  assertEquals(await verifyLogHead(signed.note, trusted), signed);
  assertEquals(signed, { ...head, note: signed.note });
});

Deno.test("log head: it is the documented text, key id and signature", async () => {
  const text = `${name}\n1234\n${head.root.toBase64()}\n`;
  assertEquals(signed.note, `${text}\n\u2014 ${name} ${signature.toBase64()}\n`);
  const keyed = concat(utf8(`${name}\n`), Uint8Array.of(0xff), utf8("mailsec/1 log-head"));
  assertEquals(signature.slice(0, 4), sha256(concat(keyed, root.publicKey)).slice(0, 4));
  const part = { message: utf8(text), signature: signature.slice(4) };
  assert(await verifySignature(root.publicKey, { purpose: "log-head", ...part }));
  assert(!await verifySignature(root.publicKey, { purpose: "server-record", ...part }));
});

Deno.test("log head: an empty log and the greatest one have heads", async () => {
  for (const size of [0, 1, Number.MAX_SAFE_INTEGER]) {
    const made = await makeLogHead(root, { realm, size, root: EMPTY_ROOT });
    assertEquals((await verifyLogHead(made.note, trusted)).size, size);
    assert(utf8(made.note).length <= MAX_LOG_HEAD_BYTES);
  }
  for (const size of [-1, 1.5, 2 ** 53]) {
    await assertRejects(() => makeLogHead(root, { ...head, size }), FormatError);
  }
  for (const part of [{ root: new Uint8Array(31) }, { realm: new Uint8Array(33) }]) {
    await assertRejects(() => makeLogHead(root, { ...head, ...part }), FormatError);
  }
});

Deno.test("log head: size, root, realm, key id and signature are all bound", async () => {
  const other = toBase64Url(randomBytes(32));
  const flip = (at: number) => signature.with(at, signature[at]! ^ 1) as Bytes;
  const changed: Record<string, string> = {
    "a greater size": noteOf({ size: "1235" }),
    "a smaller size": noteOf({ size: "0" }),
    "another root": noteOf({ rootText: sha256(head.root).toBase64() }),
    "another realm": noteOf({ origin: `mailsec/${other}`, signer: `mailsec/${other}` }),
    "another key id": noteOf({ bytes: flip(0) }),
    "the last byte of the key id": noteOf({ bytes: flip(3) }),
    "the Ed25519 half": noteOf({ bytes: flip(4) }),
    "the end of the Ed25519 half": noteOf({ bytes: flip(67) }),
    "the ML-DSA half": noteOf({ bytes: flip(68) }),
    "the end of the ML-DSA half": noteOf({ bytes: flip(signature.length - 1) }),
    "the signature of another head": noteOf({ bytes: randomBytes(signature.length) }),
  };
  for (const [what, note] of Object.entries(changed)) {
    assertEquals(await refusal(verifyLogHead(note, trusted)), "log_head", what);
  }
});

Deno.test("log head: the head of another server or key is refused", async () => {
  const forged = await makeLogHead(otherRoot, head);
  assertEquals(await refusal(verifyLogHead(forged.note, trusted)), "log_head");
  const elsewhere = { realm: fingerprintOf(otherRoot.publicKey), signingKey: root.publicKey };
  assertEquals(await refusal(verifyLogHead(signed.note, elsewhere)), "log_head");
  // Signed by the right key, under the key id of another one.
  const swapped = concat(forgedKeyId(forged.note), signature.slice(4));
  assertEquals(await refusal(verifyLogHead(noteOf({ bytes: swapped }), trusted)), "log_head");
});

function forgedKeyId(note: string): Bytes {
  return Uint8Array.fromBase64(note.split("\n")[4]!.split(" ")[2]!).slice(0, 4);
}

const MALFORMED: Record<string, string> = {
  "empty": "",
  "no signature": `${name}\n1234\n${head.root.toBase64()}\n`,
  "no signature, with the blank line": `${name}\n1234\n${head.root.toBase64()}\n\n`,
  "a line feed missing": signed.note.slice(0, -1),
  "a line feed more": `${signed.note}\n`,
  "carriage returns": signed.note.replaceAll("\n", "\r\n"),
  "a blank in front": ` ${signed.note}`,
  "two signatures": signed.note + `${signatureLine}\n`,
  "an extension line": signed.note.replace("\n\n", "\nmore\n\n"),
  "a size with a leading zero": noteOf({ size: "01234" }),
  "no size": noteOf({ size: "" }),
  "a negative size": noteOf({ size: "-1" }),
  "a size in hexadecimal": noteOf({ size: "0x4d2" }),
  "a size that is not safe": noteOf({ size: "9007199254740992" }),
  "a size of 17 digits": noteOf({ size: "10000000000000000" }),
  "a hyphen for the dash": signed.note.replace("\u2014", "-"),
  "a root in base64url": noteOf({ rootText: "-".repeat(43) + "=" }),
  "a root that is short": noteOf({ rootText: randomBytes(31).toBase64() }),
  "a root with bits left over": noteOf({ rootText: "A".repeat(42) + "B=" }),
  "a root without padding": noteOf({ rootText: "A".repeat(43) }),
  "an origin without the product": noteOf({ origin: toBase64Url(realm) }),
  "an origin of another product": noteOf({ origin: name.replace("mailsec", "mailsek") }),
  "a realm with bits left over": noteOf({
    origin: `mailsec/${"A".repeat(42)}B`,
    signer: `mailsec/${"A".repeat(42)}B`,
  }),
  "a signature by another name": noteOf({ signer: `mailsec/${"A".repeat(43)}` }),
  "a signature that is short": noteOf({ bytes: signature.slice(0, -1) }),
  "a signature that is long": noteOf({ bytes: concat(signature, Uint8Array.of(0)) }),
  "a signature without a key id": noteOf({ bytes: signature.slice(4) }),
};

Deno.test("log head: anything but the one form is a FormatError with a hint", async (t) => {
  for (const [what, note] of Object.entries(MALFORMED)) {
    await t.step(what, async () => {
      const error = assertThrows(() => parseLogHead(note), FormatError);
      assert(error.hint !== undefined);
      await assertRejects(() => verifyLogHead(note, trusted), FormatError);
    });
  }
});

Deno.test("log head: any text is a FormatError, or the one form of the head it is read as", () => {
  const places = fc.nat(signed.note.length - 1);
  fc.assert(fc.property(places, fc.string({ maxLength: 3 }), (at, inserted) => {
    const note = signed.note.slice(0, at) + inserted + signed.note.slice(at + inserted.length);
    try {
      const read = parseLogHead(note);
      const origin = `mailsec/${toBase64Url(read.realm)}`;
      assert(
        note.startsWith(`${origin}\n${read.size}\n${read.root.toBase64()}\n\n\u2014 ${origin} `),
      );
    } catch (error) {
      assert(error instanceof FormatError, String(error));
    }
  }));
});
