import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, ByteWriter, concat, toHex, utf8 } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { sha256 } from "../../crypto/kdf.ts";
import {
  type AdminAct,
  type AdminActType,
  encodeAdminAct,
  encodeLogEntry,
  isActEntry,
  isIdentityEntry,
  type LogEntry,
  type LogEntryType,
  parseAdminAct,
  parseLogEntry,
  recordHashOf,
} from "../../crypto/log_entry.ts";
import { leafHash, MerkleTree } from "../../crypto/merkle.ts";
import { MAX_LOG_LEAF_BYTES } from "../../protocol/limits.ts";
import { miscut } from "./tampering.ts";

const NOW = 1_760_000_000_000;
const recordHash = sha256(utf8("a record"));
const entry: LogEntry = { seq: 7, time: NOW, type: "first", user: "alice", recordHash };
const act: AdminAct = { type: "disabled", user: "alice", by: "bob", time: NOW };

const IDENTITY_TYPES: Record<string, number> = { first: 1, rotate: 2, reset: 3 };
const ACT_TYPES: Record<AdminActType, number> = {
  disabled: 16,
  enabled: 17,
  removed: 18,
  admin_granted: 19,
  admin_revoked: 20,
  account_reset: 21,
};
const TYPES = { ...IDENTITY_TYPES, vouch: 5, ...ACT_TYPES } as Record<LogEntryType, number>;
const LONGEST = "a".repeat(32);

Deno.test("log entry: it has the documented bytes, for every type", () => {
  for (const [type, code] of Object.entries(TYPES) as [LogEntryType, number][]) {
    const bytes = encodeLogEntry({ ...entry, type });
    const expected = concat(
      Uint8Array.of(1),
      new ByteWriter().u64(7).u64(NOW).u8(code).finish(),
      utf8("\x05alice"),
      recordHash,
    );
    assertEquals(bytes, expected);
    assertEquals(parseLogEntry(bytes), { ...entry, type });
  }
});

Deno.test("log entry: types tell whose record it is", () => {
  for (const [type, code] of Object.entries(TYPES) as [LogEntryType, number][]) {
    assertEquals(isIdentityEntry({ ...entry, type }), code <= 3);
    assertEquals(isActEntry({ ...entry, type }), code >= 16);
  }
});

Deno.test("log entry: the record's hash is its SHA-256", () => {
  assertEquals(recordHashOf(utf8("a record")), recordHash);
  for (const length of [31, 33]) {
    const wrong = { ...entry, recordHash: new Uint8Array(length) };
    assertThrows(() => encodeLogEntry(wrong), RangeError);
  }
});

Deno.test("log entry: unknown versions and types are refused", () => {
  const bytes = encodeLogEntry(entry);
  for (const version of [0, 2, 255]) {
    assertThrows(() => parseLogEntry(bytes.with(0, version) as Bytes), FormatError, "version");
  }
  const known = Object.values(TYPES);
  for (let code = 0; code < 256; code++) {
    const changed = bytes.with(17, code) as Bytes;
    if (known.includes(code)) assertEquals(TYPES[parseLogEntry(changed).type], code);
    else assertThrows(() => parseLogEntry(changed), FormatError, `type ${code} `);
  }
});

Deno.test("log entry: cut or longer bytes are refused", () => {
  for (const [how, bytes] of miscut(encodeLogEntry(entry))) {
    assertThrows(() => parseLogEntry(bytes), FormatError, undefined, how);
  }
});

Deno.test("log entry: numbers and names are read at their limits and not beyond", () => {
  const last = { ...entry, seq: Number.MAX_SAFE_INTEGER, time: Number.MAX_SAFE_INTEGER };
  assertEquals(parseLogEntry(encodeLogEntry(last)), last);
  const tooMuch = encodeLogEntry(entry).fill(255, 1, 9);
  assertThrows(() => parseLogEntry(tooMuch), FormatError, "out of range");
  assertThrows(() => encodeLogEntry({ ...entry, seq: -1 }), FormatError);
  const longest = encodeLogEntry({ ...entry, user: LONGEST });
  assertEquals(longest.length, 83);
  assert(longest.length <= MAX_LOG_LEAF_BYTES);
  assertEquals(parseLogEntry(longest).user, LONGEST);
  for (const user of ["", `${LONGEST}a`, "Alice", "a b", ".a", "\u00e4"]) {
    const bytes = encodeLogEntry({ ...entry, user });
    assertThrows(() => parseLogEntry(bytes), FormatError, "user name");
  }
});

Deno.test("log entry: any bytes are an entry that encodes to them, or a FormatError", () => {
  const bytes = encodeLogEntry(entry);
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.uint8Array(), (at, inserted) => {
    const changed = concat(bytes.slice(0, at), inserted, bytes.slice(at + inserted.length));
    for (const candidate of [changed, new Uint8Array(inserted)]) {
      try {
        assertEquals(encodeLogEntry(parseLogEntry(candidate)), candidate);
      } catch (error) {
        assert(error instanceof FormatError, String(error));
      }
    }
  }));
});

Deno.test("admin act: it has the documented bytes, for every type", () => {
  for (const [type, code] of Object.entries(ACT_TYPES) as [AdminActType, number][]) {
    for (const by of ["", "bob"]) {
      const bytes = encodeAdminAct({ ...act, type, by });
      const names = concat(utf8("\x05alice"), Uint8Array.of(by.length), utf8(by));
      const time = new ByteWriter().u64(NOW).finish();
      assertEquals(bytes, concat(Uint8Array.of(1, code), names, time));
      assertEquals(parseAdminAct(bytes), { ...act, type, by });
    }
  }
});

Deno.test("admin act: types of other entries, unknown versions and names are refused", () => {
  const bytes = encodeAdminAct(act);
  for (const version of [0, 2]) {
    assertThrows(() => parseAdminAct(bytes.with(0, version) as Bytes), FormatError, "version");
  }
  for (const code of [0, 1, 2, 3, 5, 15, 22]) {
    assertThrows(() => parseAdminAct(bytes.with(1, code) as Bytes), FormatError, "type");
  }
  const longest = encodeAdminAct({ ...act, user: LONGEST, by: LONGEST });
  assertEquals(longest.length, 76);
  assertEquals(parseAdminAct(longest).by, LONGEST);
  for (const names of [{ user: "" }, { user: "A" }, { by: "A" }, { by: `${LONGEST}a` }]) {
    assertThrows(() => parseAdminAct(encodeAdminAct({ ...act, ...names })), FormatError, "name");
  }
  for (const [how, changed] of miscut(bytes)) {
    assertThrows(() => parseAdminAct(changed), FormatError, undefined, how);
  }
});

Deno.test("log entry: the worked example of docs/protocol.md (13.3) is what comes out", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/protocol.md", import.meta.url));
  const documented = /\*\*13\.3 Tree\.\*\*[^]*?\n\*\*13\.4/.exec(text)![0];
  const [entries, leaves, roots] = [...documented.matchAll(/```\n([^`]*)```/g)]
    .map(([, lines]) => lines!.trim().split("\n"));
  const made = ([["first", "alice"], ["first", "bob"], ["vouch", "bob"]] as const)
    .map(([type, user], seq) => {
      const hash = recordHashOf(utf8(["one", "two", "three"][seq]!));
      return encodeLogEntry({ seq, time: NOW + seq, type, user, recordHash: hash });
    });
  const tree = new MerkleTree();
  for (const leaf of made) tree.append(leafHash(leaf));
  assertEquals(made.map(toHex), entries);
  assertEquals(made.map(leafHash).map(toHex), leaves);
  assertEquals([1, 2, 3].map((size) => toHex(tree.rootAt(size))), roots);
});
