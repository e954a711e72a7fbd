/** A server that gives somebody's contacts keys of its own, in place of the true ones. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Bytes } from "../../crypto/bytes.ts";
import { generateKemKeyPair } from "../../crypto/composite_kem.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { type IdentityRecord, makeFirstIdentity } from "../../crypto/identity.ts";
import { generateSigningKeyPair, importSigner } from "../../crypto/sign.ts";
import { answerFrom, leavesAnd, leavesWith } from "./forged_log.ts";
import { evidenceOf, HostileOffice, type Person, told, write } from "./hostile_office.ts";
import type { HostileServer } from "./hostile_server.ts";

/** Keys of which the server has the secret parts, in somebody's name. */
async function keysInTheNameOf(user: string): Promise<IdentityRecord> {
  const [kem, signing] = await Promise.all([generateKemKeyPair(), generateSigningKeyPair()]);
  return await makeFirstIdentity({
    ...{ user, kemPublicKey: kem.publicKey, signer: await importSigner(signing.secret) },
    ...{ time: Date.now(), inviteSecret: null },
  });
}

/** Gives these records as those of somebody. */
function giveAs(server: HostileServer, user: string, records: (honest: Bytes[]) => Bytes[]): void {
  server.lies.lookup = async ({ honest }) => {
    const { results } = await honest();
    return {
      results: results.map((result) =>
        result.user === user ? { ...result, identities: records(result.identities) } : result
      ),
    };
  };
}

/** What somebody is told on the attempt to send; nothing must have left. */
async function refused(server: HostileServer, from: Person, to: string) {
  const before = server.asked.length;
  const error = await told(() => write(from, to));
  const since = server.asked.slice(before).map(({ type }) => type);
  assert(!since.some((type) => type.startsWith("send")), "a mail was sealed to wrong keys");
  return error;
}

Deno.test("hostile server: swapped keys", async (t) => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const alice = await office.join("alice");
  const bob = await office.join("bob");
  await office.join("carol");
  await write(alice, "bob");
  const bobs = await keysInTheNameOf("bob");
  const carols = await keysInTheNameOf("carol");
  // A device each, so that one alarm does not stand for another.
  const device = () => office.login("alice");

  await t.step("that are not in the log: nothing is signed over them", async () => {
    const admin = await device();
    giveAs(server, "bob", () => [bobs.bytes]);
    const before = server.asked.length;
    for (const reset of [true, false]) {
      const error = await told(() => admin.box.care.inviteUser({ user: "bob", reset }));
      assertEquals([error.name, error.code], ["TrustError", "unlogged_keys"]);
    }
    assert(!server.asked.slice(before).some(({ type }) => type === "invite_user"));
    await evidenceOf(admin, "unlogged_keys");
    server.behave();
  });

  await t.step("that are not in the log: nothing is sealed to them", async () => {
    for (const [user, keys] of [["bob", bobs], ["carol", carols]] as const) {
      const from = await device();
      giveAs(server, user, () => [keys.bytes]);
      const error = await refused(server, from, user);
      assertEquals([error.name, error.code], ["TrustError", "unlogged_keys"]);
      const [found] = await evidenceOf(from, "unlogged_keys");
      assertEquals(found!.records, [keys.bytes.toBase64()]);
      // Nobody else gets mail either, until somebody has looked at it.
      server.behave();
      assertEquals((await refused(server, from, "alice")).code, "unlogged_keys");
      await from.box.close();
    }
  });

  await t.step("behind the true ones, not in the log", async () => {
    const from = await device();
    giveAs(server, "bob", (honest) => [...honest, bobs.bytes]);
    assertEquals((await refused(server, from, "bob")).code, "unlogged_keys");
    await from.box.close();
  });

  await t.step("of somebody else, or changed ones, are not taken for these", async () => {
    const from = await device();
    let of: Bytes | undefined;
    server.lies.lookup = async ({ honest }) => {
      of = (await honest({ users: ["carol"] })).results[0]!.identities[0];
      const { results } = await honest();
      return { results: results.map((r) => r.user === "bob" ? { ...r, identities: [of!] } : r) };
    };
    assertEquals((await refused(server, from, "bob")).name, "TrustError");
    giveAs(server, "bob", ([first]) => {
      const changed = first!.slice();
      changed[100]! ^= 1;
      return [changed];
    });
    assertEquals((await refused(server, from, "bob")).name, "TrustError");
    await from.box.close();
  });

  await t.step("none at all, though the log has some", async () => {
    const from = await device();
    server.lies.lookup = async ({ honest }) => {
      const { results } = await honest();
      const none = { status: "unknown", identities: [], vouches: [] } as const;
      return {
        results: results.map((r) =>
          r.user === "bob" ? { user: "bob", ...none, identities: [], vouches: [] } : r
        ),
      };
    };
    assertEquals((await refused(server, from, "bob")).code, "unlogged_keys");
    await from.box.close();
  });

  await t.step("answers about other users than asked", async () => {
    const from = await device();
    server.lies.lookup = async ({ honest }) => await honest({ users: ["carol"] });
    const error = await refused(server, from, "bob");
    assertEquals([error.name, error.code], ["TrustError", "directory"]);
    await from.box.close();
  });

  await t.step("written into the log: they are not those seen before", async () => {
    const from = await device();
    const { type, hash: recordHash } = bobs;
    const leaves = await leavesAnd(server, { type, user: "bob", recordHash });
    server.lies.log_sync = await answerFrom(server, leaves);
    giveAs(server, "bob", (honest) => [...honest, bobs.bytes]);
    const error = await refused(server, from, "bob");
    assertEquals([error.name, error.code], ["KeyChangedError", "key_changed"]);
    assertStringIncludes(error.message, formatFingerprint(bob.account.fingerprint));
    assertStringIncludes(error.message, formatFingerprint(bobs.fingerprint));
    await from.box.close();
  });
  server.behave();
});

Deno.test("hostile server: a swap in the log is seen by its victim, who is told to warn the others", async () => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const bob = await office.join("bob");
  const keys = await keysInTheNameOf("bob");
  const leaves = await leavesAnd(server, { type: "rotate", user: "bob", recordHash: keys.hash });
  server.lies.log_sync = await answerFrom(server, leaves);
  giveAs(server, "bob", (honest) => [...honest, keys.bytes]);
  const again = await office.login("bob", bob.config);
  const error = await refused(server, again, "bob");
  assertEquals(error.code, "own_entry");
  assertStringIncludes(error.hint!, "warn the people who write to you");
  const [found] = await evidenceOf(again, "own_entry");
  assertEquals(found!.records.at(-1), keys.bytes.toBase64());
});

Deno.test("hostile server: who is kept in a made-up log from the start is noticed by the mails", async () => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const line = await server.invite("dave");
  const alice = await office.join("alice");
  const keys = await keysInTheNameOf("alice");
  // Dave is shown the server's keys as alice's, in a log in which they always were.
  server.lies.log_sync = async (question) => {
    if (question.user !== "dave") return await question.honest();
    const change = ({ user }: { user: string }) =>
      user === "alice" ? { recordHash: keys.hash } : {};
    return (await answerFrom(server, await leavesWith(server, change)))(question);
  };
  server.lies.lookup = async ({ user, honest }) => {
    const { results } = await honest();
    const lie = (name: string) => user === "dave" && name === "alice";
    return { results: results.map((r) => lie(r.user) ? { ...r, identities: [keys.bytes] } : r) };
  };
  const dave = await office.join("dave", line);
  const mail = await alice.box.send({ to: ["dave"], title: "hello", body: "" });
  assertEquals(mail.to, ["dave"]);
  const [item] = await dave.box.list();
  // Alice's true keys are none that dave's server gives: her mail is not taken for hers.
  assertEquals([item!.title, item!.rejected !== undefined], ["", true]);
  const [contact] = (await dave.box.contacts()).filter(({ user }) => user === "alice");
  assert(contact === undefined || contact.state === "unverified");
  // The fingerprints, compared, tell them apart.
  const compared = formatFingerprint(alice.account.fingerprint);
  const error = await told(() => dave.box.verifyContact("alice", compared));
  assertEquals(error.code, "fingerprint_mismatch");
});
