import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, randomBytes, toCrockford } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import {
  anchorOf,
  inviteBindKey,
  inviteToken,
  inviteTokenHash,
  makeInvite,
  newInviteSecret,
  parseInvite,
  verifyInviteAnchor,
} from "../../crypto/invite.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { isUserName, normalizeUserName, USER_NAME_RULE } from "../../crypto/names.ts";
import { TrustError } from "../../crypto/trust_error.ts";

const rootFingerprint: Bytes = new Uint8Array(32).fill(5);
const secret: Bytes = new Uint8Array(16).fill(9);
const line = makeInvite({
  user: "alice",
  host: "mail.example",
  port: 12049,
  rootFingerprint,
  secret,
});

Deno.test("names: the rule holds at its boundaries, in any case", () => {
  const valid = ["a", "7", "alice", "Alice", "a.b_c-d", "a".repeat(32), "constructor"];
  for (const name of valid) assertEquals(normalizeUserName(name), name.toLowerCase());
  const invalid = ["", ".a", "-a", "_a", "a".repeat(33), "a b", " a", "a\n", "ä", "a/b", "a;b"];
  // The Kelvin sign has "k" as its lower case.
  for (const name of [...invalid, "\u212Aate", "a\0"]) {
    const error = assertThrows(() => normalizeUserName(name), FormatError);
    assertEquals(error.hint, USER_NAME_RULE);
    assert(!isUserName(name));
  }
  assert(!isUserName("Alice"));
});

Deno.test("invite: what is made is read back, for names, IPv4 and IPv6", () => {
  for (const host of ["mail.example", "localhost", "192.0.2.7", "::1", "2001:db8::12", "mail_1"]) {
    const made = makeInvite({ user: "bob", host, port: 65_535, rootFingerprint, secret });
    const invite = parseInvite(made);
    assertEquals([invite.user, invite.host, invite.port], ["bob", host, 65_535]);
    assertEquals(invite.secret, secret);
    verifyInviteAnchor(invite, { fingerprint: rootFingerprint });
  }
});

Deno.test("invite: the code is the documented bytes in base32", () => {
  const code = new Uint8Array([1, ...anchorOf({ fingerprint: rootFingerprint }), ...secret]);
  assertEquals(line, `mailsec://alice@mail.example:12049/${toCrockford(code)}`);
});

Deno.test("invite: blanks around it, case, hyphens and look-alikes do not matter", () => {
  const [start, code] = line.split("12049/") as [string, string];
  const typed = code.toLowerCase().replaceAll("0", "o").replaceAll("1", "l");
  const loose = `  ${start.toUpperCase()}12049/${typed.slice(0, 9)}-${typed.slice(9)}\n`;
  assertEquals(parseInvite(loose), parseInvite(line));
});

const CODE_START = line.indexOf("12049/") + 6;
const BAD_LINES: Record<string, string> = {
  "empty": "",
  "cut in the code": line.slice(0, -1),
  "cut before the code": line.slice(0, CODE_START),
  "a symbol too many": `${line}0`,
  "two lines": `${line}\n${line}`,
  "a symbol base32 has not": `${line.slice(0, -1)}U`,
  "another version": line.slice(0, CODE_START) + "1" + line.slice(CODE_START + 1),
  "no scheme": line.slice("mailsec://".length),
  "no user": line.replace("alice@", "@"),
  "a bad user": line.replace("alice@", "al ice@"),
  "no port": line.replace(":12049", ""),
  "port 0": line.replace("12049", "0"),
  "port 65536": line.replace("12049", "65536"),
  "no host": line.replace("mail.example", ""),
  "a host with a blank": line.replace("mail.example", "mail example"),
  "a host with a control character": line.replace("mail.example", "mail\x1b[2J"),
  "a host that is too long": line.replace("mail.example", "a".repeat(254)),
};

Deno.test("invite: a mistyped or cut invite is a FormatError with a hint", async (t) => {
  for (const [name, bad] of Object.entries(BAD_LINES)) {
    await t.step(name, () => {
      const error = assertThrows(() => parseInvite(bad), FormatError);
      assert(error.hint !== undefined);
    });
  }
});

Deno.test("invite: any text is an invite or a FormatError", () => {
  const texts = fc.oneof(fc.string(), fc.string().map((end) => line.slice(0, CODE_START) + end));
  fc.assert(fc.property(texts, (text) => {
    try {
      parseInvite(text);
    } catch (error) {
      assert(error instanceof FormatError);
    }
  }));
});

Deno.test("invite: what could not be read back is not made", () => {
  const valid = { user: "alice", host: "h", port: 1, rootFingerprint, secret };
  for (
    const bad of [{ user: "a/b" }, { host: "a b" }, { host: "" }, { port: 0 }, { port: 65_536 }]
  ) {
    assertThrows(() => makeInvite({ ...valid, ...bad }), FormatError);
  }
  assertThrows(() => makeInvite({ ...valid, secret: randomBytes(15) }), RangeError);
});

Deno.test("invite: another server than the one that made it is refused", () => {
  const invite = parseInvite(line);
  const error = assertThrows(
    () => verifyInviteAnchor(invite, { fingerprint: new Uint8Array(32) }),
    TrustError,
  );
  assertEquals(error.code, "invite_mismatch");
});

Deno.test("invite: a typo in the code changes anchor or secret, or is refused", () => {
  const invite = parseInvite(line);
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (let at = CODE_START; at < line.length; at++) {
    const symbol = alphabet[(alphabet.indexOf(line[at]!) + 1) % 32]!;
    try {
      assertNotEquals(parseInvite(line.slice(0, at) + symbol + line.slice(at + 1)), invite);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
});

Deno.test("invite: the anchor covers each of its parts", () => {
  const hash = new Uint8Array(32).fill(1);
  const anchors = [
    anchorOf({ fingerprint: rootFingerprint }),
    anchorOf({ fingerprint: hash }),
    anchorOf({ fingerprint: rootFingerprint, logSize: 1 }),
    anchorOf({ fingerprint: rootFingerprint, logRoot: hash }),
    anchorOf({ fingerprint: rootFingerprint, inviterFingerprint: hash }),
  ].map((anchor) => anchor.toHex());
  assertEquals(new Set(anchors).size, anchors.length);
  assert(anchors.every((anchor) => anchor.length === 40));
});

Deno.test("invite: token, its hash and the binding key differ, and depend on the secret", () => {
  const token = inviteToken(secret);
  assertEquals(token.length, 32);
  assertEquals(inviteTokenHash(token), sha256(token));
  assertNotEquals(inviteBindKey(secret), token);
  assertNotEquals(inviteToken(newInviteSecret()), token);
});
