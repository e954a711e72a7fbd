import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, fromHex, toHex } from "../../crypto/bytes.ts";
import {
  formatEnrolmentCode,
  newEnrolmentCode,
  parseEnrolmentCode,
} from "../../crypto/enrolment_code.ts";
import { FormatError } from "../../crypto/errors.ts";
import { hkdf, sha256 } from "../../crypto/kdf.ts";
import {
  formatRecoveryCode,
  newRecoveryCode,
  parseRecoveryCode,
  recoveryAuth,
  recoveryAuthHash,
} from "../../crypto/recovery_code.ts";

const KINDS = [
  {
    name: "recovery code",
    length: 20,
    shape: /^([0-9A-Z]{4}-){8}[0-9A-Z]{4}$/,
    make: newRecoveryCode,
    format: formatRecoveryCode,
    parse: parseRecoveryCode,
  },
  {
    name: "device code",
    length: 16,
    shape: /^([0-9A-Z]{4}-){7}[0-9A-Z]{2}$/,
    make: newEnrolmentCode,
    format: formatEnrolmentCode,
    parse: parseEnrolmentCode,
  },
];

for (const { name, length, shape, make, format, parse } of KINDS) {
  Deno.test(`${name}: what is shown is read again, however it is typed`, () => {
    assertNotEquals(make(), make());
    assertEquals(make().length, length);
    const codes = fc.uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => new Uint8Array(bytes));
    fc.assert(fc.property(codes, (code) => {
      const text = format(code);
      assert(shape.test(text), text);
      const loose = text.toLowerCase().replaceAll("0", "o").replaceAll("1", "l");
      const spelled = [text, text.replaceAll("-", ""), loose, ` ${loose.split("").join(" ")}\n`];
      for (const typed of spelled) assertEquals(parse(typed), code);
    }));
  });

  Deno.test(`${name}: a wrong, missing, added or swapped symbol is told, and not repeated`, () => {
    const code = new Uint8Array(length).map((_, i) => 7 * i + 3);
    const text = format(code).replaceAll("-", "");
    const slips: string[] = ["", text.slice(1), text.slice(0, -1), `${text}0`, `${text}${text}`];
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "7" ? "8" : "7";
      slips.push(text.slice(0, at) + other + text.slice(at + 1));
      slips.push(text.slice(0, at) + "U" + text.slice(at + 1));
      if (text[at] !== text[at + 1] && at + 1 < text.length) {
        slips.push(text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2));
      }
    }
    for (const slip of slips) {
      const error = assertThrows(() => parse(slip), FormatError, undefined, slip);
      assert(error.message.startsWith(`The ${name} `), error.message);
      if (slip.length > 0) {
        assert(!`${error.message} ${error.hint} ${error.cause}`.includes(slip.slice(0, 8)));
      }
    }
  });

  Deno.test(`${name}: one of another length is a mistake of the program`, () => {
    for (const wrong of [0, length - 1, length + 1]) {
      assertThrows(() => format(new Uint8Array(wrong)), RangeError);
    }
  });
}

Deno.test("recovery code: one kind of code is not taken for the other", () => {
  const bytes = new Uint8Array(20);
  assertThrows(() => parseEnrolmentCode(formatRecoveryCode(bytes)), FormatError);
  assertThrows(() => parseRecoveryCode(formatEnrolmentCode(bytes.slice(4))), FormatError);
});

Deno.test("recovery code: bytes, check group and proof are as documented", () => {
  const code = fromHex("000102030405060708090a0b0c0d0e0f10111213");
  const label = (text: string): Bytes => new TextEncoder().encode(`mailsec/1 ${text}\0`);
  const check = sha256(Uint8Array.of(...label("recovery-check"), ...code));
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const bits = [...check.slice(0, 3)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const group = [0, 5, 10, 15].map((at) => alphabet[parseInt(bits.slice(at, at + 5), 2)]).join("");
  assertEquals(formatRecoveryCode(code), `000G-40R4-0M30-E209-185G-R38E-1W81-24GK-${group}`);
  const auth = recoveryAuth(code);
  assertEquals(toHex(auth), "bdd89c2174f01539a5404bc724c3f79657829232902fc7dc18b6fdab4193a184");
  assertEquals(auth, hkdf(code, label("recovery-auth"), 32));
  assertEquals(recoveryAuthHash(auth), sha256(auth));
});
