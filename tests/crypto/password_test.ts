import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import {
  finishLogin,
  finishRegistration,
  type PasswordOwner,
  startLogin,
  startRegistration,
} from "../../crypto/password_client.ts";
import { OPAQUE_BYTES, passwordReady } from "../../crypto/password_identifiers.ts";
import {
  createServerSetup,
  finishServerLogin,
  registrationResponse,
  startServerLogin,
} from "../../crypto/password_server.ts";

await passwordReady();

const realm: Bytes = new Uint8Array(32).fill(3);
const setup = createServerSetup();
const alice: PasswordOwner = { realm, user: "alice", password: "zwölf Boxkämpfer jagen" };

function register(owner: PasswordOwner) {
  const { state, request } = startRegistration(owner);
  const response = registrationResponse(setup, owner.user, request);
  assertEquals(request.length, OPAQUE_BYTES.registrationRequest);
  assertEquals(response.length, OPAQUE_BYTES.registrationResponse);
  return finishRegistration(owner, { state }, response);
}

const registered = register(alice);

/** Both sides of a login; `record` is what the server has for the user. */
function login(owner: PasswordOwner, record: Bytes | null = registered.record) {
  const { user } = owner;
  const client = startLogin(owner);
  const server = startServerLogin({ setup, realm, user, record, ke1: client.ke1 });
  return { client, server, finished: finishLogin(owner, client, server.ke2) };
}

Deno.test("password: the right one gives both ends one session key, and the export key", () => {
  const { client, server, finished } = login(alice);
  assert(finished !== null);
  assertEquals([client.ke1.length, server.ke2.length], [OPAQUE_BYTES.ke1, OPAQUE_BYTES.ke2]);
  assertEquals(finished.ke3.length, OPAQUE_BYTES.ke3);
  assertEquals(
    finishServerLogin({ realm, user: "alice" }, server, finished.ke3),
    finished.sessionKey,
  );
  assertEquals(finished.sessionKey.length, OPAQUE_BYTES.sessionKey);
  assertEquals(finished.exportKey, registered.exportKey);
  assertEquals(finished.exportKey.length, OPAQUE_BYTES.exportKey);
  assertEquals(registered.record.length, OPAQUE_BYTES.registrationRecord);
});

Deno.test("password: the same text in another Unicode form is the same password", () => {
  const password = alice.password.normalize("NFD");
  assertNotEquals(password, alice.password);
  assert(login({ ...alice, password }).finished !== null);
});

Deno.test("password: a wrong one gives the client nothing and the server no session", () => {
  const { server, finished } = login({ ...alice, password: "wrong" });
  assertEquals(finished, null);
  assertEquals(finishServerLogin({ realm, user: "alice" }, server, randomBytes(64)), null);
});

Deno.test("password: the right one for another user, realm or server setup is wrong", () => {
  assertEquals(login({ ...alice, user: "bob" }).finished, null);
  assertEquals(login({ ...alice, realm: new Uint8Array(32) }).finished, null);
  const client = startLogin(alice);
  const elsewhere = createServerSetup();
  const { record } = registered;
  const started = { setup: elsewhere, realm, user: "alice", record, ke1: client.ke1 };
  assertEquals(finishLogin(alice, client, startServerLogin(started).ke2), null);
});

Deno.test("password: an unknown user looks like a wrong password", () => {
  const unknown = login({ ...alice, user: "nobody" }, null);
  assertEquals(unknown.server.ke2.length, login(alice).server.ke2.length);
  assertEquals(unknown.finished, null);
  assertEquals(finishServerLogin({ realm, user: "nobody" }, unknown.server, randomBytes(64)), null);
});

Deno.test("password: an unknown user gets an answer that stays the same over several tries", () => {
  // What the answer to one blinded password is made of must not tell by changing.
  const { ke1 } = startLogin({ ...alice, user: "nobody" });
  const answer = () =>
    startServerLogin({ setup, realm, user: "nobody", record: null, ke1 }).ke2.slice(0, 32);
  assertEquals(answer(), answer());
});

Deno.test("password: a KE3 of another login is refused", () => {
  const first = login(alice);
  const second = login(alice);
  assert(first.finished !== null);
  assertEquals(
    finishServerLogin({ realm, user: "alice" }, second.server, first.finished.ke3),
    null,
  );
});

Deno.test("password: messages of a wrong length, or that are no points, are a FormatError", () => {
  const client = startLogin(alice);
  const { record } = registered;
  const answer = (ke1: Bytes) => startServerLogin({ setup, realm, user: "alice", record, ke1 });
  for (const ke1 of [new Uint8Array(0), client.ke1.slice(1), randomBytes(97)]) {
    assertThrows(() => answer(ke1), FormatError);
  }
  assertThrows(() => answer(new Uint8Array(96).fill(255)), FormatError);
  assertThrows(() => finishLogin(alice, client, randomBytes(319)), FormatError);
  for (const request of [randomBytes(31), new Uint8Array(32).fill(255)]) {
    assertThrows(() => registrationResponse(setup, "alice", request), FormatError);
  }
  const started = startRegistration(alice);
  assertThrows(() => finishRegistration(alice, started, randomBytes(63)), FormatError);
  const server = answer(client.ke1);
  const parties = { realm, user: "alice" };
  assertThrows(() => finishServerLogin(parties, server, randomBytes(63)), FormatError);
});

Deno.test("password: a KE2 of random bytes gives nothing", () => {
  const client = startLogin(alice);
  try {
    assertEquals(finishLogin(alice, client, randomBytes(320)), null);
  } catch (error) {
    assert(error instanceof FormatError);
  }
});
