/** account.json against the second implementation of docs/protocol.md, and opened by the product. */
import { assert, assertEquals } from "@std/assert";
import { openState } from "../../crypto/account_state.ts";
import { parseEnrolmentCode } from "../../crypto/enrolment_code.ts";
import { openBundle, openBundleWithRecovery } from "../../crypto/key_bundle.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { fixedBytes } from "../../tools/vectors/fixed_randomness.ts";
import type { Vector } from "../../tools/vectors/values.ts";
import { accountState, bundle, kemItem, pin, slotD, slotDevice, slotP, slotR } from "./account.ts";
import { readVector, readVectorFile } from "./files.ts";
import { type Person, person } from "./persons.ts";
import {
  crockford,
  grouped,
  hkdf,
  type Item,
  join,
  keyId,
  lp8,
  type Raw,
  sha256,
  signs,
  text,
  u32,
  verifies,
  zeros,
} from "./primitives.ts";

const NOW = 1_760_000_000_000;
const [operator, alice, alice2, bob, carol] = await Promise.all(
  ["server", "alice", "alice2", "bob", "carol"].map(person),
) as [Person, Person, Person, Person, Person];
const owner = { realm: operator.fingerprint, user: "alice" };

/** A code as people write it down (8.4). */
function written(code: Raw, checkLabel: string): string {
  const check = sha256(join(`mailsec/1 ${checkLabel}\0`, code));
  return grouped(crockford(code) + crockford(check).slice(0, 4));
}

/** The private keys (9.1) of alice after a rotation. */
function keysItem(devices: readonly Item[]): Item {
  return {
    ...{ v: 2, kem: kemItem(alice2), ed25519: alice2.ed25519Seed, mlDsa: alice2.mlDsaSeed },
    ...{ earlierKem: [kemItem(alice)], devices },
  };
}

Deno.test("vectors: a second implementation computes codes, bundles and state", async () => {
  const vector = await readVector("account");
  assertEquals(vector.bytes("realm"), owner.realm);
  const code = vector.bytes("recovery code");
  const auth = hkdf(code, "mailsec/1 recovery-auth\0", 32);
  assertEquals(vector.text("recovery code shown"), written(code, "recovery-check"));
  assertEquals(vector.bytes("recovery auth"), auth);
  assertEquals(vector.bytes("recovery hash"), sha256(auth));
  const enrolCode = vector.bytes("enrolment code");
  assertEquals(vector.text("enrolment code shown"), written(enrolCode, "enrolment-check"));

  const [exportKey, bundleKey] = [vector.bytes("export key"), vector.bytes("bundle key")];
  const plain = vector.bytes("bundle");
  const recovery = slotR(owner, code);
  const slots = [slotP(owner, exportKey), recovery];
  assertEquals(plain, bundle(owner, { version: 4, bundleKey, slots, keys: keysItem([]) }, plain));
  const secret = vector.bytes("device secret");
  const device = slotDevice(owner, exportKey, { type: 16, secret });
  const second = fixedBytes("mailsec second device secret", 16);
  const phone = slotDevice(owner, exportKey, { type: 47, secret: second });
  const keys = keysItem([
    { slot: 16, name: "laptop", secret, added: NOW },
    { slot: 47, name: "phone ".padEnd(64, "y"), secret: second, added: NOW + 1 },
  ]);
  const hardened = vector.bytes("hardened bundle with slot D");
  const allSlots = [recovery, slotD(owner, exportKey, enrolCode), device, phone];
  const changed = { version: 5, bundleKey, slots: allSlots, keys };
  assertEquals(hardened, bundle(owner, changed, hardened));

  assertEquals(vector.bytes("account mark"), hkdf(bundleKey, "mailsec/1 account-mark\0", 16));
  const state = vector.bytes("account state");
  assertEquals(state, accountState(owner, { revision: 9, bundleKey, state: stateItem() }, state));
  await checkCredentials(vector, plain);
  assertEquals(vector.unread, []);
});

function stateItem(): Item {
  const keysOf = ({ fingerprint, kempk }: Person) => ({ fingerprint, keyId: keyId(kempk) });
  const seen = { epoch: 1, firstSeen: NOW };
  return {
    v: 3,
    pins: {
      bob: pin({
        ...{ ...seen, ...keysOf(bob), epoch: 2 },
        ...{ recordHash: sha256(text("bob's record")), trust: 2 },
      }),
      carol: pin({ ...seen, ...keysOf(carol), recordHash: zeros(0), trust: 1 }),
      al: pin({ ...seen, ...keysOf(alice2), recordHash: sha256(text("al's record")), trust: 3 }),
    },
    log: { size: 11, root: sha256(text("a root")), note: "a signed head\n" },
    invites: { dave: { bind: fixedBytes("mailsec bind key", 32), time: NOW } },
    identity: sha256(text("alice's record")),
    sent: { bob: 300 },
    seen: { bob: [1, 5, 7, 9] },
    folders: { f01020304: "Projects/Ä" },
    settings: { editor: "vi" },
  };
}

async function checkCredentials(vector: Vector, sealed: Raw): Promise<void> {
  const record = fixedBytes("mailsec opaque record", 192);
  const identity = fixedBytes("mailsec identity", 7000);
  const start = join("mailsec/1 credentials\0", lp8("alice"), u32(4));
  const hashes = join(
    lp8(sha256(record)),
    lp8(vector.bytes("recovery hash")),
    lp8(sha256(identity)),
  );
  const message = join(start, hashes, sha256(sealed));
  assertEquals(vector.bytes("credentials"), message);
  const signature = vector.bytes("credentials signature");
  assert(verifies("credentials", alice.sigpk, message, signature));
  const { draws } = await readVectorFile("account");
  const rnd = Uint8Array.fromHex(draws.find(([kind]) => kind === "ml-dsa")![1]);
  assertEquals(signature, signs("credentials", alice, message, rnd));
  const nothing = join(lp8(""), lp8(""), lp8(""));
  const alone = vector.bytes("credentials of a bundle alone");
  assertEquals(alone, join(start, nothing, sha256(sealed)));
}

Deno.test("vectors: the product opens the bundles and the state of the file", async () => {
  const vector = await readVector("account");
  const exportKey = vector.bytes("export key");
  const bundleKey = vector.bytes("bundle key");
  const code = parseRecoveryCode(vector.text("recovery code shown"));
  const enrolCode = parseEnrolmentCode(vector.text("enrolment code shown"));
  const plain = openBundle({ ...owner, sealed: vector.bytes("bundle"), exportKey });
  assertEquals([plain.version, plain.bundleKey], [4, bundleKey]);
  assertEquals(plain.bundle.earlierKem.map(({ publicKey }) => publicKey), [alice.kempk]);
  const sealed = vector.bytes("hardened bundle with slot D");
  const device = { slot: 16, secret: vector.bytes("device secret") };
  assertEquals(openBundle({ ...owner, sealed, exportKey, device }).bundleKey, bundleKey);
  assertEquals(openBundle({ ...owner, sealed, exportKey, enrolCode }).bundleKey, bundleKey);
  const recovered = openBundleWithRecovery({ ...owner, sealed, code });
  assertEquals(recovered.bundle.devices.map(({ slot }) => slot), [16, 47]);
  const state = openState(bundleKey, { ...owner, revision: 9 }, vector.bytes("account state"));
  assertEquals([...state.pins.keys()].sort(), ["al", "bob", "carol"]);
  assertEquals(state.pins.get("bob")?.trust, "compared");
  assertEquals(state.log?.size, 11);
});
