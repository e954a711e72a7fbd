import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type Bytes,
  concat,
  fromCrockford,
  randomBytes,
  toCrockford,
  utf8,
} from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import {
  cutHash,
  inviteBindKey,
  inviteFitsLog,
  inviteToken,
  inviteTokenHash,
  makeInvite,
  newInviteSecret,
  parseInvite,
  verifyInviteServer,
} from "../../crypto/invite.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { isUserName, normalizeUserName, USER_NAME_RULE } from "../../crypto/names.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { type Layout, miscut, tampered } from "./tampering.ts";

const rootFingerprint = sha256(utf8("root"));
const logRoot = sha256(utf8("log"));
const inviterFingerprint = sha256(utf8("inviter"));
const secret: Bytes = new Uint8Array(16).fill(9);
const fields = {
  ...{ user: "alice", host: "mail.example", port: 12049 },
  ...{ rootFingerprint, secret, logSize: 0x01020304, logRoot, inviterFingerprint },
};
const line = makeInvite(fields);
const LAYOUT: Layout = [
  ["version", 1],
  ["rootFingerprint", 20],
  ["secret", 16],
  ["logSize", 4],
  ["logRoot", 20],
  ["inviterFingerprint", 20],
  ["check", 4],
];

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
    const made = makeInvite({ ...fields, user: "bob", host, port: 65_535 });
    const invite = parseInvite(made);
    assertEquals([invite.user, invite.host, invite.port], ["bob", host, 65_535]);
    assertEquals([invite.secret, invite.logSize], [secret, 0x01020304]);
    assertEquals(invite.inviterFingerprint, cutHash(inviterFingerprint));
    verifyInviteServer(invite, { fingerprint: rootFingerprint });
    assert(inviteFitsLog(invite, logRoot));
  }
});

Deno.test("invite: the code is the documented bytes in base32", () => {
  const hashes = [logRoot, inviterFingerprint].map((hash) => hash.slice(0, 20));
  const size = Uint8Array.of(1, 2, 3, 4);
  const checked = concat(Uint8Array.of(2), rootFingerprint.slice(0, 20), secret, size, ...hashes);
  const check = sha256(concat(utf8("mailsec/1 invite-check\0"), checked)).slice(0, 4);
  const code = concat(checked, check);
  assertEquals(line, `mailsec://alice@mail.example:12049/${toCrockford(code)}`);
  assertEquals(code.length, 85);
});

Deno.test("invite: one made at the server's machine names no inviter", () => {
  const invite = parseInvite(makeInvite({ ...fields, inviterFingerprint: null, logSize: 0 }));
  assertEquals([invite.inviterFingerprint, invite.logSize], [null, 0]);
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

const codeOf = (code: Uint8Array) => line.slice(0, CODE_START) + toCrockford(code);
const codeBytes = fromCrockford(line.slice(CODE_START));

Deno.test("invite: every changed field of the code, and another length, is refused", () => {
  for (const [what, changed] of [...tampered(codeBytes, LAYOUT), ...miscut(codeBytes)]) {
    assertThrows(() => parseInvite(codeOf(changed)), FormatError, undefined, what);
  }
});

Deno.test("invite: one of an older release says to ask for a new one", () => {
  const old = codeOf(concat(Uint8Array.of(1), randomBytes(36)));
  const error = assertThrows(() => parseInvite(old), FormatError, "older release");
  assertEquals(error.hint, "Ask for a new invite.");
  for (const version of [0, 1, 3, 255]) {
    assertThrows(() => parseInvite(codeOf(codeBytes.with(0, version))), FormatError, "mistyped");
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
  for (
    const bad of [{ user: "a/b" }, { host: "a b" }, { host: "" }, { port: 0 }, { port: 65_536 }]
  ) {
    assertThrows(() => makeInvite({ ...fields, ...bad }), FormatError);
  }
  for (const length of [15, 17]) {
    assertThrows(() => makeInvite({ ...fields, secret: randomBytes(length) }), RangeError);
  }
  for (const length of [0, 20, 31, 33]) {
    const hash = new Uint8Array(length);
    for (
      const part of [{ rootFingerprint: hash }, { logRoot: hash }, { inviterFingerprint: hash }]
    ) {
      assertThrows(() => makeInvite({ ...fields, ...part }), RangeError);
    }
  }
  const greatest = { ...fields, logSize: 0xffff_ffff };
  assertEquals(parseInvite(makeInvite(greatest)).logSize, 0xffff_ffff);
  for (const logSize of [-1, 0.5, 0x1_0000_0000]) {
    assertThrows(() => makeInvite({ ...fields, logSize }), FormatError);
  }
});

Deno.test("invite: another server than the one that made it is refused", () => {
  const invite = parseInvite(line);
  const lastShown = rootFingerprint.with(19, rootFingerprint[19]! ^ 1) as Bytes;
  for (const fingerprint of [new Uint8Array(32), lastShown]) {
    const error = assertThrows(() => verifyInviteServer(invite, { fingerprint }), TrustError);
    assertEquals(error.code, "invite_mismatch");
  }
});

Deno.test("invite: a log that does not begin as the inviter's does not fit", () => {
  const invite = parseInvite(line);
  assert(inviteFitsLog(invite, logRoot));
  for (const at of [0, 19]) {
    assert(!inviteFitsLog(invite, logRoot.with(at, logRoot[at]! ^ 1) as Bytes));
  }
});

Deno.test("invite: any one symbol mistyped is noticed, and so are two that changed places", () => {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (let at = CODE_START; at < line.length; at++) {
    const symbol = alphabet[(alphabet.indexOf(line[at]!) + 1) % 32]!;
    const typo = line.slice(0, at) + symbol + line.slice(at + 1);
    assertThrows(() => parseInvite(typo), FormatError, undefined, `symbol ${at}`);
    const swapped = line.slice(0, at) + line.slice(at, at + 2).split("").reverse().join("") +
      line.slice(at + 2);
    if (swapped !== line) assertThrows(() => parseInvite(swapped), FormatError);
  }
});

Deno.test("invite: token, its hash and the binding key differ, and depend on the secret", () => {
  const token = inviteToken(secret);
  assertEquals(token.length, 32);
  assertEquals(inviteTokenHash(token), sha256(token));
  assertNotEquals(inviteBindKey(secret), token);
  assertNotEquals(inviteToken(newInviteSecret()), token);
});
