/** Vector: a mail from alice to bob, with a copy for carol, and what bob's intake makes of it. */
import { utf8 } from "../../crypto/bytes.ts";
import { openContent } from "../../crypto/envelope_content.ts";
import { encodeFields } from "../../crypto/envelope_fields.ts";
import { intakeMail } from "../../crypto/envelope_intake.ts";
import { sealMail } from "../../crypto/envelope_seal.ts";
import { acceptedEntry, marksIn, type RejectedEntry } from "../../crypto/entry_fields.ts";
import { newBundleKey } from "../../crypto/key_bundle.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { EntrySealer } from "../../crypto/sealed_entry.ts";
import { fixedBytes } from "./fixed_randomness.ts";
import { loadPeople, type Name, NOW, type People, type StoredKeys } from "./people.ts";
import { Recorder, type Values } from "./values.ts";

const MIME = [
  ...["From: alice", "To: bob", "Cc: carol", "Subject: Minutes of Tuesday – draft"],
  ...["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", "We met. Déjà vu.", ""],
].join("\r\n");

/** Makes the vector; call it under fixed randomness. */
export async function makeMail(keys: StoredKeys): Promise<Values> {
  const people = await loadPeople(keys);
  const { alice, bob, server } = people;
  const values = new Recorder();
  const realm = values.put("realm", server.fingerprint);
  const mime = values.put("rfc 5322", utf8(MIME));
  const mail = await sealMail({
    ...{ signer: alice.signer, from: "alice", realm, cc: ["carol"], date: NOW, mime },
    recipients: [
      recipient(people, "bob"),
      recipient(people, "carol"),
      { ...recipient(people, "alice"), copy: true },
    ],
    subject: "Minutes of Tuesday – draft",
    preview: "We met. Déjà vu.",
    inReplyTo: fixedBytes("mailsec earlier mail", 16),
    references: [fixedBytes("mailsec first mail", 16), fixedBytes("mailsec earlier mail", 16)],
    attachments: [{ name: "plan.pdf", type: "application/pdf", size: 12_345 }],
    size: 12_363,
    counter: new Map([["bob", 7], ["carol", 1]]),
    log: { size: 3, root: sha256(utf8("a root")) },
  });
  values.put("message id", mail.messageId);
  values.put("content key", mail.contentKey);
  values.put("fields", encodeFields(mail.fields));
  values.put("header", mail.header);
  values.put("header sha512", mail.headerSha512);
  values.put("summary", mail.summary);
  values.put("content", mail.content);

  const taken = await intakeMail({
    ...{ header: mail.header, summary: mail.summary, arrived: NOW + 1000, idSeen: false },
    me: { user: "bob", keys: [bob.key], realm, fingerprint: bob.fingerprint },
    sender: {
      user: "alice",
      signingPublicKey: alice.signer.publicKey,
      fingerprint: alice.fingerprint,
    },
    countersSeen: [1, 6],
  });
  if (!taken.accepted) throw new Error(`vectors: the mail was rejected (${taken.reason})`);
  values.put("bob's counter", taken.counter!);
  values.put("warnings", taken.warnings.join(" "));
  await openContent(taken, mail.content);

  const bundleKey = values.put("bob's bundle key", newBundleKey());
  const sealer = new EntrySealer(bundleKey, { realm, user: "bob" });
  const place = { messageId: mail.messageId, revision: 1 };
  const entry = acceptedEntry(taken, marksIn("inbox", ["read"]));
  values.put("sealed entry", sealer.seal(place, entry));
  const rejected: RejectedEntry = {
    ...{ rejected: "bad_signature", from: "alice", arrived: NOW + 1000 },
    ...marksIn("inbox"),
  };
  values.put("sealed entry of a rejected mail", sealer.seal({ ...place, revision: 2 }, rejected));
  await makeLongMail(people, values);
  return values.values;
}

/** A mail of several chunks, with a summary of more than the least length. */
async function makeLongMail(people: People, values: Recorder): Promise<void> {
  const mail = await sealMail({
    ...{ signer: people.alice.signer, from: "alice", realm: people.server.fingerprint, cc: [] },
    recipients: [recipient(people, "alice")],
    ...{ date: NOW + 2000, subject: "s".repeat(1000), preview: "é".repeat(512) },
    ...{ inReplyTo: null, attachments: [], size: 16_400 },
    references: Array.from({ length: 50 }, (_, i) => fixedBytes(`mailsec mail ${i}`, 16)),
    ...{ counter: new Map([["alice", 1]]), log: { size: 0, root: sha256(utf8("")) } },
    mime: fixedBytes("mailsec long mail", 16_400),
  });
  values.put("long message id", mail.messageId);
  values.put("long content key", mail.contentKey);
  values.put("long header", mail.header);
  values.put("long summary", mail.summary);
  values.put("long content", mail.content);
}

function recipient(people: People, user: Name) {
  return { user, kem: people[user].kem, fingerprint: people[user].fingerprint };
}
