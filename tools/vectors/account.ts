/** Vectors of what opens an account and what it keeps: codes, bundle, state, signed changes. */
import { accountMark } from "../../crypto/account_mark.ts";
import { type AccountState, sealState } from "../../crypto/account_state.ts";
import { utf8 } from "../../crypto/bytes.ts";
import { type CredentialsChange, signedCredentials } from "../../crypto/credentials.ts";
import { formatEnrolmentCode, newEnrolmentCode } from "../../crypto/enrolment_code.ts";
import {
  newBundleKey,
  sealBundle,
  withSlot,
  wrapSlotD,
  wrapSlotDevice,
  wrapSlotP,
  wrapSlotR,
} from "../../crypto/key_bundle.ts";
import { sha256 } from "../../crypto/kdf.ts";
import {
  formatRecoveryCode,
  newRecoveryCode,
  recoveryAuth,
  recoveryAuthHash,
} from "../../crypto/recovery_code.ts";
import { fixedBytes } from "./fixed_randomness.ts";
import { loadPeople, NOW, type People, type StoredKeys } from "./people.ts";
import { Recorder, type Values } from "./values.ts";

/** Makes the vector; call it under fixed randomness. */
export async function makeAccount(keys: StoredKeys): Promise<Values> {
  const people = await loadPeople(keys);
  const values = new Recorder();
  const owner = { realm: values.put("realm", people.server.fingerprint), user: "alice" };
  const bundleKey = values.put("bundle key", newBundleKey());
  const code = values.put("recovery code", newRecoveryCode());
  values.put("recovery code shown", formatRecoveryCode(code));
  values.put("recovery auth", recoveryAuth(code));
  const recoveryHash = recoveryAuthHash(recoveryAuth(code));
  values.put("recovery hash", recoveryHash);
  const enrolCode = values.put("enrolment code", newEnrolmentCode());
  values.put("enrolment code shown", formatEnrolmentCode(enrolCode));
  const exportKey = values.put("export key", fixedBytes("mailsec export key", 64));
  const device = {
    ...{ slot: 16, name: "laptop", added: NOW },
    secret: values.put("device secret", fixedBytes("mailsec device secret", 16)),
  };

  const bundle = { ...keysOf(people, "alice2"), earlierKem: [kemOf(people, "alice")], devices: [] };
  const slots = [wrapSlotP(owner, bundleKey, { exportKey }), wrapSlotR(owner, bundleKey, code)];
  const plain = sealBundle({ ...owner, bundle, bundleKey, version: 4, slots });
  values.put("bundle", plain);
  const phone = {
    ...{ slot: 47, name: "phone ".padEnd(64, "y"), added: NOW + 1 },
    secret: fixedBytes("mailsec second device secret", 16),
  };
  const devices = [device, phone];
  const hardened = sealBundle({
    ...{ ...owner, bundle: { ...bundle, devices }, bundleKey, version: 5 },
    slots: [
      slots[1]!,
      ...devices.map((each) => wrapSlotDevice(owner, bundleKey, { exportKey, ...each })),
    ],
  });
  const enrolment = wrapSlotD(owner, bundleKey, { exportKey, enrolCode });
  values.put("hardened bundle with slot D", withSlot(hardened, enrolment));
  values.put("account mark", accountMark(bundleKey));
  values.put("account state", sealState(bundleKey, { ...owner, revision: 9 }, stateOf(people)));

  const change: CredentialsChange = {
    ...{ user: "alice", version: 4, record: fixedBytes("mailsec opaque record", 192) },
    ...{ recoveryHash, identity: fixedBytes("mailsec identity", 7000), bundle: plain },
  };
  const signed = values.put("credentials", signedCredentials(change));
  const signature = await people.alice.signer.sign("credentials", signed);
  values.put("credentials signature", signature);
  const nothing = { record: null, recoveryHash: null, identity: null };
  values.put("credentials of a bundle alone", signedCredentials({ ...change, ...nothing }));
  return values.values;
}

function kemOf(people: People, name: "alice" | "alice2") {
  return { publicKey: people[name].kem.publicKey, ...people[name].kemSecret };
}

function keysOf(people: People, name: "alice2") {
  return { kem: kemOf(people, name), signing: people[name].signing };
}

/** A state with something of everything. */
function stateOf({ bob, carol, alice2 }: People): AccountState {
  const pin = { firstSeen: NOW, epoch: 1 };
  return {
    pins: new Map([
      ["bob", {
        ...{ ...pin, fingerprint: bob.fingerprint, kemKeyId: bob.kem.keyId, epoch: 2 },
        ...{ recordHash: sha256(utf8("bob's record")), trust: "compared" as const },
      }],
      ["carol", {
        ...{ ...pin, fingerprint: carol.fingerprint, kemKeyId: carol.kem.keyId },
        ...{ recordHash: null, trust: "seen" as const },
      }],
      ["al", {
        ...{ ...pin, fingerprint: alice2.fingerprint, kemKeyId: alice2.kem.keyId },
        ...{ recordHash: sha256(utf8("al's record")), trust: "invite" as const },
      }],
    ]),
    log: { size: 11, root: sha256(utf8("a root")), note: "a signed head\n" },
    invites: new Map([["dave", { bindKey: fixedBytes("mailsec bind key", 32), time: NOW }]]),
    identity: sha256(utf8("alice's record")),
    counters: { sent: new Map([["bob", 300]]), seen: new Map([["bob", [1, 5, 7, 9]]]) },
    folders: new Map([["f01020304", "Projects/Ä"]]),
    settings: new Map([["editor", "vi"]]),
  };
}
