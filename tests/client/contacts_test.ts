/** How sure a user can be of others' keys, and what follows from it. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { importKemPublicKey } from "../../crypto/composite_kem.ts";
import { sealMail } from "../../crypto/envelope_seal.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { makeVouch } from "../../crypto/vouch.ts";
import { FormatError } from "../../crypto/errors.ts";
import { KeyChangedError, NotFoundError } from "../../client/errors.ts";
import { trustInvite } from "../../client/invite_trust.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { composeMime } from "../../client/mime_compose.ts";
import { FakeServer, makePerson, type Person, resetTo, rotated } from "./fake_server.ts";

let made: Promise<Person[]> | undefined;

/** Alice, bob, carol, another bob. */
async function people(): Promise<[Person, Person, Person, Person]> {
  const [alice, bob, carol, otherBob] =
    await (made ??= Promise.all(["alice", "bob", "carol", "bob"].map(makePerson)));
  return [alice!, bob!, carol!, otherBob!];
}

/** Alice knows bob and has written to him; carol is there, too. */
async function office() {
  const [alice, bob, carol, otherBob] = await people();
  const server = new FakeServer();
  const aliceBox = new Mailbox(await server.join(alice));
  const bobBox = new Mailbox(await server.join(bob));
  await server.join(carol);
  await aliceBox.send({ to: ["bob"], title: "1", body: "" });
  await bobBox.send({ to: ["alice"], title: "1", body: "" });
  await aliceBox.list();
  await bobBox.list();
  /** Alice, asking anew. */
  const anew = async () => new Mailbox(await server.login(alice));
  return { server, alice, bob, carol, otherBob, aliceBox, bobBox, anew };
}

const shown = ({ identity }: Person) => formatFingerprint(identity.fingerprint);
const titled = (title: string, ...to: string[]) => ({ to, title, body: "" });

/** A mail with whatever keys, by somebody who knows the log as it is now. */
async function forged(server: FakeServer, { by, to }: { by: Person; to: Person }) {
  const recipient = async ({ user, identity }: Person) => ({
    ...{ user, fingerprint: identity.fingerprint },
    kem: await importKemPublicKey(identity.kemPublicKey),
  });
  const { size, root } = await server.log.head();
  const text = { inReplyTo: null, references: [], attachments: [], size: 0, preview: "" };
  const mime = { from: by.user, to: [to.user], title: "stolen", body: new Uint8Array() };
  return await sealMail({
    ...{ ...text, subject: "stolen", date: Date.now(), log: { size, root }, cc: [] },
    ...{ from: by.user, signer: by.keys.signer, realm: server.realm },
    recipients: [await recipient(to), { ...await recipient(by), copy: true as const }],
    counter: new Map([[to.user, 2]]),
    mime: await composeMime({ ...mime, dateMs: Date.now(), messageId: new Uint8Array(16) }),
  });
}

async function vouchFor(server: FakeServer, by: Person, { user, identity }: Person) {
  const { user: voucher, keys: { signer } } = by;
  const vouch = await makeVouch({
    ...{ voucher, signer, user, identityHash: identity.hash, time: Date.now() },
  });
  server.vouch(vouch);
  return vouch;
}

Deno.test("contacts: everybody who has or had keys is listed, oneself among them", async () => {
  const { server, aliceBox, alice, bob } = await office();
  server.log.act("admin_granted", "bob");
  server.log.act("disabled", "carol");
  server.log.act("removed", "eve");
  const contacts = await aliceBox.contacts();
  assertEquals(
    contacts.map(({ user, status, state, role, isMe }) => [user, status, state, role, isMe]),
    [
      ["alice", "active", "verified", "member", true],
      ["bob", "active", "unverified", "admin", false],
      ["carol", "disabled", "unverified", "member", false],
    ],
  );
  assertEquals(contacts[1], await aliceBox.contact("Bob"));
  const { fingerprint, pinned, epoch, since, vouchedBy } = contacts[1]!;
  assertEquals([fingerprint, pinned, epoch, vouchedBy], [shown(bob), shown(bob), 1, []]);
  assertEquals(since, (await aliceBox.keyLog.entries("bob"))[0]!.time);
  assertEquals([aliceBox.ownFingerprint, contacts[0]!.fingerprint], [shown(alice), shown(alice)]);
  await assertRejects(() => aliceBox.contact("nobody"), NotFoundError);
});

Deno.test("contacts: compared fingerprints make a contact verified; others change nothing", async () => {
  const { aliceBox, bob, carol, anew } = await office();
  const wrong = await assertRejects(() => aliceBox.verifyContact("bob", shown(carol)), TrustError);
  assertEquals(wrong.code, "fingerprint_mismatch");
  assertStringIncludes(wrong.message, shown(bob));
  await assertRejects(() => aliceBox.verifyContact("bob", shown(bob).slice(5)), FormatError);
  await assertRejects(() => aliceBox.verifyContact("nobody", shown(bob)), NotFoundError);
  assertEquals((await aliceBox.contact("bob")).state, "unverified");
  const typed = shown(bob).toLowerCase().replaceAll("-", " ").replaceAll("0", "o");
  assertEquals((await aliceBox.verifyContact(" Bob ", typed)).state, "verified");
  // Accepting what is verified does not make it less.
  assertEquals((await aliceBox.acceptContact("bob", shown(bob))).state, "verified");
  const elsewhere = await anew();
  assertEquals((await elsewhere.contact("bob")).state, "verified");
  assertEquals((await elsewhere.list())[0]!.contact, "verified");
  assertEquals(await elsewhere.checkRecipients(["bob", "carol"]), [
    { user: "bob", state: "verified" },
    { user: "carol", state: "unverified" },
  ]);
  // Somebody never met can be verified at once.
  assertEquals((await elsewhere.verifyContact("carol", shown(carol))).pinned, shown(carol));
});

Deno.test("contacts: keys that their owner has replaced are followed, with trust and counters", async () => {
  const { server, aliceBox, bob, bobBox, anew } = await office();
  await aliceBox.verifyContact("bob", shown(bob));
  // Sealed with the old keys by a bob who did not know yet, and on the way meanwhile.
  await bobBox.send(titled("2", "alice"));
  const middle = await rotated(bob);
  const next = await rotated(middle);
  server.log.time = Date.now();
  server.register(middle);
  server.register(next);
  const newBox = new Mailbox(await server.login(next));
  await newBox.send(titled("3", "alice"));
  const box = await anew();
  const items = await box.list();
  assertEquals(items.map(({ title, warnings, contact }) => [title, warnings, contact]), [
    ["3", [], "verified"],
    ["2", [], "verified"],
    ["1", [], "verified"],
  ]);
  const { state, pinned, fingerprint, epoch } = await box.contact("bob");
  assertEquals([state, pinned, fingerprint, epoch], ["verified", shown(next), shown(next), 3]);
  await box.send(titled("2", "bob"));
  // What was sealed to the old keys is read with the new ones, too, and no counter is missing.
  assertEquals((await newBox.list()).map(({ title, warnings }) => [title, warnings]), [
    ["2", []],
    ["1", []],
  ]);
});

Deno.test("contacts: a reset stops sending until it is accepted, and is marked", async () => {
  const { server, aliceBox, bob, bobBox, anew } = await office();
  await aliceBox.verifyContact("bob", shown(bob));
  const next = await resetTo(bob);
  await bobBox.close();
  server.log.act("account_reset", "bob");
  const newBox = new Mailbox(await server.join(next));
  await newBox.send(titled("hello again", "alice"));
  const box = await anew();
  const error = await assertRejects(() => box.send(titled("", "bob")), KeyChangedError);
  assertEquals(error.changes, [
    { user: "bob", before: shown(bob), now: shown(next), state: "reset" },
  ]);
  assertStringIncludes(error.message, "administrator reset");
  const [item] = await box.list();
  assertEquals([item!.title, item!.contact], ["hello again", "reset"]);
  assertStringIncludes(String(item!.warnings), "WAS RESET");
  const before = await box.contact("bob");
  assertEquals([before.state, before.pinned, before.epoch], ["reset", shown(bob), 2]);
  await assertRejects(() => box.acceptContact("bob", shown(bob)), TrustError);
  const after = await box.acceptContact("bob", shown(next));
  assertEquals([after.state, after.pinned], ["unverified", shown(next)]);
  await box.send(titled("welcome", "bob"));
  assertEquals((await newBox.list()).map(({ warnings }) => warnings), [[]]);
  await newBox.send(titled("thanks", "alice"));
  assertEquals((await box.list())[0]!.warnings, []);
});

Deno.test("contacts: a reset that nobody allowed is no reset but changed keys", async () => {
  const { carol } = await office();
  for (const isAdministrator of [true, false]) {
    const { server, bob, anew } = await office();
    if (isAdministrator) server.log.act("admin_granted", "carol");
    server.register(await resetTo(bob, carol));
    assertEquals(
      (await (await anew()).contact("bob")).state,
      isAdministrator ? "reset" : "changed",
    );
  }
  const { server, bob, otherBob, anew } = await office();
  const grant = await resetTo(otherBob);
  server.register(grant);
  assert(bob.identity.epoch === 1);
  assertEquals((await (await anew()).contact("bob")).state, "changed");
});

Deno.test("contacts: keys that nothing explains stop sending and mark the mail", async () => {
  const { server, otherBob, anew, bob } = await office();
  server.register(otherBob);
  const box = await anew();
  const error = await assertRejects(() => box.send(titled("", "bob")), KeyChangedError);
  assertEquals(error.changes.map(({ state }) => state), ["changed"]);
  const [item] = await box.list();
  assertEquals([item!.from, item!.contact], ["bob", "changed"]);
  assertEquals((await box.read(item!.index)).contact, "changed");
  assertEquals((await box.acceptContact("bob", shown(otherBob))).state, "unverified");
  assertEquals((await box.list())[0]!.contact, "unverified");
  server.register(bob);
  assertEquals((await (await anew()).contact("bob")).state, "changed");
});

Deno.test("contacts: old keys that sign after they were replaced are warned of", async () => {
  const { server, alice, bob, anew } = await office();
  const next = await rotated(bob);
  server.log.time = Date.now();
  server.register(next);
  const mail = await forged(server, { by: bob, to: alice });
  server.deliver(mail, ["alice"]);
  const [item] = await (await anew()).list();
  assertEquals(item!.title, "stolen");
  assertStringIncludes(String(item!.warnings), "had replaced by then");
});

Deno.test("contacts: a vouch counts when it is logged, for these keys, by somebody verified", async () => {
  const [alice, bob, carol] = await people();
  const states = async (arrange: (server: FakeServer) => Promise<unknown>, verify: Person[]) => {
    const { server, aliceBox, anew } = await office();
    for (const person of verify) await aliceBox.verifyContact(person.user, shown(person));
    await arrange(server);
    const { state, vouchedBy } = await (await anew()).contact("bob");
    return [state, ...vouchedBy];
  };
  const unverified = ["unverified"];
  const by = (voucher: Person, about = bob) => (server: FakeServer) =>
    vouchFor(server, voucher, about);
  assertEquals(await states(by(carol), [carol]), ["vouched", "carol"]);
  assertEquals(await states(by(alice), []), ["vouched", "alice"]);
  assertEquals(await states(by(carol), []), unverified);
  assertEquals(await states(by(bob), []), unverified);
  // Not signed by the one it names.
  const forged = { ...bob, user: "carol" };
  assertEquals(await states(by(forged), [carol]), unverified);
  // Not in the log.
  const unlogged = async (server: FakeServer) => {
    const { bytes } = await vouchFor(server, carol, bob);
    server.log.leaves.pop();
    assert(server.vouches.get("bob")!.includes(bytes));
  };
  assertEquals(await states(unlogged, [carol]), unverified);
  // For other keys of the name.
  assertEquals(await states(by(carol, (await people())[3]), [carol]), unverified);
});

Deno.test("contacts: a vouch outlives rotations of both, but not a reset", async () => {
  const { server, aliceBox, bob, carol, anew } = await office();
  await aliceBox.verifyContact("carol", shown(carol));
  await vouchFor(server, carol, bob);
  const [newBob, newCarol] = await Promise.all([rotated(bob), rotated(carol)]);
  server.register(newBob);
  server.register(newCarol);
  assertEquals((await (await anew()).contact("bob")).vouchedBy, ["carol"]);
  const other = await resetTo(newBob);
  server.register(other);
  const box = await anew();
  assertEquals(await box.contact("bob").then(({ state }) => state), "reset");
  assertEquals((await box.acceptContact("bob", shown(other))).state, "unverified");
  // Carol's old keys, stolen, vouch for him too late; her new ones in time.
  await vouchFor(server, carol, other);
  assertEquals((await (await anew()).contact("bob")).vouchedBy, []);
  await vouchFor(server, newCarol, other);
  assertEquals((await (await anew()).contact("bob")).vouchedBy, ["carol"]);
});

Deno.test("contacts: who is only vouched for cannot vouch, and who has changed neither", async () => {
  const { server, aliceBox, bob, carol, anew } = await office();
  const dora = await makePerson("dora");
  await server.join(dora);
  await aliceBox.verifyContact("carol", shown(carol));
  await vouchFor(server, carol, bob);
  await vouchFor(server, bob, dora);
  const box = await anew();
  assertEquals((await box.contact("bob")).state, "vouched");
  assertEquals((await box.contact("dora")).state, "unverified");
  server.register(await resetTo(carol));
  assertEquals((await (await anew()).contact("bob")).state, "unverified");
});

Deno.test("contacts: the inviter is found by the invite's fingerprint, and verified", async () => {
  const { server, alice, bob, carol } = await office();
  const invite = async (inviter: Person | null) => {
    const { root } = await server.log.head();
    return {
      ...{ user: "alice", host: "", port: 1, rootFingerprint: root, secret: root },
      logSize: server.log.leaves.length,
      logRoot: root.slice(0, 20),
      inviterFingerprint: inviter && inviter.identity.fingerprint.slice(0, 20),
    };
  };
  server.log.act("admin_granted", "carol");
  const next = await rotated(carol);
  server.register(next);
  const account = await server.login(alice);
  await trustInvite(account, await invite(null));
  assertEquals(account.state.current.pins.has("carol"), false);
  await trustInvite(account, await invite(carol));
  const box = new Mailbox(account);
  const { state, pinned } = await box.contact("carol");
  assertEquals([state, pinned, box.keyLog.alarm()], ["verified", shown(next), null]);
  assertEquals((await box.contact("bob")).state, "unverified");
  // Bob has never been an administrator: in the log that the inviter saw he was.
  await trustInvite(account, await invite(bob));
  assertEquals(box.keyLog.alarm()?.code, "log_fork");
  assertStringIncludes(box.keyLog.alarm()!.message, "who invited you");
});

Deno.test("contacts: an answer of the directory counts no longer than the log has no newer keys", async () => {
  const { server, aliceBox, bob } = await office();
  const before = await aliceBox.contact("bob");
  server.asked.length = 0;
  assertEquals(await aliceBox.contact("bob"), before);
  assert(!server.asked.includes("lookup"));
  const next = await rotated(bob);
  server.register(next);
  await aliceBox.keyLog.verify();
  assertEquals((await aliceBox.contact("bob")).fingerprint, shown(next));
});
