/** Fingerprints as people type, paste and save them. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { fingerprintFor } from "../../client/terminal/fingerprint_input.ts";
import { FormatError } from "../../crypto/errors.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";

const BOB = "0RH4-7M2K-Q3VD-81NZ-0RH4-7M2K-Q3VD-81NZ";
const EVE = "Z0H4-7M2K-Q3VD-81NZ-0RH4-7M2K-Q3VD-81NZ";

Deno.test("fingerprint input: case, dashes, blanks and look-alikes do not matter", () => {
  const spellings = [
    BOB,
    BOB.toLowerCase(),
    BOB.replaceAll("-", ""),
    BOB.replaceAll("-", " "),
    BOB.replaceAll("-", "\u2013"),
    BOB.replaceAll("-", " - "),
    `  ${BOB}\n`,
    `"${BOB}".`,
    BOB.replaceAll("0", "o").replaceAll("1", "l"),
    BOB.replaceAll("0", "O").replaceAll("1", "I"),
    BOB.replace("-0RH4-7M2K-Q3VD-81NZ", "\r\n0RH4-7M2K-Q3VD-81NZ"),
  ];
  for (const text of spellings) assertEquals(fingerprintFor("bob", text), BOB, text);
});

Deno.test("fingerprint input: a name in front is taken for what it is", () => {
  for (const text of [`bob: ${BOB}`, `Bob=${BOB}`, `Name: Bob ${BOB}`, `bob\t${BOB}`]) {
    assertEquals(fingerprintFor("bob", text), BOB, text);
  }
});

Deno.test("fingerprint input: of a list the line with the name counts", () => {
  const list = `# our team\n\neve: ${EVE}\nbob: ${BOB.toLowerCase()}\n`;
  assertEquals(fingerprintFor("bob", list), BOB);
  assertEquals(fingerprintFor("eve", list), EVE);
  assertEquals(fingerprintFor("bob", `Hello,\nthis is mine:\n${BOB}\nBye`), BOB);
});

Deno.test("fingerprint input: somebody else's, several, none, and parts of one are refused", () => {
  const cases: [text: string, says: string][] = [
    [`eve: ${EVE}`, "not of bob"],
    [`eve: ${EVE}\ncarol: ${BOB}`, "not of bob"],
    [`${BOB}\n${EVE}`, "more than one"],
    [`bob: ${BOB}\nbob: ${EVE}`, "more than one"],
    ["", "not a fingerprint"],
    ["hello", "not a fingerprint"],
    [BOB.slice(0, -1), "not a fingerprint"],
    [`${BOB}Z`, "not a fingerprint"],
    [`${BOB}-81NZ`, "not a fingerprint"],
    [BOB.replace("R", "U"), "not a fingerprint"],
  ];
  for (const [text, says] of cases) {
    assertThrows(() => fingerprintFor("bob", text), FormatError, says, text);
  }
});

Deno.test("fingerprint input: every fingerprint is read back from any spelling", () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
  fc.assert(fc.property(bytes, fc.boolean(), fc.constantFrom("", " ", "-"), (raw, lower, gap) => {
    const shown = formatFingerprint(new Uint8Array(raw));
    const typed = shown.replaceAll("-", gap);
    assertEquals(fingerprintFor("bob", lower ? typed.toLowerCase() : typed), shown);
  }));
});
