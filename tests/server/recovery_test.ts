/** A new password by the recovery code, as the vault gives it or not. */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import { bundleVersionOf } from "../../crypto/key_bundle.ts";
import { finishRegistration, startRegistration } from "../../crypto/password_client.ts";
import { newRecoveryCode, recoveryAuth, recoveryAuthHash } from "../../crypto/recovery_code.ts";
import { encode } from "../../protocol/codec.ts";
import {
  type Recovery,
  type RecoveryStart,
  recoveryStart,
} from "../../protocol/messages/recovery.ts";
import { setDisabled } from "../../server/admin/users.ts";
import { withOffice } from "../../server/admin/office.ts";
import { FIRST_DELAY_MS, FREE_TRIES } from "../../server/vault/login_throttle.ts";
import {
  change,
  filler,
  flipped,
  freshSigner,
  signedChange,
  type Wish,
} from "./credential_changes.ts";
import { type RiggedPort, type Said, VaultRig } from "./vault_rig.ts";

const NEW_PASSWORD = "what alice thought of next";

/** Alice has joined and written down a recovery code. */
interface Scene {
  rig: VaultRig;
  readonly code: Bytes;
  readonly clock: { now: number };
  readonly owner: { readonly realm: Bytes; readonly user: string };
  /** Closes the vault and opens it again on the same data. */
  restart(): Promise<void>;
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = { now: Date.now() };
  const rigClock = { now: () => clock.now, sleep: () => Promise.resolve() };
  const rig = await VaultRig.open({}, rigClock);
  const code = newRecoveryCode();
  const owner = { realm: rig.realm, user: "alice" };
  const scene: Scene = {
    ...{ rig, code, clock, owner },
    async restart() {
      await scene.rig.vault.close();
      scene.rig = await VaultRig.open({ data: rig.data }, rigClock);
    },
  };
  try {
    await rig.register("alice");
    const port = await rig.login("alice");
    const recoveryHash = recoveryAuthHash(recoveryAuth(code));
    assertEquals(await change(port, owner, { version: 2, recoveryHash }), { receipt: null });
    port.leave();
    await work(scene);
  } finally {
    await scene.rig.close();
  }
}

/** One try: what the vault said, and the port. */
async function recover(
  { rig }: Scene,
  user: string,
  code: Bytes,
): Promise<{ port: RiggedPort; said: Said; started: RecoveryStart | undefined }> {
  const port = await rig.keyed();
  const { request } = startRegistration({ realm: rig.realm, user, password: NEW_PASSWORD });
  const said = await port.call("recoverStart", { user, auth: recoveryAuth(code), request });
  return { port, said, started: said.result as RecoveryStart | undefined };
}

/** Whether a code of `user` opens anything; "blocked" when it is not even looked at. */
async function outcome(scene: Scene, user: string, code: Bytes): Promise<string> {
  const { port, started } = await recover(scene, user, code);
  port.leave();
  if (started === undefined) return port.ended!;
  return started.bundle === null ? "refused" : "right";
}

/** All the way to the new password. */
async function recoverTo(scene: Scene, wish: Partial<Wish> = {}): Promise<Said> {
  const { port, finish } = await readyToFinish(scene, wish);
  const finished = await port.call("recoverFinish", finish);
  port.leave();
  return finished;
}

/** All but the last step. */
async function readyToFinish(
  scene: Scene,
  wish: Partial<Wish> = {},
): Promise<{ port: RiggedPort; finish: Recovery }> {
  const { rig, code, owner } = scene;
  const port = await rig.keyed();
  const withPassword = { ...owner, password: NEW_PASSWORD };
  const { request, ...state } = startRegistration(withPassword);
  const auth = recoveryAuth(code);
  const said = await port.call("recoverStart", { user: owner.user, auth, request });
  const { response } = said.result as RecoveryStart;
  const { record } = finishRegistration(withPassword, state, response);
  const { bundle, signature } = await signedChange(owner, { version: 3, record, ...wish });
  return { port, finish: { record, bundle, signature } };
}

Deno.test("recovery: the code gives the bundle and a new password, and open sessions end", () =>
  withScene(async (scene) => {
    const { rig } = scene;
    const open = await rig.login("alice");
    const { started, port } = await recover(scene, "alice", scene.code);
    assertEquals(bundleVersionOf(started!.bundle!), 2);
    port.leave();
    assertEquals((await recoverTo(scene)).result, { accepted: true });
    assertEquals(open.ended, "credentials_changed");
    open.leave();
    await assertRejects(() => rig.login("alice"), Error, "wrong password");
    (await rig.login("alice", undefined, { password: NEW_PASSWORD })).leave();
  }));

Deno.test("recovery: open sessions end also when the connection breaks before the answer", () =>
  withScene(async (scene) => {
    const open = await scene.rig.login("alice");
    const { port, finish } = await readyToFinish(scene);
    // The vault is at work on the last step when the connection goes.
    void port.call("recoverFinish", finish);
    await open.call("request", { type: "ping", body: {} });
    port.leave();
    while (open.ended === null) await open.change();
    assertEquals(open.ended, "credentials_changed");
    open.leave();
    (await scene.rig.login("alice", undefined, { password: NEW_PASSWORD })).leave();
  }));

Deno.test("recovery: a wrong code, an unknown name, an invited, a disabled and another account look alike", () =>
  withScene(async (scene) => {
    const { rig, code } = scene;
    await rig.register("bob");
    await rig.invite("carol");
    const answers: number[] = [];
    const look = async (user: string, tried: Bytes) => {
      const { said, started, port } = await recover(scene, user, tried);
      assertEquals(Object.keys(said).sort(), ["id", "result"], user);
      assertEquals(started!.bundle, null, user);
      assertEquals(port.ended, null, user);
      answers.push(encode(recoveryStart, started!).length);
      // There is no next step.
      const finish = { record: filler(192), bundle: filler(100), signature: randomBytes(3373) };
      assertEquals((await port.call("recoverFinish", finish)).failed, true, user);
      port.leave();
    };
    await look("alice", newRecoveryCode());
    await look("nobody", code);
    await look("bob", code);
    await look("carol", code);
    assertEquals(await outcome(scene, "alice", code), "right");
    await withOffice(rig.data, (office) => setDisabled(office, "alice", true));
    await look("alice", code);
    assertEquals(new Set(answers).size, 1);
  }));

Deno.test("recovery: the answer to a wrong code tells nothing about the password", () =>
  withScene(async (scene) => {
    const { rig, code } = scene;
    const { request } = startRegistration({ ...scene.owner, password: NEW_PASSWORD });
    const responses = async (with_: Bytes) => {
      const found: Bytes[] = [];
      for (let i = 0; i < 2; i++) {
        const port = await rig.keyed();
        const args = { user: "alice", auth: recoveryAuth(with_), request };
        const { result } = await port.call("recoverStart", args);
        found.push((result as RecoveryStart).response);
        port.leave();
      }
      return found as [Bytes, Bytes];
    };
    const [one, two] = await responses(code);
    assert(equalBytes(one, two), "under the user's name the answer is always the same");
    const [third, fourth] = await responses(newRecoveryCode());
    assert(!equalBytes(third, fourth) && !equalBytes(third, one));
  }));

Deno.test("recovery: wrong codes are soon too many, also across a restart; the right one still counts", () =>
  withScene(async (scene) => {
    for (const user of ["alice", "nobody"]) {
      for (let i = 0; i <= FREE_TRIES; i++) {
        assertEquals(await outcome(scene, user, newRecoveryCode()), "refused", `${user} ${i}`);
      }
      assertEquals(await outcome(scene, user, newRecoveryCode()), "blocked", user);
    }
    await scene.restart();
    for (const user of ["alice", "nobody"]) {
      assertEquals(await outcome(scene, user, newRecoveryCode()), "blocked", user);
    }
    assertEquals(await outcome(scene, "alice", scene.code), "right");
    assertEquals((await recoverTo(scene)).result, { accepted: true });
    scene.clock.now += FIRST_DELAY_MS;
    assertEquals(await outcome(scene, "alice", newRecoveryCode()), "refused");
    assertEquals(await outcome(scene, "alice", newRecoveryCode()), "blocked");
  }));

Deno.test("recovery: who has seen a code's proof does not get any number of answers either", () =>
  withScene(async (scene) => {
    for (let i = 0; i <= FREE_TRIES; i++) {
      assertEquals(await outcome(scene, "alice", scene.code), "right");
    }
    assertEquals(await outcome(scene, "alice", scene.code), "blocked");
    await scene.restart();
    assertEquals(await outcome(scene, "alice", scene.code), "blocked");
    scene.clock.now += FIRST_DELAY_MS;
    // A recovery that ends in a new password takes its own try back, and no other.
    assertEquals((await recoverTo(scene)).result, { accepted: true });
    assertEquals(await outcome(scene, "alice", scene.code), "right");
    assertEquals(await outcome(scene, "alice", scene.code), "blocked");
  }));

Deno.test("recovery: guessing at codes does not slow down logins, nor the other way round", () =>
  withScene(async (scene) => {
    for (let i = 0; i <= FREE_TRIES; i++) await outcome(scene, "alice", newRecoveryCode());
    (await scene.rig.login("alice")).leave();
    for (let i = 0; i <= FREE_TRIES; i++) {
      const guess = scene.rig.login("alice", undefined, { password: `guess ${i}` });
      await assertRejects(() => guess, Error, "wrong password");
    }
    assertEquals(await outcome(scene, "alice", scene.code), "right");
  }));

Deno.test("recovery: without the key from the bundle, or on an old bundle, no password is set", () =>
  withScene(async (scene) => {
    const cases: [string, Partial<Wish>][] = [
      ["another key", { signer: await freshSigner() }],
      ["the version that is there", { version: 2 }],
      ["a later version", { version: 4 }],
      ["a signature over another record", { record: flipped(filler(192)) }],
      ["a signature over a new code too", { recoveryHash: randomBytes(32) }],
    ];
    for (const [what, wish] of cases) {
      assertEquals((await recoverTo(scene, wish)).result, { accepted: false }, what);
    }
    (await scene.rig.login("alice")).leave();
  }));

Deno.test("recovery: a code that was replaced meanwhile sets no password", () =>
  withScene(async (scene) => {
    const { rig, owner, code } = scene;
    const { port } = await recover(scene, "alice", code);
    const session = await rig.login("alice");
    const renewed = newRecoveryCode();
    const recoveryHash = recoveryAuthHash(recoveryAuth(renewed));
    assertEquals(await change(session, owner, { version: 3, recoveryHash }), { receipt: null });
    session.leave();
    const record = filler(192);
    const { bundle, signature } = await signedChange(owner, { version: 4, record });
    const { result } = await port.call("recoverFinish", { record, bundle, signature });
    assertEquals(result, { accepted: false });
    port.leave();
    assertEquals(await outcome(scene, "alice", code), "refused");
    assertEquals(await outcome(scene, "alice", renewed), "right");
  }));

Deno.test("recovery: steps cannot be taken twice or out of order", () =>
  withScene(async (scene) => {
    const { rig, owner, code } = scene;
    const { request } = startRegistration({ ...owner, password: NEW_PASSWORD });
    const args = { user: "alice", auth: recoveryAuth(code), request };
    const early = rig.connect();
    assertEquals((await early.call("recoverStart", args)).failed, true, "before M1");
    early.leave();
    const twice = await rig.keyed();
    assertNotEquals((await twice.call("recoverStart", args)).result, undefined);
    assertEquals((await twice.call("recoverStart", args)).failed, true, "twice");
    twice.leave();
    const skip = await rig.keyed();
    const record = filler(192);
    const { bundle, signature } = await signedChange(owner, { version: 3, record });
    const finish = { record, bundle, signature };
    assertEquals((await skip.call("recoverFinish", finish)).failed, true, "without a code");
    skip.leave();
    (await rig.login("alice")).leave();
  }));
