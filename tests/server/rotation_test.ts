/** New keys of a user: what the vault takes, and what it does with them. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Bytes, equalBytes, toHex } from "../../crypto/bytes.ts";
import { generateKemKeyPair } from "../../crypto/composite_kem.ts";
import {
  type IdentityRecord,
  makeFirstIdentity,
  makeRotatedIdentity,
} from "../../crypto/identity.ts";
import { parseLogEntry } from "../../crypto/log_entry.ts";
import { verifyLogHead } from "../../crypto/log_head.ts";
import { parseServerRecord } from "../../crypto/server_record.ts";
import type { Signer } from "../../crypto/sign.ts";
import { makeVouch } from "../../crypto/vouch.ts";
import { logSync } from "../../protocol/messages/log_sync.ts";
import { putVouch } from "../../protocol/messages/put_vouch.ts";
import { send } from "../../protocol/messages/send.ts";
import { FREE_TRIES } from "../../server/vault/login_throttle.ts";
import { change, filler, flipped, freshSigner, identitiesOf } from "./credential_changes.ts";
import { sealTestMail, testKeys } from "./test_client.ts";
import { type RiggedPort, VaultRig } from "./vault_rig.ts";

/** Alice, who has joined, with a session. */
interface Alice {
  readonly rig: VaultRig;
  readonly port: RiggedPort;
  readonly owner: { readonly realm: Bytes; readonly user: string };
  readonly first: IdentityRecord;
}

async function withAlice(work: (alice: Alice) => Promise<void>): Promise<void> {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const port = await rig.login("alice");
  const [first] = await identitiesOf(port, "alice");
  await work({ rig, port, owner: { realm: rig.realm, user: "alice" }, first: first! });
  port.leave();
}

async function rotated(
  previous: IdentityRecord,
  signer: Signer,
  previousSigner?: Signer,
): Promise<IdentityRecord> {
  const { kem, signer: shared } = await testKeys();
  return await makeRotatedIdentity({
    previous,
    previousSigner: previousSigner ?? shared,
    kemPublicKey: kem.publicKey,
    signer,
    time: Date.now(),
  });
}

async function logOf(port: RiggedPort): Promise<{ head: string; leaves: readonly Bytes[] }> {
  const page = await port.request(logSync, { from: 0 });
  if (typeof page === "string") throw new Error(page);
  return page;
}

Deno.test("rotation: new keys go into directory and log in one step, and their owner goes on with them", () =>
  withAlice(async ({ rig, port, owner, first }) => {
    const other = await rig.login("alice");
    const signer = await freshSigner();
    const next = await rotated(first, signer);
    const answer = await change(port, owner, { version: 2, identity: next.bytes });
    assert(typeof answer !== "string", String(answer));
    const { index, head } = answer.receipt!;

    const record = parseServerRecord(
      ((await rig.connect().call("serverRecord", {})).result as { record: Bytes }).record,
    );
    const { size } = await verifyLogHead(head, record);
    assert(index < size);
    const entry = parseLogEntry((await logOf(port)).leaves[index]!);
    assertEquals([entry.type, entry.user, toHex(entry.recordHash)], [
      "rotate",
      "alice",
      toHex(next.hash),
    ]);
    assertEquals((await identitiesOf(port, "alice")).map(({ epoch }) => epoch), [1, 2]);
    assertEquals(other.ended, "credentials_changed");

    const { messageId, header, summary, content } = await sealTestMail({
      from: "alice",
      realm: owner.realm,
      to: ["alice"],
    });
    const old = { messageId, header, summary, content, ownEntry: null };
    assertEquals(await port.request(send, old), "sender_mismatch", "signed with the old key");
    // The next change is signed with the new key, and only with it.
    assertEquals(await change(port, owner, { version: 3 }), "bad_request");
    assertEquals(await change(port, owner, { version: 3, signer }), { receipt: null });
    const second = await rotated(next, await freshSigner(), signer);
    const again = await change(port, owner, { version: 4, identity: second.bytes, signer });
    assert(typeof again !== "string", String(again));
    other.leave();
  }));

Deno.test("rotation: keys that do not follow from the last ones change nothing", () =>
  withAlice(async ({ rig, port, owner, first }) => {
    await rig.register("bob");
    const bob = await rig.login("bob");
    const [bobs] = await identitiesOf(bob, "bob");
    const signer = await freshSigner();
    const { kem } = await testKeys();
    const keys = { kemPublicKey: kem.publicKey, signer, time: Date.now() };
    const good = await rotated(first, signer);
    const skipped = await rotated({ ...first, epoch: 2 }, signer);
    const elsewhere = await rotated({ ...first, hash: flipped(first.hash) }, signer);
    const foreign = await rotated(bobs!, signer);
    const stolen = await rotated(first, signer, signer);
    const anew = await makeFirstIdentity({ ...keys, user: "alice", inviteSecret: null });
    const cases: [string, Bytes][] = [
      ["not by the old key", stolen.bytes],
      ["a skipped epoch", skipped.bytes],
      ["another chain", elsewhere.bytes],
      ["another user's", foreign.bytes],
      ["a first record", anew.bytes],
    ];
    const before = await logOf(port);
    for (const [what, identity] of cases) {
      assertEquals(await change(port, owner, { version: 2, identity }), "bad_request", what);
    }
    assertEquals((await identitiesOf(port, "alice")).length, 1);
    assertEquals((await logOf(port)).leaves, before.leaves);
    const answer = await change(port, owner, { version: 2, identity: good.bytes });
    assertNotEquals(answer, "bad_request", "what follows does");
    bob.leave();
  }));

Deno.test("rotation: damaged records, and the one that is current already, change nothing", () =>
  withAlice(async ({ port, owner, first }) => {
    const good = await rotated(first, await freshSigner());
    const cases: [string, Bytes][] = [
      ["a changed signature", flipped(good.bytes)],
      ["a changed key", flipped(good.bytes, 100)],
      ["a cut record", good.bytes.slice(0, -1)],
      ["no record", filler(50)],
      ["the same again", first.bytes],
    ];
    for (const [what, identity] of cases) {
      assertEquals(await change(port, owner, { version: 2, identity }), "bad_request", what);
    }
    const [only, ...more] = await identitiesOf(port, "alice");
    assert(equalBytes(only!.hash, first.hash));
    assertEquals(more, []);
  }));

Deno.test("rotation: a login under way with the old keys ends before it is open", () =>
  withAlice(async ({ rig, port, owner, first }) => {
    const next = await rotated(first, await freshSigner());
    let refused = false;
    await rig.login("alice", async () => {
      const answer = await change(port, owner, { version: 2, identity: next.bytes });
      assert(typeof answer !== "string", String(answer));
    }).catch(() => void (refused = true));
    assert(refused);
  }));

Deno.test("rotation: everybody has to fetch new keys, so nobody makes any number of them", () =>
  withAlice(async ({ port, owner, first }) => {
    let previous = first;
    let previousSigner = (await testKeys()).signer;
    const answers: unknown[] = [];
    for (let i = 0; i <= FREE_TRIES + 1; i++) {
      const signer = await freshSigner();
      const next = await rotated(previous, signer, previousSigner);
      const wish = { version: 2 + i, identity: next.bytes, signer: previousSigner };
      answers.push(await change(port, owner, wish));
      [previous, previousSigner] = [next, signer];
    }
    assertEquals(answers.at(-1), "too_often");
    assertEquals(answers.filter((answer) => typeof answer === "string").length, 1);
  }));

Deno.test("rotation: a key that nobody can encrypt to is not taken", () =>
  withAlice(async ({ port, owner, first }) => {
    const { publicKey } = await generateKemKeyPair();
    const { signer: previousSigner } = await testKeys();
    const kemPublicKey = publicKey.slice();
    kemPublicKey.fill(0xff, 0, 1184);
    const next = await makeRotatedIdentity({
      ...{ previous: first, previousSigner, kemPublicKey },
      ...{ signer: await freshSigner(), time: Date.now() },
    });
    const wish = { version: 2, identity: next.bytes };
    assertEquals(await change(port, owner, wish), "bad_request");
  }));

Deno.test("rotation: one word for a user's keys is enough, however often she replaces them", () =>
  withAlice(async ({ rig, port, owner, first }) => {
    await rig.register("bob");
    const bob = await rig.login("bob");
    const { signer: bobs } = await testKeys();
    const vouchFor = async ({ hash: identityHash }: IdentityRecord) => {
      const fields = { voucher: "bob", signer: bobs, user: "alice", identityHash, time: 1 };
      return await bob.request(putVouch, { vouch: (await makeVouch(fields)).bytes });
    };
    assertEquals(await vouchFor(first), {});
    const next = await rotated(first, await freshSigner());
    assert(typeof await change(port, owner, { version: 2, identity: next.bytes }) !== "string");
    for (const record of [first, next, next]) assertEquals(await vouchFor(record), {});
    const types = (await logOf(port)).leaves.map((leaf) => parseLogEntry(leaf).type);
    assertEquals(types, ["first", "first", "vouch", "rotate"]);
    bob.leave();
  }));
