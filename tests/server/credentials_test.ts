/** What a session can change about what opens its account, and what it cannot. */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import { bundleVersionOf } from "../../crypto/key_bundle.ts";
import { startRegistration } from "../../crypto/password_client.ts";
import { changeCredentials } from "../../protocol/messages/change_credentials.ts";
import { passwordStart } from "../../protocol/messages/password_start.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { FREE_TRIES } from "../../server/vault/login_throttle.ts";
import {
  change,
  filler,
  flipped,
  freshSigner,
  newRecord,
  signedChange,
} from "./credential_changes.ts";
import { passwordOf, type RiggedPort, VaultRig } from "./vault_rig.ts";

const NEW_PASSWORD = "another password of alice";

async function withAlice(
  work: (rig: VaultRig, port: RiggedPort, owner: { realm: Bytes; user: string }) => Promise<void>,
): Promise<void> {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const port = await rig.login("alice");
  await work(rig, port, { realm: rig.realm, user: "alice" });
  port.leave();
}

/** The bundle that a login gets. */
async function bundleAt(rig: VaultRig, password = passwordOf("alice")): Promise<Bytes> {
  let found: Bytes | null = null;
  const onBundle = (bundle: Bytes) => void (found = bundle);
  const port = await rig.login("alice", undefined, { password, onBundle });
  port.leave();
  return found!;
}

Deno.test("credentials: a new password counts at once, the old one no more, and other sessions end", () =>
  withAlice(async (rig, port, owner) => {
    const other = await rig.login("alice");
    await rig.register("bob");
    const bob = await rig.login("bob");
    const record = await newRecord(port, { ...owner, password: NEW_PASSWORD });
    assertEquals(await change(port, owner, { version: 2, record }), { receipt: null });

    assertEquals(other.ended, "credentials_changed");
    // What comes before this answer was said before it.
    await other.call("request", {});
    const said = other.said.filter((message) => "event" in message || "close" in message);
    assertEquals(said, [
      { event: "closing", body: { reason: "credentials_changed" } },
      { close: "credentials_changed" },
    ]);
    assert(typeof await port.request(ping, {}) !== "string", "this session goes on");
    assert(typeof await bob.request(ping, {}) !== "string", "nobody else's ends");
    for (const gone of [other, bob]) gone.leave();

    await assertRejects(() => rig.login("alice"), Error, "wrong password");
    assertEquals(bundleVersionOf(await bundleAt(rig, NEW_PASSWORD)), 2);
  }));

Deno.test("credentials: without the signature of the user's own key over all of it nothing changes", () =>
  withAlice(async (rig, port, owner) => {
    const record = filler(192);
    const recoveryHash = randomBytes(32);
    const good = await signedChange(owner, { version: 2, record, recoveryHash });
    const later = await signedChange(owner, { version: 3, record, recoveryHash });
    const bobs = await signedChange({ ...owner, user: "bob" }, {
      version: 2,
      record,
      recoveryHash,
    });
    const other = await signedChange(owner, { version: 2, signer: await freshSigner() });
    const cases: [string, typeof good][] = [
      ["no signature", { ...good, signature: randomBytes(3373) }],
      ["half a signature", { ...good, signature: flipped(good.signature) }],
      ["another record", { ...good, record: flipped(record) }],
      ["no record", { ...good, record: null }],
      ["another code", { ...good, recoveryHash: randomBytes(32) }],
      ["no code", { ...good, recoveryHash: null }],
      ["another bundle", { ...good, bundle: flipped(good.bundle) }],
      ["the signature for another version", { ...good, signature: later.signature }],
      ["the signature for another user", { ...good, signature: bobs.signature }],
      ["another key", other],
      ["no bundle", { ...good, bundle: filler(100) }],
    ];
    for (const [what, request] of cases) {
      assertEquals(await port.request(changeCredentials, request), "bad_request", what);
    }
    assertEquals(bundleVersionOf(await bundleAt(rig)), 1);
    // What was refused for its signature was right otherwise.
    assertEquals(await port.request(changeCredentials, good), { receipt: null });
  }));

Deno.test("credentials: a change counts once, and only on the bundle that it was made from", () =>
  withAlice(async (rig, port, owner) => {
    for (const version of [0, 1, 3, 2 ** 32 - 1]) {
      assertEquals(await change(port, owner, { version }), "conflict", String(version));
    }
    const first = await signedChange(owner, { version: 2 });
    assertEquals(await port.request(changeCredentials, first), { receipt: null });
    const second = await signedChange(owner, { version: 3 });
    assertEquals(await port.request(changeCredentials, second), { receipt: null });
    for (const replayed of [first, second]) {
      assertEquals(await port.request(changeCredentials, replayed), "conflict");
    }
    assert(equalBytes(await bundleAt(rig), second.bundle));
  }));

Deno.test("credentials: of two changes at the same time one counts", () =>
  withAlice(async (rig, port, owner) => {
    const requests = await Promise.all([1, 2, 3].map(() => signedChange(owner, { version: 2 })));
    const answers = await Promise.all(
      requests.map((request) => port.request(changeCredentials, request)),
    );
    const counted = answers.findIndex((answer) => answer !== "conflict");
    assertEquals(answers.toSpliced(counted, 1), ["conflict", "conflict"]);
    assertEquals(answers[counted], { receipt: null });
    assert(equalBytes(await bundleAt(rig), requests[counted]!.bundle));
  }));

Deno.test("credentials: a login under way with the old password ends before it is open", () =>
  withAlice(async (rig, port, owner) => {
    const record = await newRecord(port, { ...owner, password: NEW_PASSWORD });
    // Between KE3 and the proof of the key.
    await assertRejects(() =>
      rig.login("alice", async () => {
        assertEquals(await change(port, owner, { version: 2, record }), { receipt: null });
      })
    );
    // Between KE2 and KE3.
    const again = await newRecord(port, { ...owner, password: passwordOf("alice") });
    let changed: unknown = null;
    const late = rig.passwordOnly("alice", {
      password: NEW_PASSWORD,
      beforeKe3: async () =>
        void (changed = await change(port, owner, { version: 3, record: again })),
    });
    await assertRejects(() => late, Error, "the password was not taken");
    assertEquals(changed, { receipt: null });
    assertEquals(bundleVersionOf(await bundleAt(rig)), 3);
  }));

Deno.test("credentials: the answers that a new password needs are few, for each tells about the present one", async () => {
  let now = Date.now();
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const first = await VaultRig.open({}, clock);
  await first.register("alice");
  let port = await first.login("alice");
  const answers = [];
  for (let i = 0; i <= FREE_TRIES + 1; i++) {
    answers.push(await port.request(passwordStart, { request: requestOf(first.realm) }));
  }
  assertEquals(answers.slice(0, -1).filter((answer) => typeof answer === "string"), []);
  assertEquals(answers.at(-1), "too_often");
  port.leave();
  await first.vault.close();

  await using rig = await VaultRig.open({ data: first.data }, clock);
  port = await rig.login("alice");
  const request = requestOf(rig.realm);
  assertEquals(await port.request(passwordStart, { request }), "too_often", "after a restart");
  now += 1000;
  const answer = await port.request(passwordStart, { request });
  assertNotEquals(answer, "too_often");
  assertMatch(String(await port.request(passwordStart, { request })), /too_often/);
  port.leave();
});

Deno.test("credentials: a request for a new password that is none is refused as such", () =>
  withAlice(async (_rig, port) => {
    assertEquals(await port.request(passwordStart, { request: filler(31) }), "bad_request");
  }));

function requestOf(realm: Bytes): Bytes {
  return startRegistration({ realm, user: "alice", password: NEW_PASSWORD }).request;
}
