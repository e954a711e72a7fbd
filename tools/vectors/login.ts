/** Vector: alice logs in, from M1 to M8, asks for two things and closes. */
import type { Bytes } from "../../crypto/bytes.ts";
import { decapsulate, encapsulate } from "../../crypto/composite_kem.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import { openBundle } from "../../crypto/key_bundle.ts";
import { finishLogin, startLogin } from "../../crypto/password_client.ts";
import { finishServerLogin, startServerLogin } from "../../crypto/password_server.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { ping } from "../../protocol/messages/ping.ts";
import type { VaultPort } from "../../protocol/vault_port.ts";
import { fixedBytes } from "./fixed_randomness.ts";
import { loadPeople, NOW, type People, type StoredKeys } from "./people.ts";
import { PASSWORD, USER } from "./registration.ts";
import { Recorder, type Values, Vector } from "./values.ts";
import { makeWire, vaultWith } from "./wire.ts";

/** A direction has a new key after an hour. */
const HOUR_MS = 60 * 60_000;

/** Makes the vector from that of the registration; call it under fixed randomness. */
export async function makeLogin(keys: StoredKeys, registration: Values): Promise<Values> {
  const people = await loadPeople(keys);
  const account = new Vector(registration);
  const values = new Recorder();
  const realm = account.bytes("realm");
  const record = account.bytes("server record");
  const ticket = values.put("login ticket", fixedBytes("mailsec login ticket", 48));
  const owner = { realm, user: USER, password: PASSWORD };
  const password = startLogin(owner);
  values.put("opaque client state", password.state);
  values.put("opaque ke1", password.ke1);

  const wire = makeWire(loginVault({ people, account, realm, values }), values);
  let exportKey: Bytes | null = null;
  const { session } = await wire.client.login(
    { record, kemPublicKey: people.server.kem.publicKey },
    {
      ...{ user: USER, ke1: password.ke1, ticket },
      finish(ke2) {
        const finished = finishLogin(owner, password, ke2);
        if (finished === null) throw new Error("vectors: the password is wrong");
        exportKey = values.put("opaque export key", finished.exportKey);
        values.put("opaque ke3", finished.ke3);
        values.put("opaque session key", finished.sessionKey);
        return finished;
      },
      unlock({ bundle: sealed }) {
        openBundle({ realm, user: USER, sealed, exportKey: exportKey! });
        return (ciphertext) => decapsulate(people.alice.key, ciphertext);
      },
    },
  );
  await session.request(ping, {});
  wire.later(HOUR_MS);
  await session.request(lookup, { users: [USER] });
  await session.close();
  await wire.closed;
  return values.values;
}

function loginVault(
  { people, account, realm, values }: {
    people: People;
    account: Vector;
    realm: Bytes;
    values: Recorder;
  },
): VaultPort {
  const parties = { realm, user: USER };
  let started: { state: string } | null = null;
  let userSecret: Bytes = new Uint8Array(0);
  return vaultWith({
    serverRecord: () => Promise.resolve({ record: account.bytes("server record") }),
    async decapsulate({ ciphertext }) {
      return { sharedSecret: await decapsulate(people.server.key, ciphertext) };
    },
    loginStart({ ke1 }) {
      const setup = account.bytes("opaque server setup");
      const login = startServerLogin({
        ...parties,
        setup,
        record: account.bytes("opaque record"),
        ke1,
      });
      started = login;
      return Promise.resolve({ ke2: values.put("opaque ke2", login.ke2) });
    },
    async loginFinish({ ke3 }) {
      const sessionKey = finishServerLogin(parties, started!, ke3)!;
      const { ciphertext, sharedSecret } = await encapsulate(people.alice.kem);
      userSecret = sharedSecret;
      const bundle = account.bytes("key bundle");
      return {
        sessionKey,
        kemPublicKey: people.alice.kem.publicKey,
        kemCiphertext: ciphertext,
        bundle,
      };
    },
    async loginConfirm({ state, m7 }) {
      const confirmed = await confirmLogin({ state, m7, userSecret });
      if (!confirmed.ok) throw new Error("vectors: M7 is wrong");
      return { state: confirmed.state, user: USER, refused: null };
    },
    request: ({ type }) => {
      if (type === "ping") return Promise.resolve({ body: { time: NOW } });
      // Three times the same, so that the reply takes two records.
      const identities = Array.from({ length: 3 }, () => account.bytes("identity record"));
      const result = { user: USER, status: "active", identities, vouches: [] };
      return Promise.resolve({ body: { results: [result] } });
    },
  });
}
