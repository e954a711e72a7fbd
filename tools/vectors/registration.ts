/** Vector: alice registers, from M1 to M6R. */
import {
  EMPTY_ACCOUNT_STATE,
  FIRST_STATE_REVISION,
  sealState,
} from "../../crypto/account_state.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { decapsulate } from "../../crypto/composite_kem.ts";
import { makeFirstIdentity } from "../../crypto/identity.ts";
import {
  inviteBindKey,
  inviteToken,
  inviteTokenHash,
  newInviteSecret,
} from "../../crypto/invite.ts";
import { newBundleKey, sealBundle, wrapSlotP, wrapSlotR } from "../../crypto/key_bundle.ts";
import { encodeLogEntry, recordHashOf } from "../../crypto/log_entry.ts";
import { makeLogHead } from "../../crypto/log_head.ts";
import { leafHash } from "../../crypto/merkle.ts";
import { finishRegistration, startRegistration } from "../../crypto/password_client.ts";
import { createServerSetup, registrationResponse } from "../../crypto/password_server.ts";
import { newRecoveryCode, recoveryAuth, recoveryAuthHash } from "../../crypto/recovery_code.ts";
import { loadPeople, NOW, type People, serverRecordOf, type StoredKeys } from "./people.ts";
import type { Registration } from "../../protocol/messages/registration.ts";
import { Recorder, type Values } from "./values.ts";
import { makeWire, vaultWith } from "./wire.ts";

/** The user of the vectors, and a password with a letter that NFC changes. */
export const USER = "alice";
export const PASSWORD = "correct horse battery stapl\u0065\u0301";

/** Makes the vector; call it under fixed randomness. */
export async function makeRegistration(keys: StoredKeys): Promise<Values> {
  const people = await loadPeople(keys);
  const values = new Recorder();
  const server = await serverRecordOf(people);
  const { realm } = server;
  values.put("user", USER);
  values.put("password", PASSWORD);
  values.put("realm", realm);
  values.put("server record", server.bytes);
  const setup = values.put("opaque server setup", createServerSetup());
  const inviteSecret = values.put("invite secret", newInviteSecret());
  const token = values.put("invite token", inviteToken(inviteSecret));
  values.put("invite token hash", inviteTokenHash(token));
  values.put("invite bind key", inviteBindKey(inviteSecret));
  const owner = { realm, user: USER, password: PASSWORD };
  const password = startRegistration(owner);
  values.put("opaque client state", password.state);
  const request = values.put("opaque request", password.request);

  const wire = makeWire(
    registrationVault({ people, realm, record: server.bytes, setup, values }),
    values,
  );
  const outcome = await wire.client.register(
    { record: server.bytes, kemPublicKey: server.kemKey },
    {
      user: USER,
      token,
      request,
      async finish({ response }) {
        values.put("opaque response", response);
        const { record, exportKey } = finishRegistration(owner, password, response);
        values.put("opaque export key", exportKey);
        return await accountOf({ people, realm, record, exportKey, inviteSecret, values });
      },
    },
  );
  if (!outcome.accepted) throw new Error("vectors: the registration was refused");
  await wire.closed;
  return values.values;
}

async function accountOf(
  { people, realm, record, exportKey, inviteSecret, values }: {
    people: People;
    realm: Bytes;
    record: Bytes;
    exportKey: Bytes;
    inviteSecret: Bytes;
    values: Recorder;
  },
): Promise<Registration> {
  const { alice } = people;
  const owner = { realm, user: USER };
  const identity = await makeFirstIdentity({
    ...{ user: USER, kemPublicKey: alice.kem.publicKey, signer: alice.signer, time: NOW },
    inviteSecret,
  });
  const bundleKey = values.put("bundle key", newBundleKey());
  const code = values.put("recovery code", newRecoveryCode());
  const bundle = sealBundle({
    ...owner,
    bundle: {
      kem: { publicKey: alice.kem.publicKey, ...alice.kemSecret },
      ...{ signing: alice.signing, earlierKem: [], devices: [] },
    },
    ...{ bundleKey, version: 1 },
    slots: [wrapSlotP(owner, bundleKey, { exportKey }), wrapSlotR(owner, bundleKey, code)],
  });
  const place = { ...owner, revision: FIRST_STATE_REVISION };
  const state = sealState(bundleKey, place, { ...EMPTY_ACCOUNT_STATE, identity: identity.hash });
  const recoveryHash = recoveryAuthHash(recoveryAuth(code));
  const registration = { record, identity: identity.bytes, bundle, state, recoveryHash };
  values.put("opaque record", record);
  values.put("identity record", identity.bytes);
  values.put("key bundle", bundle);
  values.put("account state", state);
  values.put("recovery hash", recoveryHash);
  return registration;
}

function registrationVault(
  { people, realm, record, setup, values }: {
    people: People;
    realm: Bytes;
    record: Bytes;
    setup: Bytes;
    values: Recorder;
  },
) {
  return vaultWith({
    serverRecord: () => Promise.resolve({ record }),
    async decapsulate({ ciphertext }) {
      return { sharedSecret: await decapsulate(people.server.key, ciphertext) };
    },
    registerStart: ({ user, request }) =>
      Promise.resolve({ response: registrationResponse(setup, user, request), grant: null }),
    async registerFinish({ identity }) {
      const recordHash = recordHashOf(identity);
      const entry = encodeLogEntry({ seq: 0, time: NOW, type: "first", user: USER, recordHash });
      const root = leafHash(entry);
      const { note } = await makeLogHead(people.server.signer, { realm, size: 1, root });
      values.put("log entry", entry);
      values.put("log head", note);
      return { refused: null, receipt: { index: 0, head: note } };
    },
  });
}
