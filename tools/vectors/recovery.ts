/** Vector: alice sets a new password with her recovery code, from M1 to M6R. */
import { decapsulate } from "../../crypto/composite_kem.ts";
import { signedCredentials } from "../../crypto/credentials.ts";
import {
  openBundleWithRecovery,
  sealBundle,
  wrapSlotP,
  wrapSlotR,
} from "../../crypto/key_bundle.ts";
import { finishRegistration, startRegistration } from "../../crypto/password_client.ts";
import { registrationResponse } from "../../crypto/password_server.ts";
import { recoveryAuth } from "../../crypto/recovery_code.ts";
import type { Recovery } from "../../protocol/messages/recovery.ts";
import { loadPeople, type People, type StoredKeys } from "./people.ts";
import { USER } from "./registration.ts";
import { Recorder, type Values, Vector } from "./values.ts";
import { makeWire, vaultWith } from "./wire.ts";

const NEW_PASSWORD = "another battery, other horses";

/** Makes the vector from that of the registration; call it under fixed randomness. */
export async function makeRecovery(keys: StoredKeys, registration: Values): Promise<Values> {
  const people = await loadPeople(keys);
  const account = new Vector(registration);
  const values = new Recorder();
  const realm = account.bytes("realm");
  const code = account.bytes("recovery code");
  const owner = { realm, user: USER };
  const secrets = { ...owner, password: values.put("new password", NEW_PASSWORD) };
  const password = startRegistration(secrets);
  const request = values.put("opaque request", password.request);

  const wire = makeWire(recoveryVault(people, account), values);
  const outcome = await wire.client.recover(
    { record: account.bytes("server record"), kemPublicKey: people.server.kem.publicKey },
    {
      ...{ user: USER, request },
      auth: values.put("recovery auth", recoveryAuth(code)),
      async finish({ response, bundle: sealed }): Promise<Recovery> {
        values.put("opaque response", response);
        const { record, exportKey } = finishRegistration(secrets, password, response);
        const opened = openBundleWithRecovery({ ...owner, sealed, code });
        const { bundleKey } = opened;
        const version = opened.version + 1;
        const slots = [
          wrapSlotP(owner, bundleKey, { exportKey }),
          wrapSlotR(owner, bundleKey, code),
        ];
        const bundle = sealBundle({ ...owner, ...opened, version, slots });
        const kept = { recoveryHash: null, identity: null };
        const change = signedCredentials({ user: USER, version, record, ...kept, bundle });
        values.put("opaque record", record);
        values.put("opaque export key", exportKey);
        values.put("key bundle", bundle);
        const signature = await people.alice.signer.sign("credentials", change);
        return { record, bundle, signature: values.put("signature", signature) };
      },
    },
  );
  if (outcome !== null) throw new Error("vectors: the recovery was refused");
  await wire.closed;
  return values.values;
}

function recoveryVault(people: People, account: Vector) {
  return vaultWith({
    serverRecord: () => Promise.resolve({ record: account.bytes("server record") }),
    async decapsulate({ ciphertext }) {
      return { sharedSecret: await decapsulate(people.server.key, ciphertext) };
    },
    recoverStart({ user, request }) {
      const response = registrationResponse(account.bytes("opaque server setup"), user, request);
      return Promise.resolve({ response, bundle: account.bytes("key bundle") });
    },
    recoverFinish: () => Promise.resolve({ accepted: true }),
  });
}
