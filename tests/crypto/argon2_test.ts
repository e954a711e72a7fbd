import { argon2id as nobleArgon2id } from "@noble/hashes/argon2.js";
import { assertEquals } from "@std/assert";
import { argon2id } from "../../crypto/argon2.ts";
import { utf8 } from "../../crypto/bytes.ts";

/** From the reference implementation's test.c (Argon2id, v = 19). */
const VECTORS = [
  [2, 65_536, 1, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"],
  [2, 256, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"],
  [2, 256, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"],
] as const;

Deno.test("argon2id: the reference implementation's vectors", async () => {
  for (const [passes, memoryKiB, lanes, expected] of VECTORS) {
    const cost = { passes, memoryKiB, lanes };
    const key = await argon2id(utf8("password"), utf8("somesalt"), cost);
    assertEquals(key.toHex(), expected);
  }
});

Deno.test("argon2id: a second implementation agrees, also on the empty password", async () => {
  for (const [password, memoryKiB, lanes] of [["", 32, 4], ["ünïcode", 256, 3]] as const) {
    const salt = utf8("0123456789abcdef");
    const key = await argon2id(utf8(password), salt, { passes: 3, memoryKiB, lanes });
    const expected = nobleArgon2id(utf8(password), salt, {
      ...{ t: 3, m: memoryKiB, p: lanes, dkLen: 32 },
    });
    assertEquals(key, Uint8Array.from(expected));
  }
});
