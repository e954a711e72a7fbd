/** Whose keys a mail is verified with, and whose counters judge it, whatever becomes of accounts. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { EMPTY_ACCOUNT_STATE } from "../../crypto/account_state.ts";
import { equalBytes } from "../../crypto/bytes.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { REJECT_REASONS } from "../../crypto/envelope_reject.ts";
import { withAccepted, withFirstPins } from "../../client/contact_pins.ts";
import { Contacts } from "../../client/contacts.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { isCurrentOwner, Senders } from "../../client/senders.ts";
import { withOffice } from "../../server/admin/office.ts";
import { removeUser } from "../../server/admin/users.ts";
import { FakeServer, makePerson, type Person } from "./fake_server.ts";
import { Office } from "./people.ts";

let made: Promise<Person[]> | undefined;

async function people(): Promise<[Person, Person, Person]> {
  const [alice, bob, newBob] =
    await (made ??= Promise.all(["alice", "bob", "bob"].map(makePerson)));
  return [alice!, bob!, newBob!];
}

/** Mail as the reader of a test sees it. */
async function shown(box: Mailbox) {
  return (await box.list()).map(({ title, rejected, warnings }) => [title, rejected, warnings]);
}

Deno.test("sender keys: who was unknown a moment ago can join and write", async () => {
  const [alice, bob] = await people();
  const server = new FakeServer();
  const aliceBox = new Mailbox(await server.join(alice));
  await aliceBox.checkRecipients(["bob"]).catch(() => {});
  const bobBox = new Mailbox(await server.join(bob));
  await bobBox.send({ to: ["alice"], title: "I am here", body: "" });
  assertEquals(await shown(aliceBox), [["I am here", undefined, []]]);
});

Deno.test("sender keys: a mail without a known sender is looked at again, and leaves no entry", async () => {
  const [alice, bob] = await people();
  const server = new FakeServer();
  const aliceBox = new Mailbox(await server.join(alice));
  const bobBox = new Mailbox(await server.join(bob));
  await bobBox.send({ to: ["alice"], title: "late", body: "" });
  server.identities.delete("bob");
  const [item] = await aliceBox.list();
  assertEquals([item!.rejected, item!.title], [REJECT_REASONS.unknown_sender, ""]);
  await aliceBox.mails.mark({ indices: [1] }, { add: ["read"] });
  await aliceBox.read(1).catch(() => {});
  assertEquals(server.box("alice")[0]!.sealed, null);
  server.identities.set("bob", [bob.identity.bytes]);
  assertEquals(await shown(aliceBox), [["late", undefined, []]]);
});

Deno.test("sender keys: what decides that no entry is written is not whether a mail opens", async () => {
  const [alice, bob] = await people();
  const server = new FakeServer();
  const aliceBox = new Mailbox(await server.join(alice));
  const bobBox = new Mailbox(await server.join(bob));
  await bobBox.send({ to: ["alice"], title: "t", body: "" });
  server.identities.delete("bob");
  const [mail] = server.mails.values();
  mail!.summary[300]! ^= 1;
  assertEquals((await aliceBox.list())[0]!.rejected, REJECT_REASONS.unknown_sender);
  assertEquals(server.box("alice")[0]!.sealed, null);
});

Deno.test("sender keys: mail of a pinned sender who was removed is shown; of another with a warning", async () => {
  const [alice, bob] = await people();
  for (const isPinned of [true, false]) {
    const server = new FakeServer();
    const account = await server.join(alice);
    const aliceBox = new Mailbox(account);
    const bobBox = new Mailbox(await server.join(bob));
    if (isPinned) await bobBox.send({ to: ["alice"], title: "one", body: "" });
    await aliceBox.list();
    await bobBox.send({ to: ["alice"], title: "two", body: "" });
    server.lies.lookup = (_, __, honest) => ({
      results: honest().results.map((result: { user: string }) =>
        result.user === "bob" ? { ...result, status: "unknown" } : result
      ),
    });
    const [item] = await aliceBox.list();
    assertEquals([item!.title, item!.rejected], ["two", undefined]);
    assertEquals(
      item!.warnings.map((text) => /no longer in use/.test(text)),
      isPinned ? [] : [true],
    );
    assertEquals(account.state.current.pins.has("bob"), isPinned);
    const elsewhere = new Mailbox(await server.login(alice));
    const refused = await elsewhere.checkRecipients(["bob"]).catch(({ code }) => code);
    assertEquals(refused, "unknown_recipients");
  }
});

Deno.test("sender keys: no record but her own counts for mail in a user's own name", async () => {
  const [, bob, newBob] = await people();
  const server = new FakeServer();
  server.register(newBob);
  const account = await server.join(bob);
  const senders = new Senders(account, new Contacts(account));
  const names = [newBob, bob].map(({ user, identity: { fingerprint } }) => ({ user, fingerprint }));
  const found = await senders.find(names);
  assertEquals(found.map((sender) => sender && isCurrentOwner(sender)), [null, true]);
});

Deno.test("sender keys: counters of other keys neither reject nor warn, before and after accepting", async () => {
  const [alice, bob, newBob] = await people();
  const server = new FakeServer();
  const account = await server.join(alice);
  const aliceBox = new Mailbox(account);
  const oldBox = new Mailbox(await server.join(bob));
  for (const title of ["1", "2", "3"]) await oldBox.send({ to: ["alice"], title, body: "" });
  await aliceBox.send({ to: ["bob"], title: "hello", body: "" });
  await aliceBox.list();
  const box = new Mailbox(await server.join(newBob));
  for (const title of ["a", "b"]) await box.send({ to: ["alice"], title, body: "" });
  const again = new Mailbox(await server.login(alice));
  const seen = (await again.list()).slice(0, 2);
  assertEquals(seen.map(({ title, rejected }) => [title, rejected]), [["b", undefined], [
    "a",
    undefined,
  ]]);
  for (const { warnings } of seen) {
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, "KEYS HAVE CHANGED");
  }
  const fingerprint = formatFingerprint(newBob.identity.fingerprint);
  await again.send({
    ...{ to: ["bob"], title: "anew", body: "" },
    acceptChangedKeys: new Map([["bob", fingerprint]]),
  });
  assertEquals(await shown(box), [["anew", undefined, []]]);
  for (const title of ["c", "d"]) await box.send({ to: ["alice"], title, body: "" });
  assertEquals((await shown(again)).slice(0, 2), [["d", undefined, []], ["c", undefined, []]]);
});

Deno.test("sender keys: counters go with the signing key that they were counted under", async () => {
  const [, { identity: bob }, { identity: newBob }] = await people();
  const counters = { sent: new Map([["bob", 7]]), seen: new Map([["bob", [1, 7]]]) };
  const before = withFirstPins({ ...EMPTY_ACCOUNT_STATE, counters }, [bob]);
  assertEquals(before.counters, counters);
  assertEquals(withAccepted(before, bob, "compared").counters, counters);
  const changed = withAccepted(before, newBob, "seen");
  assertEquals(changed.counters, { sent: new Map(), seen: new Map([["bob", []]]) });
});

Deno.test("sender keys: the key to seal to is that of the contact at hand, not of another answer", async () => {
  const [alice, bob, newBob] = await people();
  const server = new FakeServer();
  const account = await server.join(alice);
  const contacts = new Contacts(account);
  await server.join(bob);
  const [before] = await contacts.find(["bob"]);
  await server.join(newBob);
  const { fingerprint } = newBob.identity;
  const [sender] = await new Senders(account, contacts).find([{ user: "bob", fingerprint }]);
  assertEquals(isCurrentOwner(sender!), true);
  const [now] = await contacts.find(["bob"]);
  const [oldKey, newKey] = await Promise.all([contacts.kemKey(before!), contacts.kemKey(now!)]);
  assertEquals(equalBytes(oldKey.publicKey, bob.identity.kemPublicKey), true);
  assertEquals(equalBytes(newKey.publicKey, newBob.identity.kemPublicKey), true);
});

Deno.test("sender keys: a user who is removed and invited anew loses no mail and rejects none", async () => {
  await using office = await Office.open();
  const alice = await office.join("alice");
  const bob = await office.join("bob");
  await bob.send({ to: ["alice"], title: "read already", body: "" });
  await alice.list();
  await bob.send({ to: ["alice"], title: "the contract", body: "" });
  await bob.close();
  await withOffice(office.server.dataDir, (admin) => removeUser(admin, "bob"));
  assertEquals((await shown(alice))[0], ["the contract", undefined, []]);
  const again = await office.join("bob");
  for (const title of ["1", "2"]) await again.send({ to: ["alice"], title, body: "" });
  const items = (await shown(alice)).slice(0, 2);
  assertEquals(items.map(([title, rejected]) => [title, rejected]), [["2", undefined], [
    "1",
    undefined,
  ]]);
  for (const [, , warnings] of items) assertStringIncludes(String(warnings), "WAS RESET");
});
