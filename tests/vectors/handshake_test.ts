/** registration.json, login.json and recovery.json against the second implementation of docs/protocol.md. */
import { assert, assertEquals } from "@std/assert";
import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { client, ready, server } from "@serenity-kit/opaque";
import {
  accountState,
  bundle,
  identityStart,
  inviteTag,
  kemItem,
  slotP,
  slotR,
} from "./account.ts";
import { readVectorFile } from "./files.ts";
import { bodyOf, frame, Records, State } from "./handshake.ts";
import { isHead, logEntry, rootOf, serverRecordStart } from "./key_log.ts";
import { type Person, person } from "./persons.ts";
import {
  argon2id,
  cbor,
  ckOpen,
  Cutter,
  hkdf,
  join,
  keyId,
  lp8,
  type Raw,
  sha256,
  sha512,
  text,
  u16,
  u32,
  u64,
  u8,
  verifies,
  xWingPublic,
  xWingSeal,
  zeros,
} from "./primitives.ts";
import type { Draw } from "../../tools/vectors/fixed_randomness.ts";
import { Vector } from "../../tools/vectors/values.ts";

const NOW = 1_760_000_000_000;

const registrationFile = await readVectorFile("registration");
const loginFile = await readVectorFile("login");
const recoveryFile = await readVectorFile("recovery");
const [operator, alice] = await Promise.all([person("server"), person("alice")]) as [
  Person,
  Person,
];

/** The draws of one kind, in order. */
function drawn(draws: readonly Draw[], kind: string): Raw[] {
  return draws.filter((draw) => draw[0] === kind).map((draw) => Uint8Array.fromHex(draw[1]));
}

/** M1 to M3 of either handshake: checks the bytes, and gives the state behind M3. */
async function replayStart(
  vector: Vector,
  { draws, record, m3 }: { draws: readonly Draw[]; record: Raw; m3: Raw },
): Promise<State> {
  const [ephemeralSeed] = drawn(draws, "ml-kem key") as [Raw];
  const [clientSecret, serverSecret] = drawn(draws, "x25519") as [Raw, Raw];
  const m = drawn(draws, "ml-kem")[1]!;
  const state = new State(record);
  const m1 = bodyOf(0x11, vector.bytes("M1"));
  const header = join(u8(1), keyId(operator.kempk));
  const ctS = m1.slice(9, 9 + 1472);
  const epk = xWingPublic(ephemeralSeed, clientSecret);
  state.mixHash("header", header);
  state.mixHash("server-static", ctS);
  state.mixKey("server-static", (await ckOpen(operator, ctS)).secret);
  state.mixHash("ephemeral-key", epk);
  assertEquals(m1, join(header, ctS, epk, state.seal(zeros(0))));

  const { ciphertext, secret } = xWingSeal(epk, m, serverSecret);
  state.mixHash("ephemeral", ciphertext);
  state.mixKey("ephemeral", secret);
  const limits = [u32(1_000_000), u32(33_554_432), u16(200), u16(900)];
  const hello = join(u64(NOW), ...limits, zeros(64 - 20));
  assertEquals(vector.bytes("M2"), frame(0x12, join(ciphertext, state.seal(hello))));
  assertEquals(vector.bytes("M3"), frame(0x13, state.seal(join(m3, zeros(256 - m3.length)))));
  return state;
}

/** What the OPAQUE library is given besides messages (8.1). */
function opaqueInput(vector: Vector, user: string) {
  const realm = vector.bytes("realm").toBase64({ alphabet: "base64url", omitPadding: true });
  return {
    password: `${realm}\0${user}\0${vector.text("password").normalize("NFC")}`,
    identifiers: { client: user, server: realm },
    keyStretching: { "argon2id-custom": { memory: 65_536, iterations: 3, parallelism: 4 } },
  };
}

function base64url(bytes: Raw): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The masking key of OPAQUE (RFC 9807 section 4.1), with 8.1's stretching of the password. */
async function maskingKey(vector: Vector, password: string): Promise<Raw> {
  const state = fromBase64url(vector.text("opaque client state"));
  assertEquals(state.slice(32), vector.bytes("opaque request"));
  const evaluated = vector.bytes("opaque response").slice(0, 32);
  const output = join(
    ristretto255_oprf.oprf.finalize(text(password), state.slice(0, 32), evaluated),
  );
  const stretched = await argon2id(output, zeros(16), 64);
  return expand(sha512, extract(sha512, join(output, stretched)), text("MaskingKey"), 64);
}

function fromBase64url(value: string): Raw {
  return Uint8Array.fromBase64(value, { alphabet: "base64url" });
}

Deno.test("vectors: a second implementation computes the registration", async () => {
  const vector = new Vector(registrationFile.values);
  const { draws } = registrationFile;
  const [user, realm] = [vector.text("user"), vector.bytes("realm")];
  const record = vector.bytes("server record");
  assertEquals(
    record.slice(0, -3373),
    serverRecordStart({
      ...{ realm, seq: 3, notBefore: NOW - 60_000, notAfter: NOW + 120 * 86_400_000 },
      ...operator,
    }),
  );
  const secret = vector.bytes("invite secret");
  const token = hkdf(secret, "mailsec/1 invite-token\0", 32);
  assertEquals(vector.bytes("invite token"), token);
  assertEquals(vector.bytes("invite token hash"), sha256(token));
  assertEquals(vector.bytes("invite bind key"), hkdf(secret, "mailsec/1 bind\0", 32));
  const m3 = join(u8(2), lp8(user), lp8(token), lp8(vector.bytes("opaque request")));
  const state = await replayStart(vector, { draws, record, m3 });

  const response = vector.bytes("opaque response");
  assertEquals(vector.bytes("M4R"), frame(0x24, state.seal(cbor([response, null]))));

  await ready;
  const exportKey = vector.bytes("opaque export key");
  // The client's key and the envelope hang on a random nonce; the login computes with them.
  const masked = await maskingKey(vector, opaqueInput(vector, user).password);
  assertEquals(vector.bytes("opaque record").slice(32, 96), masked);
  const created = server.createRegistrationResponse({
    serverSetup: base64url(vector.bytes("opaque server setup")),
    userIdentifier: user,
    registrationRequest: base64url(vector.bytes("opaque request")),
  });
  assertEquals(created.registrationResponse, base64url(response));

  const identity = checkIdentity(vector, secret, { user });
  const { sealed, account, recoveryHash } = checkAccount(vector, {
    user,
    realm,
    exportKey,
    identity,
  });
  const m5 = cbor([vector.bytes("opaque record"), identity, sealed, account, recoveryHash]);
  assertEquals(vector.bytes("M5R"), frame(0x25, state.seal(m5)));

  const entry = logEntry({ seq: 0, time: NOW, type: 1, user, record: identity });
  assertEquals(vector.bytes("log entry"), entry);
  const note = vector.text("log head");
  assert(isHead(note, { realm, size: 1, root: rootOf([entry]), sigpk: operator.sigpk }));
  const m6 = join(u8(1), cbor([0, note]));
  assertEquals(vector.bytes("M6R"), frame(0x26, state.seal(m6)));
  assertEquals(vector.unread, []);
});

function checkIdentity(vector: Vector, inviteSecret: Raw, { user }: { user: string }): Raw {
  const identity = vector.bytes("identity record");
  const start = identityStart({
    ...{ user, epoch: 1, type: 1, kempk: alice.kempk, sigpk: alice.sigpk },
    ...{ prevHash: zeros(32), time: NOW },
  });
  const signed = join(start, inviteTag(inviteSecret, start));
  assertEquals(identity.slice(0, signed.length), signed);
  assert(verifies("identity", alice.sigpk, signed, identity.slice(signed.length)));
  return identity;
}

/** The private keys (9.1) of a new account. */
function firstKeys() {
  return {
    ...{ v: 2, kem: kemItem(alice), ed25519: alice.ed25519Seed, mlDsa: alice.mlDsaSeed },
    ...{ earlierKem: [], devices: [] },
  };
}

function checkAccount(
  vector: Vector,
  { user, realm, exportKey, identity }: Record<"realm" | "exportKey" | "identity", Raw> & {
    user: string;
  },
): Record<"sealed" | "account" | "recoveryHash", Raw> {
  const owner = { user, realm };
  const bundleKey = vector.bytes("bundle key");
  const code = vector.bytes("recovery code");
  const sealed = vector.bytes("key bundle");
  const keys = firstKeys();
  const slots = [slotP(owner, exportKey), slotR(owner, code)];
  assertEquals(sealed, bundle(owner, { version: 1, bundleKey, slots, keys }, sealed));
  const account = vector.bytes("account state");
  const state = {
    ...{ v: 3, pins: {}, log: null, invites: {}, identity: sha256(identity) },
    ...{ sent: {}, seen: {}, folders: {}, settings: {} },
  };
  assertEquals(account, accountState(owner, { revision: 1, bundleKey, state }, account));
  const recoveryHash = sha256(hkdf(code, "mailsec/1 recovery-auth\0", 32));
  assertEquals(vector.bytes("recovery hash"), recoveryHash);
  return { sealed, account, recoveryHash };
}

Deno.test("vectors: a second implementation computes the login", async () => {
  const account = new Vector(registrationFile.values);
  const vector = new Vector(loginFile.values);
  const user = account.text("user");
  const ke1 = vector.bytes("opaque ke1");
  const m3 = join(u8(1), lp8(user), lp8(vector.bytes("login ticket")), lp8(ke1));
  const record = account.bytes("server record");
  const state = await replayStart(vector, { draws: loginFile.draws, record, m3 });

  const [ke2, ke3] = [vector.bytes("opaque ke2"), vector.bytes("opaque ke3")];
  assertEquals(vector.bytes("M4"), frame(0x14, state.seal(ke2)));
  await ready;
  const finished = client.finishLogin({
    ...opaqueInput(account, user),
    clientLoginState: vector.text("opaque client state"),
    loginResponse: base64url(ke2),
  })!;
  const sessionKey = vector.bytes("opaque session key");
  assertEquals(finished.finishLoginRequest, base64url(ke3));
  assertEquals(finished.sessionKey, base64url(sessionKey));
  assertEquals(finished.exportKey, base64url(vector.bytes("opaque export key")));
  assertEquals(vector.text("opaque export key"), account.text("opaque export key"));

  assertEquals(vector.bytes("M5"), frame(0x15, state.seal(ke3)));
  state.mixKey("opaque", sessionKey);
  const keys = new Cutter(state.open(bodyOf(0x16, vector.bytes("M6"))));
  assertEquals(keys.take(1582), alice.kempk);
  const ctU = keys.take(1472);
  assertEquals(keys.rest(), account.bytes("key bundle"));
  state.mixHash("user-kem", alice.kempk);
  state.mixKey("user-static", (await ckOpen(alice, ctU)).secret);
  assertEquals(vector.bytes("M7"), frame(0x17, state.seal(state.mac("fin-c"))));
  assertEquals(vector.bytes("M8"), frame(0x18, state.seal(state.mac("fin-s"))));

  checkRecords(vector, state, { user, identity: account.bytes("identity record") });
  assertEquals(vector.unread, []);
});

/** `ping`; an hour later `lookup`, under the next keys; and the end. */
function checkRecords(
  vector: Vector,
  state: State,
  { user, identity }: { user: string; identity: Raw },
): void {
  const [toServer, toClient] = state.split().map((secret) => new Records(secret));
  const said = (from: "client" | "server", n: number) => vector.bytes(`${from} records ${n}`);
  assertEquals(said("client", 1), toServer!.record(2, cbor([1, "ping", []])));
  assertEquals(said("server", 1), toClient!.record(2, cbor([1, 0, [NOW]])));
  const lookup = cbor([2, "lookup", [[user]]]);
  assertEquals(said("client", 2), join(toServer!.update(), toServer!.record(2, lookup)));
  const answer = cbor([2, 0, [[[user, "active", [identity, identity, identity], []]]]]);
  const update = toClient!.update();
  const data = toClient!.record(1, answer.slice(0, 16_384));
  assertEquals(said("server", 2), join(update, data, toClient!.record(2, answer.slice(16_384))));
  assertEquals(said("client", 3), toServer!.record(4, text("")));
  assertEquals(said("server", 3), toClient!.record(4, text("")));
}

Deno.test("vectors: a second implementation computes the recovery", async () => {
  const account = new Vector(registrationFile.values);
  const vector = new Vector(recoveryFile.values);
  const [user, realm] = [account.text("user"), account.bytes("realm")];
  const code = account.bytes("recovery code");
  const auth = hkdf(code, "mailsec/1 recovery-auth\0", 32);
  assertEquals(vector.bytes("recovery auth"), auth);
  const m3 = join(u8(3), lp8(user), lp8(auth), lp8(vector.bytes("opaque request")));
  const record = account.bytes("server record");
  const state = await replayStart(vector, { draws: recoveryFile.draws, record, m3 });
  const start = cbor([vector.bytes("opaque response"), account.bytes("key bundle")]);
  assertEquals(vector.bytes("M4R"), frame(0x24, state.seal(start)));

  const owner = { realm, user };
  const bundleKey = account.bytes("bundle key");
  const sealed = vector.bytes("key bundle");
  const keys = firstKeys();
  const slots = [slotP(owner, vector.bytes("opaque export key")), slotR(owner, code)];
  assertEquals(sealed, bundle(owner, { version: 2, bundleKey, slots, keys }, sealed));
  const opaqueRecord = vector.bytes("opaque record");
  const hashes = join(lp8(sha256(opaqueRecord)), lp8(""), lp8(""), sha256(sealed));
  const change = join("mailsec/1 credentials\0", lp8(user), u32(2), hashes);
  const signature = vector.bytes("signature");
  assert(verifies("credentials", alice.sigpk, change, signature));
  const m5 = cbor([opaqueRecord, sealed, signature]);
  assertEquals(vector.bytes("M5R"), frame(0x25, state.seal(m5)));
  assertEquals(vector.bytes("M6R"), frame(0x26, state.seal(u8(1))));
  assert(vector.text("new password").length > 0);
  assertEquals(vector.unread, []);
});
