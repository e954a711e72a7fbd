import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LoginError } from "../../client/errors.ts";
import { joinServer } from "../../client/join.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { FormatError } from "../../crypto/errors.ts";
import { parseInvite } from "../../crypto/invite.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { listenAsMany } from "./many_sources.ts";
import { Office, PASSWORD } from "./people.ts";

const open = () => Office.open({ test: { listen: listenAsMany } });

/** Joins with a line; tells whether the account was said to begin anew. */
async function join(office: Office, invite: string, folder: string) {
  let wasReset = false;
  const account = await joinServer({
    ...{ invite, password: PASSWORD, config: office.configOf(folder) },
    recovery: office.keepCode(folder),
    onReset: () => wasReset = true,
  });
  return { box: new Mailbox(account), wasReset };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => work, ServerError)).code;
}

Deno.test("invite: an administrator's client invites, and vouches for who has joined", async (t) => {
  await using office = await open();
  const alice = await office.join("alice", { role: "admin" });
  const bob = await office.join("bob");

  await t.step("only administrators may", async () => {
    assertEquals(await refusal(bob.care.inviteUser({ user: "carol" })), "not_admin");
  });

  await t.step("names and addresses that cannot be, and names that are taken", async () => {
    await assertRejects(() => alice.care.inviteUser({ user: "no name" }), FormatError);
    const address = "host:99999";
    await assertRejects(() => alice.care.inviteUser({ user: "carol", address }), FormatError);
    assertEquals(await refusal(alice.care.inviteUser({ user: "bob" })), "user_exists");
    assertEquals(
      await refusal(alice.care.inviteUser({ user: "zoe", reset: true })),
      "user_unknown",
    );
  });

  const made = await alice.care.inviteUser({ user: " Carol" });
  await t.step("the line names the inviter and the log as the inviter sees it", () => {
    const invite = parseInvite(made.invite);
    assertEquals([made.user, invite.user, invite.port], ["carol", "carol", office.server.port]);
    assert(invite.inviterFingerprint !== null);
    assert(invite.logSize >= 2, "the inviter and bob are in it");
    assert(Date.parse(made.expires) > Date.now());
  });

  await t.step("who has joined with it is vouched for, in the eyes of all", async () => {
    const { box: carol, wasReset } = await join(office, made.invite, "carol");
    assertEquals(wasReset, false);
    assertEquals((await carol.contact("alice")).state, "verified");
    assertEquals((await carol.contact("bob")).state, "unverified");
    await alice.care.vouchForInvited();
    assertEquals(alice.care.notices(), []);
    const known = await alice.contact("carol");
    assertEquals([known.state, known.vouchedBy], ["vouched", ["alice"]]);
    await carol.close();
  });

  await t.step("where the inviter is verified, her word counts", async () => {
    assertEquals((await bob.contact("carol")).state, "unverified");
    await bob.verifyContact("alice", (await bob.contact("alice")).fingerprint);
    assertEquals((await bob.contact("carol")).state, "vouched");
  });
});

Deno.test("invite: a name that was joined without the inviter's secret is told until compared", async () => {
  await using office = await open();
  const alice = await office.join("alice", { role: "admin" });
  await alice.care.inviteUser({ user: "dora" });
  // Somebody with the server's machine makes another invite and uses it.
  const { box: dora } = await join(office, await office.invite("dora"), "dora");
  await alice.care.vouchForInvited();
  const [notice = ""] = alice.care.notices();
  assertStringIncludes(notice, "dora has joined, but not with your invite");
  assertStringIncludes(notice, "mailsec contacts verify dora");
  assertEquals((await alice.contact("dora")).state, "unverified");
  const again = await office.login("alice");
  assertEquals(again.care.notices(), [notice]);
  await again.verifyContact("dora", (await dora.contact("dora")).fingerprint);
  await again.care.vouchForInvited();
  assertEquals(again.care.notices(), []);
  await dora.close();
});

Deno.test("invite: a reset begins an account anew, and everybody concerned is told", async (t) => {
  await using office = await open();
  const alice = await office.join("alice", { role: "admin" });
  const [bob, carol] = [await office.join("bob"), await office.join("carol")];
  await bob.send({ to: ["carol"], title: "lost", body: "" });
  await carol.send({ to: ["bob"], title: "kept", body: "still readable for bob" });
  assertEquals((await bob.list()).length, 1);

  const { invite } = await alice.care.inviteUser({ user: "carol", reset: true });
  await t.step("the session of before ends, and its password opens nothing", async () => {
    const error = await assertRejects(() => carol.list(), LoginError);
    assert(error.hint);
  });

  await t.step("joining anew is said to be that; the old mail is gone", async () => {
    const { box: reborn, wasReset } = await join(office, invite, "carol-anew");
    assertEquals(wasReset, true);
    assertEquals(await reborn.list(), []);
    assertEquals((await reborn.contact("alice")).state, "verified");
    await reborn.close();
  });

  await t.step(
    "who has written to the name before is stopped until the keys are accepted",
    async () => {
      // A session that has just asked the directory goes by that answer for a minute.
      const later = await office.login("bob");
      const contact = await later.contact("carol");
      assertEquals(contact.state, "reset");
      await assertRejects(() => later.send({ to: ["carol"], title: "to whom?", body: "" }));
      assertEquals((await later.read(2)).body, { kind: "text", text: "still readable for bob" });
      await later.acceptContact("carol", contact.fingerprint);
      await later.send({ to: ["carol"], title: "hello again", body: "" });
      const reborn = await office.login("carol");
      assertEquals((await reborn.list()).map(({ title }) => title), ["hello again"]);
    },
  );

  await t.step("whoever has reset it vouches for the new keys", async () => {
    await alice.care.vouchForInvited();
    assertEquals(alice.care.notices(), []);
  });

  await t.step("a reset made on the server's machine works alike", async () => {
    const { invite: line } = await office.server.reset("carol");
    const local = line.replace(/@.*\//, `@127.0.0.1:${office.server.port}/`);
    const { box, wasReset } = await join(office, local, "carol-third");
    assertEquals(wasReset, true);
    const { epoch } = await box.contact("carol");
    assertEquals(epoch, 3);
    await box.close();
  });
});
