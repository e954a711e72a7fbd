/**
 * The strongest thing that a server can do to a contact: a reset that is right in every way, signed
 * with its own root key and in everybody's log, for keys that are its own.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { generateKemKeyPair } from "../../crypto/composite_kem.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { type IdentityRecord, makeResetIdentity, parseIdentity } from "../../crypto/identity.ts";
import { inviteToken, inviteTokenHash, newInviteSecret } from "../../crypto/invite.ts";
import { makeInviteGrant } from "../../crypto/invite_grant.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import { KeyChangedError } from "../../client/errors.ts";
import { answerFrom, leavesAnd } from "./forged_log.ts";
import { evidenceOf, HostileOffice, told, write } from "./hostile_office.ts";

/** Keys of the server in place of somebody's, as whoever signs the grant allows. */
async function resetOf(previous: IdentityRecord, signer: Signer): Promise<IdentityRecord> {
  const [kem, signing] = await Promise.all([generateKemKeyPair(), generateSigningKeyPair()]);
  const { user, hash: prevHash } = previous;
  const inviteSecret = newInviteSecret();
  const time = Date.now();
  const grant = await makeInviteGrant({
    ...{ user, role: "member", epoch: previous.epoch + 1, prevHash, time, by: "", signer },
    tokenHash: inviteTokenHash(inviteToken(inviteSecret)),
  });
  return await makeResetIdentity({
    ...{ user, inviteSecret, grant, time, kemPublicKey: kem.publicKey },
    signer: await importSigner(signing.secret),
  });
}

Deno.test("hostile server: an account that the server resets to keys of its own", async (t) => {
  const stranger = await importSigner((await generateSigningKeyPair()).secret);
  // A grant that is not even the server's explains nothing.
  for (const state of ["reset", "changed"] as const) {
    await t.step(`${state}: nobody's mail goes there before somebody has compared`, async () => {
      await using office = await HostileOffice.open();
      const { server } = office;
      const alice = await office.join("alice");
      const bob = await office.join("bob");
      await write(alice, "bob");
      const [first] = await server.office(({ accounts }) => accounts.identityRecords("bob"));
      const signer = state === "reset" ? await server.signer() : stranger;
      const keys = await resetOf(parseIdentity(first!.bytes), signer);
      const { hash: recordHash } = keys;
      const leaves = await leavesAnd(server, { type: "reset", user: "bob", recordHash });
      server.lies.log_sync = await answerFrom(server, leaves);
      server.lies.lookup = async ({ honest }) => {
        const { results } = await honest();
        const behind = (result: typeof results[number]) =>
          result.user === "bob"
            ? { ...result, identities: [...result.identities, keys.bytes] }
            : result;
        return { results: results.map(behind) };
      };
      const from = await office.login("alice");
      const before = server.asked.length;
      const error = await told(() => write(from, "bob"));
      assert(error instanceof KeyChangedError);
      assertEquals(error.changes.map((change) => [change.user, change.state]), [["bob", state]]);
      assertStringIncludes(error.message, formatFingerprint(keys.fingerprint));
      const contact = await from.box.contact("bob");
      assertEquals([contact.state, contact.pinned], [
        state,
        formatFingerprint(bob.account.fingerprint),
      ]);
      // Bob himself, wherever he logs in, is told that these are not his.
      const victim = await office.login("bob");
      const alarm = await told(() => write(victim, "alice"));
      assertEquals(alarm.code, "own_entry");
      await evidenceOf(victim, "own_entry");
      const since = server.asked.slice(before).map(({ type }) => type);
      assert(!since.some((type) => type.startsWith("send")), "a mail has left");
      server.behave();
      await from.box.close();
      await victim.box.close();
    });
  }
});
