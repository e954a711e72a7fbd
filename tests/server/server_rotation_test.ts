import { assertEquals } from "@std/assert";
import { parseServerRecord } from "../../crypto/server_record.ts";
import { rotateServerKeys } from "../../server/admin/keys.ts";
import { connectVault } from "../../server/vault_client.ts";
import { VaultRig } from "./vault_rig.ts";

/** The number of the record that the vault hands to a connection. */
async function recordSeq(rig: VaultRig): Promise<number> {
  const vault = connectVault(rig.connect().port, { onEvent: () => {}, onClose: () => {} });
  return parseServerRecord((await vault.serverRecord({})).record).seq;
}

Deno.test("server keys: after a rotation sessions go on, and logins are made with the new key", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const session = await rig.login("alice");
  const rotated = await rotateServerKeys(rig.data, { passphrase: null, now: Date.now() });
  assertEquals(await recordSeq(rig), rotated.seq - 1, "not before the vault has looked");
  await rig.vault.noticeKeys();
  assertEquals(await recordSeq(rig), rotated.seq);
  const { result } = await session.call("request", { type: "ping", body: {} });
  assertEquals(Object.keys(result as object), ["body"]);
  const next = await rig.login("alice");
  assertEquals(next.users, ["alice"]);
});
