/** A server that shows another record of itself than its own newest one. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Bytes } from "../../crypto/bytes.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { parseInvite } from "../../crypto/invite.ts";
import { makeServerRecord, parseServerRecord } from "../../crypto/server_record.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import { HostileOffice, told } from "./hostile_office.ts";

const DAY_MS = 24 * 60 * 60_000;

/** The record, made anew by whoever signs it. */
async function remade(
  record: Bytes,
  signer: Signer,
  changes: Partial<{ seq: number; notBefore: number; notAfter: number }>,
): Promise<Bytes> {
  const { seq, notBefore, notAfter, kemKey: kemPublicKey } = parseServerRecord(record);
  const made = { signer, kemPublicKey, seq, notBefore, notAfter, ...changes };
  return (await makeServerRecord(made)).bytes;
}

async function stranger(): Promise<Signer> {
  return await importSigner((await generateSigningKeyPair()).secret);
}

function flipped(bytes: Bytes, at: number): Bytes {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

Deno.test("hostile server: a wrong record of itself is refused before anything is sent to it", async (t) => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const alice = await office.join("alice");
  await alice.box.close();
  const own = await server.signer();
  const other = await stranger();
  const now = Date.now();
  // The clients know record 7 from now on.
  server.handshake.record = (honest) => remade(honest, own, { seq: 7 });
  await (await office.login("alice", alice.config)).box.close();
  const expired = { seq: 7, notBefore: now - 200 * DAY_MS, notAfter: now - DAY_MS };
  const cases: [code: string, (honest: Bytes) => Bytes | Promise<Bytes>][] = [
    ["record_rollback", (honest) => remade(honest, own, { seq: 6 })],
    ["record_expired", (honest) => remade(honest, own, expired)],
    ["record_expired", (honest) => remade(honest, own, { seq: 7, notBefore: now + 30 * DAY_MS })],
    ["server_changed", (honest) => remade(honest, other, { seq: 7 })],
    ["record_signature", (honest) => flipped(honest, honest.length - 1)],
    // Another KEM key under the old signature.
    ["record_signature", (honest) => flipped(honest, honest.length - 4000)],
    // The range of versions, under the old signature.
    ["record_signature", (honest) => flipped(honest, 1 + 32 + 4 + 8 + 8)],
  ];
  for (const [i, [code, record]] of cases.entries()) {
    await t.step(`${code} (${i + 1})`, async () => {
      server.handshake.record = record;
      const asked: string[] = [];
      server.onHandshake = (call) => asked.push(call);
      const error = await told(() => office.login("alice", alice.config));
      assertEquals([error.name, error.code], ["TrustError", code]);
      assertEquals(asked, ["serverRecord"], "something was sent to a server that is not trusted");
    });
  }
});

Deno.test("hostile server: a changed root names both fingerprints and the way out", async () => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const alice = await office.join("alice");
  await alice.box.close();
  const other = await stranger();
  let shown: Bytes | undefined;
  server.handshake.record = async (honest) => shown = await remade(honest, other, {});
  const error = await told(() => office.login("alice", alice.config));
  assertEquals(error.code, "server_changed");
  assertStringIncludes(error.message, formatFingerprint(server.realm));
  assertStringIncludes(error.message, formatFingerprint(parseServerRecord(shown!).realm));
  assertStringIncludes(error.hint!, alice.config.pinPath(server.address));
  // It stays refused, and the true server is still the one that counts.
  assertEquals((await told(() => office.login("alice", alice.config))).code, "server_changed");
  server.behave();
  await office.login("alice", alice.config);
});

Deno.test("hostile server: an invite is not answered by another server's record", async () => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const line = await server.invite("alice");
  assertEquals(parseInvite(line).user, "alice");
  const other = await stranger();
  server.handshake.record = (honest) => remade(honest, other, {});
  const asked: string[] = [];
  server.onHandshake = (call) => asked.push(call);
  const error = await told(() => office.join("alice", line));
  assertEquals([error.name, error.code], ["TrustError", "invite_mismatch"]);
  assertEquals(asked, ["serverRecord"], "the invite's secret or a password has left the client");
  assertEquals(await office.configOf("alice").pinnedServer(server.address), null);
  server.behave();
  const alice = await office.join("alice", line);
  assertEquals(alice.box.me, "alice");
});
