import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { encapsulate } from "../../crypto/composite_kem.ts";
import { encodeFields, type MailFields } from "../../crypto/envelope_fields.ts";
import { encodeHeader, type MailHeader, type Stanza } from "../../crypto/envelope_header.ts";
import { decodeHeader } from "../../crypto/envelope_header.ts";
import { type IntakeInput, intakeMail } from "../../crypto/envelope_intake.ts";
import { recipientKeys, unmaskCounter, wrapContentKey } from "../../crypto/envelope_key.ts";
import type { IntakeWarning } from "../../crypto/envelope_reject.ts";
import { openEnvelope } from "../../crypto/envelope_open.ts";
import { type SealedMail, sealMail } from "../../crypto/envelope_seal.ts";
import { sealSummary, type SignedFields } from "../../crypto/envelope_summary.ts";
import { FormatError } from "../../crypto/errors.ts";
import { sha512 } from "../../crypto/kdf.ts";
import type { Signer } from "../../crypto/sign.ts";
import {
  alice,
  bob,
  carol,
  intakeInput,
  mailFrom,
  mallory,
  NOW,
  outcome,
  REALM,
  type TestUser,
} from "./mail_fixture.ts";

/** Everything that a recipient of a mail has in hand, to be put together anew. */
interface Parts {
  header: MailHeader;
  contentKey: Bytes;
  signed: SignedFields;
}

/** A mail from alice to bob and carol, as bob has it. */
async function partsOf(mail: SealedMail): Promise<Parts> {
  const { header, contentKey, signed } = await openEnvelope(mail, { user: "bob", keys: [bob.key] });
  return { header, contentKey, signed };
}

async function assemble({ header, contentKey, signed }: Parts) {
  const bytes = encodeHeader(header);
  const summary = await sealSummary({ contentKey, headerSha512: sha512(bytes) }, signed);
  return { header: bytes, summary };
}

async function stanza(to: TestUser, header: MailHeader, contentKey: Bytes): Promise<Stanza> {
  const { ciphertext, sharedSecret } = await encapsulate(to.kem);
  const context = {
    sharedSecret,
    messageId: header.messageId,
    kemPublicKey: to.kem.publicKey,
  };
  const wrap = await wrapContentKey(await recipientKeys(context), contentKey);
  return { user: to.user, keyId: to.kem.keyId, ciphertext, wrap };
}

async function signed(fields: MailFields, signer: Signer): Promise<SignedFields> {
  const bytes = encodeFields(fields);
  return { fields: bytes, signature: await signer.sign("mail", bytes) };
}

const mail = await sealMail(mailFrom());
const another = await sealMail(mailFrom());
const parts = await partsOf(mail);

Deno.test("intake: what the server can do to a header makes the mail undecryptable", async (t) => {
  const { header } = parts;
  const [first, second, third] = header.stanzas as [Stanza, Stanza, Stanza];
  const added = await stanza(mallory, header, randomBytes(32));
  const changes: Record<string, MailHeader> = {
    "a stanza stripped": { ...header, stanzas: [first, third] },
    "a stanza added": { ...header, stanzas: [...header.stanzas, added] },
    "stanzas reordered": { ...header, stanzas: [second, first, third] },
    "another sender": { ...header, from: "carol" },
    "another fingerprint of the sender": { ...header, fromFingerprint: mallory.fingerprint },
    "another id": { ...header, messageId: another.messageId },
    "somebody else's stanza under my name": {
      ...header,
      stanzas: [{ ...first, ciphertext: second.ciphertext, wrap: second.wrap }, third],
    },
  };
  for (const [change, changed] of Object.entries(changes)) {
    await t.step(change, async () => {
      const input = intakeInput({ header: encodeHeader(changed), summary: mail.summary });
      assertEquals(await outcome(input), "undecryptable");
    });
  }
});

Deno.test("intake: bytes flipped or cut in header or summary never pass", async () => {
  for (let at = 0; at < mail.header.length; at += 211) {
    const header = mail.header.with(at, mail.header[at]! ^ 0x10) as Bytes;
    assert(await outcome(intakeInput({ ...mail, header })) !== "accepted", `header byte ${at}`);
  }
  for (let at = 0; at < mail.summary.length; at += 499) {
    const summary = mail.summary.with(at, mail.summary[at]! ^ 1) as Bytes;
    assertEquals(await outcome(intakeInput({ ...mail, summary })), "undecryptable");
  }
  for (const length of [0, 55, 56, 72, mail.summary.length - 1]) {
    const summary = mail.summary.slice(0, length);
    assertEquals(await outcome(intakeInput({ ...mail, summary })), "undecryptable");
  }
  const cut = mail.header.slice(0, -1);
  assertEquals(await outcome(intakeInput({ ...mail, header: cut })), "malformed");
});

Deno.test("intake: header of one mail with the summary of another is refused", async () => {
  const input = intakeInput({ header: mail.header, summary: another.summary });
  assertEquals(await outcome(input), "undecryptable");
});

Deno.test("intake: a key wrapped for one recipient that fits another summary is refused", async () => {
  // The salamander: carol is given another content key than bob, for the same ciphertext.
  const { header, contentKey } = parts;
  const other = await stanza(carol, header, randomBytes(32));
  const stanzas = header.stanzas.map((each) => each.user === "carol" ? other : each);
  const made = await assemble({ ...parts, header: { ...header, stanzas }, contentKey });
  assertEquals(await outcome(intakeInput(made)), "accepted");
  assertEquals(await outcome(intakeInput(made, {}, carol)), "undecryptable");
});

Deno.test("intake: a mail without my stanza, or to a key I do not have, is not for me", async () => {
  assertEquals(await outcome(intakeInput(mail, {}, mallory)), "not_sealed_to_me");
  const input = intakeInput(mail);
  const me = { ...input.me, keys: [mallory.key] };
  assertEquals(await outcome({ ...input, me }), "not_sealed_to_me");
});

Deno.test("intake: a sender whom the directory does not know is refused", async () => {
  assertEquals(await outcome(intakeInput(mail, { sender: null })), "unknown_sender");
  assertEquals(await outcome(intakeInput(mail, { sender: carol })), "unknown_sender");
});

Deno.test("intake: a forged, foreign or damaged signature is refused", async (t) => {
  const { fields, signature } = parts.signed;
  const forgeries: Record<string, SignedFields> = {
    "by another key": await signed(mail.fields, mallory.signer),
    "for another purpose": { fields, signature: await alice.signer.sign("identity", fields) },
    "Ed25519 half changed": { fields, signature: signature.with(3, signature[3]! ^ 1) as Bytes },
    "ML-DSA half changed": { fields, signature: signature.with(900, signature[900]! ^ 1) as Bytes },
    "fields re-dated": { fields: encodeFields({ ...mail.fields, date: NOW + 1 }), signature },
    "fields that are garbage": { fields: randomBytes(40), signature },
  };
  for (const [name, forged] of Object.entries(forgeries)) {
    await t.step(name, async () => {
      const made = await assemble({ ...parts, signed: forged });
      assertEquals(await outcome(intakeInput(made)), "bad_signature");
    });
  }
  await t.step("the directory has another key for the sender", async () => {
    const { signingPublicKey, fingerprint } = mallory;
    const sender = { user: "alice", signingPublicKey, fingerprint };
    assertEquals(await outcome(intakeInput(mail, { sender })), "bad_signature");
  });
});

/** What alice herself could sign wrongly, or a recipient put around what she signed. */
const LIES: Record<string, (fields: MailFields) => MailFields> = {
  other_id: (fields) => ({ ...fields, messageId: another.messageId }),
  other_sender: (fields) => ({ ...fields, from: "carol" }),
  other_fingerprint: (fields) => ({ ...fields, fromFingerprint: mallory.fingerprint }),
  other_realm: (fields) => ({ ...fields, realm: new Uint8Array(32) }),
  not_addressed_to_me: (fields) => {
    const to = fields.to.map((each) => ({ ...each, fingerprint: mallory.fingerprint }));
    return { ...fields, to };
  },
};

for (const [reason, lie] of Object.entries(LIES)) {
  Deno.test(`intake: validly signed but wrong fields are refused: ${reason}`, async () => {
    const made = await assemble({ ...parts, signed: await signed(lie(mail.fields), alice.signer) });
    assertEquals(await outcome(intakeInput(made)), reason);
  });
}

Deno.test("intake: a header that claims another key than the signing one is refused", async () => {
  const header = { ...parts.header, fromFingerprint: mallory.fingerprint };
  assertEquals(
    await outcome(intakeInput(await assemble({ ...parts, header }))),
    "other_fingerprint",
  );
});

Deno.test("intake: nobody can pass a mail on as if it had been sent to somebody else", async () => {
  const { header, contentKey } = parts;
  const forMallory = await stanza(mallory, header, contentKey);
  for (const stanzas of [[...header.stanzas, forMallory], [forMallory]]) {
    const made = await assemble({ ...parts, header: { ...header, stanzas } });
    assertEquals(await outcome(intakeInput(made, {}, mallory)), "other_recipients");
  }
  const [forBob] = header.stanzas as [Stanza];
  const cut = await assemble({ ...parts, header: { ...header, stanzas: [forBob] } });
  assertEquals(await outcome(intakeInput(cut)), "other_recipients");
});

Deno.test("intake: a changed list of recipients, signed by its changer, is not from alice", async () => {
  const to = [...mail.fields.to, { user: "mallory", fingerprint: mallory.fingerprint }];
  const counter = new Map([...mail.fields.counter, ["mallory", new Uint8Array(8)] as const]);
  const changed = await signed({ ...mail.fields, to, counter }, mallory.signer);
  const stanzas = [...parts.header.stanzas, await stanza(mallory, parts.header, parts.contentKey)];
  const made = await assemble({ ...parts, header: { ...parts.header, stanzas }, signed: changed });
  assertEquals(await outcome(intakeInput(made)), "bad_signature");
});

Deno.test("intake: my own copy is taken in although I am not named as a recipient", async () => {
  assertEquals(await outcome(intakeInput(mail, {}, alice)), "accepted");
  const input = intakeInput(mail, {}, alice);
  const me = { ...input.me, fingerprint: mallory.fingerprint };
  assertEquals(await outcome({ ...input, me }), "not_addressed_to_me");
});

Deno.test("intake: signed fields that are not canonical or not complete are malformed", async () => {
  const canonical = parts.signed.fields;
  for (const fields of [new Uint8Array([...canonical, 0]), canonical.slice(0, -1)]) {
    const signature = await alice.signer.sign("mail", fields);
    const made = await assemble({ ...parts, signed: { fields, signature } });
    assertEquals(await outcome(intakeInput(made)), "malformed");
  }
});

Deno.test("intake: a mail that was here before is refused, by id and by counter", async () => {
  assertEquals(await outcome(intakeInput(mail, { idSeen: true })), "id_seen");
  assertEquals(await outcome(intakeInput(mail, { countersSeen: [1, 1] })), "counter_seen");
  assertEquals(await outcome(intakeInput(mail, { countersSeen: [2, 5] })), "accepted");
});

Deno.test("intake: reasons are looked for in their order", async () => {
  const all: Partial<IntakeInput> = { idSeen: true, countersSeen: [1, 1], sender: null };
  assertEquals(await outcome(intakeInput(mail, all, mallory)), "not_sealed_to_me");
  assertEquals(await outcome(intakeInput(mail, all)), "unknown_sender");
  const input = intakeInput(mail, { ...all, sender: alice });
  const elsewhere = { ...input.me, realm: new Uint8Array(32) };
  assertEquals(await outcome({ ...input, me: elsewhere }), "other_realm");
  assertEquals(await outcome(input), "id_seen");
  assertEquals(REALM, input.me.realm);
});

const FIFTEEN_MINUTES_MS = 15 * 60_000;
const DATES: [number, IntakeWarning[]][] = [
  [NOW + FIFTEEN_MINUTES_MS, []],
  [NOW + FIFTEEN_MINUTES_MS + 1, ["date_differs"]],
  [NOW - FIFTEEN_MINUTES_MS, []],
  [NOW - FIFTEEN_MINUTES_MS - 1, ["date_differs"]],
];

Deno.test("intake: a date off by more than 15 minutes is a warning, no more", async () => {
  for (const [arrived, warnings] of DATES) {
    const result = await intakeMail(intakeInput(mail, { arrived }));
    assert(result.accepted);
    assertEquals(result.warnings, warnings);
  }
});

const GAPS: [number[], IntakeWarning[]][] = [
  [[1, 4], []],
  [[1, 3], ["counter_gap"]],
  [[], ["counter_gap"]],
];

Deno.test("intake: a missing earlier mail is a warning, no more", async () => {
  const fifth = await sealMail(mailFrom({ counter: new Map([["bob", 5], ["carol", 1]]) }));
  for (const [countersSeen, warnings] of GAPS) {
    const result = await intakeMail(intakeInput(fifth, { countersSeen }));
    assert(result.accepted);
    assertEquals(result.warnings, warnings);
  }
});

Deno.test("intake: random bytes are malformed, whatever they are", async () => {
  for (const length of [0, 1, 4, 5, 100, 5000]) {
    const header = randomBytes(length);
    assertEquals(await outcome(intakeInput({ header, summary: randomBytes(length) })), "malformed");
    const summary = randomBytes(length);
    assertEquals(await outcome(intakeInput({ header: mail.header, summary })), "undecryptable");
  }
  assertEquals(decodeHeader(mail.header).stanzas.length, 3);
});

Deno.test("intake: a counter is readable for its recipient and for nobody else", async () => {
  const counted = await sealMail(mailFrom({ counter: new Map([["bob", 7], ["carol", 9]]) }));
  for (const [user, expected] of [[bob, 7], [carol, 9], [alice, null]] as const) {
    const taken = await intakeMail(intakeInput(counted, {}, user));
    assert(taken.accepted);
    assertEquals(taken.counter, expected);
  }
  const { counterMask } = await openEnvelope(counted, { user: "bob", keys: [bob.key] });
  const carols = counted.fields.counter.get("carol")!;
  try {
    assertNotEquals(unmaskCounter(carols, counterMask), 9);
  } catch (error) {
    assert(error instanceof FormatError);
  }
});

Deno.test("intake: a counter that is none is malformed", async () => {
  const { counterMask } = await openEnvelope(mail, { user: "bob", keys: [bob.key] });
  // The mask itself stands for zero.
  const counter = new Map([...mail.fields.counter, ["bob", counterMask] as const]);
  const changed = await signed({ ...mail.fields, counter }, alice.signer);
  const made = await assemble({ ...parts, signed: changed });
  assertEquals(await outcome(intakeInput(made)), "malformed");
});
