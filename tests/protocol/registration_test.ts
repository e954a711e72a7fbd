/** Registrations and recoveries, from the first frame to the end of the connection. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Bytes, concat, randomBytes } from "../../crypto/bytes.ts";
import { DecryptionError } from "../../crypto/errors.ts";
import { openBundle, openBundleWithRecovery } from "../../crypto/key_bundle.ts";
import { ConnectionLostError } from "../../protocol/session_errors.ts";
import {
  FakeVault,
  knownServer,
  recoverableOwner,
  recoveryCode,
  recoverySteps,
  someReceipt,
  someRegistration,
} from "./fake_vault.ts";
import { linkPair } from "./link_pair.ts";

const registrationSteps = {
  user: "bob",
  token: randomBytes(32),
  request: randomBytes(32),
  finish: () => someRegistration,
};

Deno.test("registration: it reaches the vault whole, is receipted, and the connection ends", async () => {
  const { client, vault, closed, opened, fromServer } = linkPair();
  const result = await client.register(knownServer, registrationSteps);
  assertEquals(result, { accepted: true, receipt: someReceipt });
  assertEquals(vault.registered, someRegistration);
  assertEquals(await closed, "registered");
  assertEquals(opened, []);
  assertEquals(fromServer.map((frame) => frame[0]), [0x12, 0x24, 0x26]);
});

Deno.test("registration: a name that has had keys before gets its grant", async () => {
  for (const grant of [randomBytes(3549), null]) {
    const vault = new FakeVault();
    vault.grant = grant;
    const { client } = linkPair({ vault });
    const given: unknown[] = [];
    await client.register(knownServer, {
      ...registrationSteps,
      finish(start) {
        given.push([start.response.length, start.grant]);
        return someRegistration;
      },
    });
    assertEquals(given, [[64, grant]]);
  }
});

Deno.test("registration: with an invite that does not count one is told why", async () => {
  const vault = new FakeVault();
  vault.inviteRefused = "invite_expired";
  const { client, closed } = linkPair({ vault });
  const result = await client.register(knownServer, registrationSteps);
  assertEquals(result, { accepted: false, code: "invite_expired" });
  assertEquals(await closed, "invite_expired");
});

Deno.test("registration: a vault that accepts without a receipt is not believed", async () => {
  const vault = new FakeVault();
  vault.registerFinish = () => Promise.resolve({ refused: null, receipt: null });
  const { client, closed, problems } = linkPair({ vault });
  await assertRejects(() => client.register(knownServer, registrationSteps), ConnectionLostError);
  assertEquals(await closed, "handshake");
  assertEquals(problems.length, 1);
});

Deno.test("recovery: the code opens the bundle, and a new password takes the place of the old", async () => {
  const { client, vault, closed, opened, fromServer } = linkPair();
  const exportKey = randomBytes(64);
  assertEquals(await client.recover(knownServer, recoverySteps(recoveryCode, exportKey)), null);
  assertEquals(await closed, "recovered");
  assertEquals(opened, []);
  assertEquals(fromServer.map((frame) => frame[0]), [0x12, 0x24, 0x26]);
  assertEquals(vault.calls, ["serverRecord", "decapsulate", "recoverStart", "recoverFinish"]);
  assertEquals(vault.record?.length, 192);

  const owner = { ...recoverableOwner, sealed: vault.bundle };
  const byPassword = openBundle({ ...owner, exportKey });
  assertEquals(byPassword.version, 8);
  assertEquals(openBundleWithRecovery({ ...owner, code: recoveryCode }), byPassword);
});

Deno.test("recovery: a wrong code and an unknown name look alike, and change nothing", async () => {
  const wrong = recoverySteps(randomBytes(20));
  const unknown = { ...recoverySteps(recoveryCode), user: "nobody" };
  const answers: number[][] = [];
  for (const steps of [wrong, unknown]) {
    const { client, vault, closed, fromServer } = linkPair();
    const before = vault.bundle;
    const result = await client.recover(knownServer, {
      ...steps,
      finish: () => Promise.reject(new Error("nothing is to be finished")),
    });
    assertEquals(result, "recovery_refused");
    assertEquals(await closed, "recovery_refused");
    assertEquals(vault.calls.at(-1), "recoverStart");
    assert(vault.bundle === before && vault.record === null);
    answers.push(fromServer.map((frame) => frame.length));
  }
  assertEquals(answers[0], answers[1]);
});

/** A bundle of nobody, without slots. */
function bundleOfVersion(version: number): Bytes {
  return concat(Uint8Array.of(1, 0, 0, 0, version, 0), randomBytes(3000));
}

Deno.test("recovery: a signature that does not fit is refused, and changes nothing", async () => {
  const honest = recoverySteps(recoveryCode);
  const changes = [
    { signature: randomBytes(3373) },
    { record: randomBytes(192) },
    { bundle: bundleOfVersion(8) },
  ];
  for (const change of changes) {
    const { client, vault, closed } = linkPair();
    const before = vault.bundle;
    const result = await client.recover(knownServer, {
      ...honest,
      finish: async (start) => ({ ...await honest.finish(start), ...change }),
    });
    assertEquals(result, "recovery_refused");
    assertEquals(await closed, "recovery_refused");
    assert(vault.bundle === before && vault.record === null);
  }
});

Deno.test("recovery: a bundle that the code does not open reaches the caller as such", async () => {
  const vault = new FakeVault();
  vault.bundle[200]! ^= 1;
  const { client } = linkPair({ vault });
  await assertRejects(
    () => client.recover(knownServer, recoverySteps(recoveryCode)),
    DecryptionError,
  );
});

const CALLS = ["registerStart", "registerFinish", "recoverStart", "recoverFinish"] as const;
for (const call of CALLS) {
  Deno.test(`handshake: when the vault refuses ${call}, nothing is said`, async () => {
    const vault = new FakeVault();
    vault[call] = () => Promise.reject<never>(new Error("no"));
    const { client, closed, fromServer } = linkPair({ vault });
    const attempt = call.startsWith("register")
      ? client.register(knownServer, registrationSteps)
      : client.recover(knownServer, recoverySteps(recoveryCode));
    await assertRejects(() => attempt, ConnectionLostError);
    assertEquals(await closed, "handshake");
    assertEquals(fromServer.length, call.endsWith("Start") ? 1 : 2);
  });
}
