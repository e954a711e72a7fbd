import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { toHex } from "../../crypto/bytes.ts";
import { importKemPublicKey } from "../../crypto/composite_kem.ts";
import { EMPTY_LOG } from "../../crypto/envelope_fields.ts";
import { REJECT_REASONS, type RejectReason } from "../../crypto/envelope_reject.ts";
import { type MailToSeal, sealMail } from "../../crypto/envelope_seal.ts";
import { FormatError } from "../../crypto/errors.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import type { Signer } from "../../crypto/sign.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { KeyChangedError, RejectedMailError } from "../../client/errors.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { composeMime } from "../../client/mime_compose.ts";
import { FakeServer, makePerson, type Person } from "./fake_server.ts";

let made: Promise<Person[]> | undefined;

/** Alice, bob, mallory, and another bob: keys are made once for all tests. */
async function people(): Promise<[Person, Person, Person, Person]> {
  made ??= Promise.all(["alice", "bob", "mallory", "bob"].map(makePerson));
  const [alice, bob, mallory, otherBob] = await made;
  return [alice!, bob!, mallory!, otherBob!];
}

async function office() {
  const [alice, bob, mallory, otherBob] = await people();
  const server = new FakeServer();
  const aliceBox = new Mailbox(await server.join(alice));
  const bobBox = new Mailbox(await server.join(bob));
  await server.join(mallory);
  return { server, alice, bob, mallory, otherBob, aliceBox, bobBox };
}

async function recipient(person: Person) {
  const { user, identity } = person;
  return {
    user,
    fingerprint: identity.fingerprint,
    kem: await importKemPublicKey(identity.kemPublicKey),
  };
}

/** A mail from alice to bob, sealed with whatever is to be wrong about it. */
async function forge(
  server: FakeServer,
  changes: Partial<MailToSeal> & { by?: Person; to?: Person[] } = {},
) {
  const [alice, bob] = await people();
  const { by = alice, to = [bob], ...rest } = changes;
  const named = await Promise.all(to.map(recipient));
  const copy = to.some(({ user }) => user === by.user)
    ? []
    : [{ ...await recipient(by), copy: true as const }];
  const mail = { from: by.user, to: to.map(({ user }) => user), title: "t", dateMs: Date.now() };
  return await sealMail({
    signer: by.keys.signer,
    from: by.user,
    realm: server.realm,
    recipients: [...named, ...copy],
    cc: [],
    counter: new Map(to.map(({ user }) => [user, 1])),
    log: EMPTY_LOG,
    mime: await composeMime({
      ...{ ...mail, body: new TextEncoder().encode("forged") },
      messageId: new Uint8Array(16),
    }),
    date: Date.now(),
    subject: "forged",
    preview: "forged",
    inReplyTo: null,
    references: [],
    attachments: [],
    size: 6,
    ...rest,
  });
}

function flipped(bytes: Uint8Array<ArrayBuffer>, at: number) {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

Deno.test("trust: the first keys seen are pinned, and stay pinned on every device", async () => {
  const { server, bob, alice, aliceBox, bobBox } = await office();
  await aliceBox.send({ to: ["bob"], title: "hello", body: "" });
  await bobBox.list();
  const elsewhere = await server.login(alice);
  const pin = elsewhere.state.current.pins.get("bob")!;
  assertEquals(toHex(pin.fingerprint), toHex(bob.identity.fingerprint));
  assertEquals([pin.epoch, pin.trust], [1, "seen"]);
  const reader = await server.login(bob);
  assertEquals([...reader.state.current.pins.keys()], ["alice"]);
});

Deno.test("trust: changed keys stop sending until they are accepted", async () => {
  const { server, alice, otherBob, mallory, aliceBox } = await office();
  await aliceBox.send({ to: ["bob"], title: "hello", body: "" });
  server.register(otherBob);
  const box = new Mailbox(await server.login(alice));
  const mail = { to: ["mallory", "bob"], title: "secret", body: "" };
  const mails = server.mails.size;
  for (const attempt of [() => box.send(mail), () => box.checkRecipients(["bob"])]) {
    const error = await assertRejects(attempt, KeyChangedError);
    assertEquals([error.code, error.names], ["key_changed", ["bob"]]);
    assert(error.changes[0]!.before !== error.changes[0]!.now);
    assertStringIncludes(error.message, error.changes[0]!.now);
  }
  const shown = formatFingerprint(otherBob.identity.fingerprint);
  const accept = (user: string, fingerprint: string) =>
    box.send({ ...mail, acceptChangedKeys: new Map([[user, fingerprint]]) });
  await assertRejects(
    () => accept("mallory", formatFingerprint(mallory.identity.fingerprint)),
    KeyChangedError,
  );
  await assertRejects(() => accept("bob", shown.slice(0, -5)), FormatError);
  assertEquals(server.mails.size, mails);
  await accept("Bob", shown.toLowerCase().replaceAll("-", ""));
  await box.send(mail);
  assertEquals(server.mails.size, mails + 2);
  const pin = (await server.login(alice)).state.current.pins.get("bob")!;
  assertEquals(pin.trust, "seen");
  const back = new Mailbox(await server.login(alice));
  server.register((await people())[1]);
  await assertRejects(() => back.send(mail), KeyChangedError);
});

Deno.test("trust: accepted are the keys that were shown, not what comes after them", async () => {
  const { server, alice, otherBob, aliceBox } = await office();
  await aliceBox.send({ to: ["bob"], title: "hello", body: "" });
  server.register(otherBob);
  const mail = { to: ["bob"], title: "secret", body: "" };
  const box = async () => new Mailbox(await server.login(alice));
  const asking = await box();
  const error = await assertRejects(() => asking.send(mail), KeyChangedError);
  const accepted = new Map(error.changes.map(({ user, now }) => [user, now]));
  // While alice asks bob on the telephone, the server puts a third key in place.
  const thirdBob = await makePerson("bob");
  server.register(thirdBob);
  const mails = server.mails.size;
  const sending = await box();
  const again = await assertRejects(
    () => sending.send({ ...mail, acceptChangedKeys: accepted }),
    KeyChangedError,
  );
  assertEquals(again.changes[0]!.now, formatFingerprint(thirdBob.identity.fingerprint));
  assertEquals(server.mails.size, mails);
  // Somebody never written to before: the named fingerprint is the only one that will do.
  const wrong = new Map([["mallory", formatFingerprint(alice.identity.fingerprint)]]);
  await assertRejects(
    () => sending.send({ ...mail, to: ["mallory"], acceptChangedKeys: wrong }),
    KeyChangedError,
  );
  const pins = (await server.login(alice)).state.current.pins;
  assertEquals([pins.get("bob")!.trust, pins.has("mallory")], ["seen", false]);
});

Deno.test("trust: a directory that denies the user herself is an error that says so", async () => {
  const { server, alice } = await office();
  server.lies.lookup = (_, __, honest) => ({
    results: honest().results.map((result: { user: string }) =>
      result.user === "alice" ? { ...result, status: "unknown", identities: [] } : result
    ),
  });
  const box = new Mailbox(await server.login(alice));
  const mails = server.mails.size;
  const error = await assertRejects(
    () => box.send({ to: ["bob"], title: "", body: "" }),
    TrustError,
  );
  assertEquals([error.code, server.mails.size], ["own_identity", mails]);
});

Deno.test("trust: a mail whose sender has other keys than before carries a loud warning", async () => {
  const { server, alice, otherBob } = await office();
  const before = new Mailbox(await server.login(alice));
  await before.send({ to: ["bob"], title: "hello", body: "" });
  server.register(otherBob);
  server.deliver(await forge(server, { by: otherBob, to: [alice] }), ["alice"]);
  const box = new Mailbox(await server.login(alice));
  const [item] = await box.list();
  assertEquals(item?.from, "bob");
  assertStringIncludes(item!.warnings[0]!, "KEYS HAVE CHANGED");
  assertEquals((await box.read(item!.index)).warnings, item!.warnings);
});

Deno.test("trust: a directory that gives wrong keys for the user herself stops sending, not reading", async () => {
  const { server, alice, bob, otherBob } = await office();
  server.identities.set("bob", [otherBob.identity.bytes]);
  const box = new Mailbox(await server.login(bob));
  const sending = await assertRejects(
    () => box.send({ to: ["alice"], title: "", body: "" }),
    TrustError,
  );
  assertEquals(sending.code, "own_identity");
  server.deliver(await forge(server, { by: alice }), ["bob"]);
  assertEquals((await box.list()).map(({ from }) => from), ["alice"]);
  const evidence = await box.keyLog.evidence();
  assertEquals(evidence.map(({ code }) => code), ["own_identity"]);
});

Deno.test("trust: answers of the directory that are about others, or unsigned, are refused", async () => {
  const { server, alice, bob, mallory } = await office();
  const lies: [string, Partial<{ user: string; identities: unknown[] }>][] = [
    ["identity_user", { identities: [mallory.identity.bytes] }],
    ["identity_signature", { identities: [flipped(bob.identity.bytes, 4000)] }],
    ["identity_form", { identities: [new Uint8Array(100)] }],
    ["directory", { user: "mallory" }],
    ["directory", { identities: [] }],
  ];
  for (const [code, lie] of lies) {
    const box = new Mailbox(await server.login(alice));
    server.lies.lookup = (_, __, honest) => ({
      results: honest().results.map((result: { user: string }) =>
        result.user === "bob" ? { ...result, ...lie } : result
      ),
    });
    const error = await assertRejects(() => box.checkRecipients(["bob"]), TrustError);
    assertEquals(error.code, code);
  }
});

Deno.test("intake: every kind of bad mail is listed as rejected, with the reason, for ever", async (t) => {
  const [alice, bob, mallory, otherBob] = await people();
  const pretender: Signer = {
    publicKey: alice.keys.signer.publicKey,
    sign: (...message) => mallory.keys.signer.sign(...message),
  };
  const honest = (server: FakeServer) => forge(server);
  const cases: [RejectReason, string, (server: FakeServer) => ReturnType<typeof forge>][] = [
    ["malformed", "a header that is none", async (s) => ({
      ...await honest(s),
      header: new Uint8Array(50),
    })],
    ["not_sealed_to_me", "sealed to somebody else", (s) => forge(s, { to: [mallory] })],
    ["not_sealed_to_me", "sealed to an unknown key", (s) => forge(s, { to: [otherBob] })],
    ["undecryptable", "a changed summary", async (s) => {
      const mail = await honest(s);
      return { ...mail, summary: flipped(mail.summary, 300) };
    }],
    ["undecryptable", "a changed key wrap", async (s) => {
      const mail = await honest(s);
      return { ...mail, header: flipped(mail.header, 200) };
    }],
    [
      "unknown_sender",
      "a sender nobody knows",
      (s) => forge(s, { by: { ...mallory, user: "nobody" } }),
    ],
    ["bad_signature", "signed by somebody else", (s) => forge(s, { signer: pretender })],
    [
      "unknown_sender",
      "signed with a key that the directory does not have for the sender",
      (s) => forge(s, { signer: mallory.keys.signer }),
    ],
    ["other_realm", "written on another server", (s) => forge(s, { realm: new Uint8Array(32) })],
  ];
  for (const [reason, name, make] of cases) {
    await t.step(`${reason}: ${name}`, async () => {
      const { server } = await office();
      const mail = await make(server);
      server.deliver(mail, ["bob"]);
      const box = new Mailbox(await server.login(bob));
      const [item] = await box.list();
      assertEquals([item!.rejected, item!.title, item!.size], [REJECT_REASONS[reason], "", 0]);
      const claimed = await box.list({ query: "from:alice OR from:bob OR with:alice" });
      assertEquals(claimed, [], "nobody is proven to have written it");
      const error = await assertRejects(() => box.read(1), RejectedMailError);
      assertEquals(error.reason, reason);
      assertEquals((await box.list())[0]?.unread, reason === "unknown_sender");
      const again = new Mailbox(await server.login(bob));
      assertEquals(await again.list(), await box.list());
    });
  }
});

Deno.test("intake: a mail that is delivered again is a replay, whatever it is called", async () => {
  const { server, bob } = await office();
  const mail = await forge(server);
  server.deliver(mail, ["bob"]);
  const box = new Mailbox(await server.login(bob));
  assertEquals((await box.list()).map(({ rejected }) => rejected), [undefined]);
  server.deliver({ ...mail, messageId: new Uint8Array(16).fill(7) }, ["bob"]);
  server.deliver(await forge(server, { subject: "same counter" }), ["bob"]);
  // The server forgets the entry, so that the mail looks new: on this device and on another.
  Object.assign(server.box("bob")[0]!, { revision: 0, sealed: null });
  const other = new Mailbox(await server.login(bob));
  assertEquals((await other.list()).map(({ rejected }) => rejected), [
    REJECT_REASONS.counter_seen,
    REJECT_REASONS.counter_seen,
    REJECT_REASONS.counter_seen,
  ]);
  const fresh = new FakeServer();
  await fresh.join((await people())[0]);
  const bobs = new Mailbox(await fresh.join(bob));
  const first = await forge(fresh);
  fresh.deliver({ ...first, messageId: new Uint8Array(16).fill(7) }, ["bob"]);
  assertEquals((await bobs.list())[0]?.rejected, REJECT_REASONS.other_id);
});

Deno.test("intake: two mails with one counter in one batch: only the first counts", async () => {
  const { server, bobBox } = await office();
  server.deliver(await forge(server, { subject: "one" }), ["bob"]);
  server.deliver(await forge(server, { subject: "two" }), ["bob"]);
  assertEquals((await bobBox.list()).map(({ title, rejected }) => [title, rejected]), [
    ["", REJECT_REASONS.counter_seen],
    ["one", undefined],
  ]);
});

Deno.test("intake: a gap warns, mails out of order within a batch do not", async () => {
  const { server, bobBox } = await office();
  const numbered = (n: number) => forge(server, { counter: new Map([["bob", n]]) });
  for (const n of [2, 1, 3, 6]) server.deliver(await numbered(n), ["bob"]);
  const warned = (await bobBox.list()).map(({ warnings }) => warnings.length);
  assertEquals(warned, [1, 0, 0, 0]);
  for (const n of [5, 4]) server.deliver(await numbered(n), ["bob"]);
  const later = (await bobBox.list()).map(({ warnings }) => warnings.length);
  assertEquals(later, [0, 0, 0, 0, 0, 0], "it was only slower");
});

Deno.test("intake: a date far from the arrival warns", async () => {
  const { server, bobBox } = await office();
  const hours = 3_600_000;
  server.deliver(await forge(server, { date: Date.now() - 2 * hours }), ["bob"]);
  const [item] = await bobBox.list();
  assertStringIncludes(item!.warnings[0]!, "15 minutes");
});

Deno.test("intake: two devices at once agree on what was taken in", async () => {
  const { server, bob } = await office();
  for (let n = 1; n <= 40; n++) {
    server.deliver(await forge(server, { counter: new Map([["bob", n]]) }), ["bob"]);
  }
  const one = new Mailbox(await server.login(bob));
  const two = new Mailbox(await server.login(bob));
  const [first, second] = await Promise.all([one.list(), two.list()]);
  assertEquals(first.length, 40);
  assertEquals(first.flatMap(({ rejected, warnings }) => [rejected ?? [], warnings].flat()), []);
  assertEquals(second, first);
});

Deno.test("intake: an entry that the server has changed is listed as damaged", async () => {
  const { server, bob, bobBox } = await office();
  server.deliver(await forge(server), ["bob"]);
  await bobBox.list();
  const entry = server.box("bob")[0]!;
  entry.sealed = flipped(entry.sealed!, 60);
  const box = new Mailbox(await server.login(bob));
  const [item] = await box.list();
  assertStringIncludes(item!.rejected!, "changed");
  assertEquals((await assertRejects(() => box.read(1), RejectedMailError)).reason, "damaged");
});

Deno.test("read: a content that is not the signed one is never shown", async () => {
  const { server, alice, aliceBox, bobBox } = await office();
  const mail = await aliceBox.send({ to: ["bob"], title: "t", body: "x".repeat(5000) });
  const other = await forge(server, { by: alice });
  const stored = server.mails.get(mail.id)!;
  const { content } = stored;
  for (
    const wrong of [flipped(content, 500), content.slice(0, -1), content.slice(1), other.content]
  ) {
    stored.content = wrong;
    const error = await assertRejects(() => bobBox.read(1), TrustError);
    assertEquals(error.code, "content_mismatch");
    assertEquals((await bobBox.list({ unread: true })).length, 1);
  }
  stored.content = content;
  assertEquals((await bobBox.read(1)).body, { kind: "text", text: "x".repeat(5000) });
});
