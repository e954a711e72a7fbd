import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type AccountState,
  EMPTY_ACCOUNT_STATE,
  openState,
  sealState,
} from "../../crypto/account_state.ts";
import { xchachaSeal } from "../../crypto/aead.ts";
import { type Bytes, ByteWriter, concat, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import {
  areCounterRanges,
  counterLeavesGap,
  type CounterRanges,
  counterSeen,
  MAX_COUNTER_RANGES,
  withCounter,
} from "../../crypto/counters.ts";
import {
  type AcceptedEntry,
  decodeEntry,
  encodeEntry,
  marksIn,
  type RejectedEntry,
} from "../../crypto/entry_fields.ts";
import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import { mailboxKey, newBundleKey, stateKey } from "../../crypto/key_bundle.ts";
import { labelled } from "../../crypto/labels.ts";
import { padBlob, padme, unpadBlob } from "../../crypto/padding.ts";
import { EntrySealer } from "../../crypto/sealed_entry.ts";
import version1 from "./account_version_1.json" with { type: "json" };

const owner = { realm: new Uint8Array(32).fill(1), user: "alice" };
const others = [{ ...owner, user: "bob" }, { ...owner, realm: new Uint8Array(32).fill(2) }];
const bundleKey = newBundleKey();

Deno.test("bundle: its key gives different keys for state and mailbox", () => {
  const keys = [bundleKey, stateKey(bundleKey), mailboxKey(bundleKey)].map((key) => key.toHex());
  assertEquals(new Set(keys).size, 3);
});

const state: AccountState = {
  pins: new Map((["seen", "compared", "invite"] as const).map((trust, at) => [
    ["bob", "constructor", "carol"][at]!,
    {
      fingerprint: randomBytes(32),
      kemKeyId: randomBytes(8),
      epoch: 1 + at,
      recordHash: at === 0 ? null : randomBytes(32),
      firstSeen: 1_760_000_000_000 + at,
      trust,
    },
  ])),
  log: { size: 42, root: randomBytes(32), note: "mailsec/realm\n42\nroot\n\n— signature\n" },
  invites: new Map([["dave", { bindKey: randomBytes(32), time: 1_760_000_000_009 }]]),
  identity: randomBytes(32),
  counters: {
    sent: new Map([["bob", 4]]),
    seen: new Map([["bob", [1, 3, 5, 5]], ["carol", []]]),
  },
  folders: new Map([["f01020304", "Reisen ✈"]]),
  settings: new Map([["language", "de \uFEFF"]]),
};

const statePlace = { ...owner, revision: 7 };

Deno.test("account state: what is sealed is opened, and its length goes in steps", () => {
  for (const each of [state, EMPTY_ACCOUNT_STATE]) {
    const bytes = sealState(bundleKey, statePlace, each);
    assertEquals(openState(bundleKey, statePlace, bytes), each);
    assertEquals((bytes.length - 40) % 1024, 0);
  }
});

Deno.test("account state: another key, owner, revision or a changed byte do not open it", () => {
  const bytes = sealState(bundleKey, statePlace, state);
  assertThrows(() => openState(newBundleKey(), statePlace, bytes), DecryptionError);
  for (const other of others) {
    assertThrows(() => openState(bundleKey, { ...statePlace, ...other }, bytes), DecryptionError);
  }
  for (const revision of [0, 6, 8, 0xffff_ffff]) {
    assertThrows(() => openState(bundleKey, { ...statePlace, revision }, bytes), DecryptionError);
  }
  const changed = bytes.with(100, bytes[100]! ^ 1) as Bytes;
  assertThrows(() => openState(bundleKey, statePlace, changed), DecryptionError);
  for (const length of [0, 39, 40, bytes.length - 1]) {
    assertThrows(() => openState(bundleKey, statePlace, bytes.slice(0, length)), DecryptionError);
  }
});

/** Seals any CBOR as if it were a state of this place. */
function sealedAs(value: CborValue): Bytes {
  const place = new ByteWriter().bytes(owner.realm).u32(7).bytes(utf8(owner.user)).finish();
  return xchachaSeal(
    stateKey(bundleKey),
    padBlob(encodeCbor(value), 1024),
    labelled("state", place),
  );
}

Deno.test("account state: that of version 1 is read; its accepted keys count as seen", () => {
  const bytes = Uint8Array.fromBase64(version1.state);
  const key = new Uint8Array(32).fill(9);
  const opened = openState(key, statePlace, bytes);
  const pin = (byte: number, firstSeen: number) => ({
    fingerprint: new Uint8Array(32).fill(byte),
    kemKeyId: new Uint8Array(8).fill(byte + 1),
    epoch: 1,
    recordHash: null,
    firstSeen,
    trust: "seen" as const,
  });
  assertEquals(opened, {
    ...EMPTY_ACCOUNT_STATE,
    pins: new Map([["bob", pin(10, 1_760_000_000_000)], ["carol", pin(12, 1_760_000_000_001)]]),
    counters: { sent: new Map([["bob", 4]]), seen: new Map([["bob", [1, 3, 5, 5]]]) },
    folders: new Map(),
    settings: new Map([["language", "de"]]),
  });
  // What was read is written in the form of today.
  assertEquals(openState(key, statePlace, sealState(key, statePlace, opened)), opened);
});

Deno.test("account state: values that cannot be are refused, whoever has sealed them", () => {
  const fields: [string, CborValue][] = [
    ["v", 2],
    ["pins", new Map()],
    ["log", null],
    ["invites", new Map()],
    ["identity", null],
    ["sent", new Map()],
    ["seen", new Map()],
    ["settings", new Map()],
  ];
  const head = new Map<string, CborValue>([["size", 1], ["root", new Uint8Array(32)], [
    "note",
    "",
  ]]);
  const pin = concat(new Uint8Array(44), Uint8Array.of(0), new Uint8Array(8), Uint8Array.of(1));
  const opened = openState(
    bundleKey,
    statePlace,
    sealedAs(
      new Map([
        ...fields,
        ["pins", new Map([["bob", pin]])],
      ]),
    ),
  );
  assertEquals(opened.pins.get("bob")?.trust, "seen");
  const longer = concat(
    new Uint8Array(44),
    Uint8Array.of(31),
    new Uint8Array(31 + 8),
    pin.slice(-1),
  );
  const bad: [string, CborValue][] = [
    ["v", 0],
    ["v", 3],
    ["pins", new Map([["Bob", pin]])],
    ["pins", new Map([["bob", new Map()]])],
    ["pins", new Map([["bob", pin.with(-1, 0) as Bytes]])],
    ["pins", new Map([["bob", pin.with(-1, 4) as Bytes]])],
    ["pins", new Map([["bob", pin.slice(1)]])],
    ["pins", new Map([["bob", concat(pin, Uint8Array.of(0))]])],
    ["pins", new Map([["bob", longer]])],
    ["log", new Map([...head, ["root", new Uint8Array(31)]])],
    ["log", new Map([...head, ["more", 1]])],
    ["log", new Map([...head, ["note", "x".repeat(8193)]])],
    ["log", 0],
    ["invites", new Map([["dave", new Map([["bind", new Uint8Array(32)]])]])],
    ["invites", new Map([["dave", null]])],
    ["identity", new Uint8Array(31)],
    ["other", 1],
  ];
  for (const [key, value] of bad) {
    const sealed = sealedAs(new Map([...fields, [key, value]]));
    assertThrows(() => openState(bundleKey, statePlace, sealed), FormatError, undefined, key);
  }
  for (const [key] of fields) {
    const sealed = sealedAs(new Map(fields.filter(([each]) => each !== key)));
    assertThrows(() => openState(bundleKey, statePlace, sealed), FormatError, undefined, key);
  }
});

const accepted: AcceptedEntry = {
  rejected: null,
  ...{ kind: "mail", origin: null },
  contentKey: randomBytes(32),
  headerSha512: randomBytes(64),
  from: "bob",
  fromFingerprint: randomBytes(32),
  to: ["alice", "carol"],
  cc: [],
  date: 1_760_000_000_000,
  subject: "Minutes",
  preview: "We met.",
  inReplyTo: randomBytes(16),
  references: [randomBytes(16)],
  attachments: [{ name: "a.pdf", type: "application/pdf", size: 12 }],
  size: 19,
  contentLength: 700,
  contentSha512: randomBytes(64),
  warnings: ["date_differs", "one_of_a_newer_release"],
  ...marksIn("inbox", ["read"]),
};
const rejected: RejectedEntry = {
  rejected: "bad_signature",
  from: "",
  arrived: 5,
  ...marksIn("inbox"),
};
const place = { messageId: randomBytes(16), revision: 4 };
const sealer = new EntrySealer(bundleKey, owner);

Deno.test("entry: what is sealed is opened, and its length is that of nearly all others", () => {
  for (const entry of [accepted, rejected]) {
    const bytes = sealer.seal(place, entry);
    assertEquals(sealer.open(place, bytes), entry);
    assertEquals(bytes.length, 40 + 1024);
  }
});

Deno.test("entry: one of version 1 is read, and is a mail that nothing was done with", () => {
  const mail = decodeCbor(encodeEntry(accepted), "entry") as CborMap;
  const refused = decodeCbor(encodeEntry(rejected), "entry") as CborMap;
  for (const [map, entry] of [[mail, accepted], [refused, rejected]] as const) {
    for (const key of ["also", "trashed", "kind", "origin"]) map.delete(key);
    assertEquals(decodeEntry(encodeCbor(map.set("v", 1))), entry);
    assertThrows(() => decodeEntry(encodeCbor(map.set("v", 2))), FormatError);
    assertThrows(() => decodeEntry(encodeCbor(map.set("v", 3))), FormatError);
  }
  const odd = { ...accepted, kind: "spell" } as unknown as AcceptedEntry;
  assertThrows(() => decodeEntry(encodeEntry(odd)), FormatError);
});

Deno.test("entry: drafts, imports and what lies in the trash are read as they were written", () => {
  const origin = {
    ...{ from: "Bob <bob@x.org>", to: ["a@b.c"], cc: [], bcc: ["carol"] },
    messageId: "<1@x.org>",
  };
  const trashed = { at: 7, folder: "f0", also: ["archive"] };
  for (const kind of ["draft", "import"] as const) {
    const entry = { ...accepted, ...marksIn("trash"), kind, origin, trashed };
    assertEquals(decodeEntry(encodeEntry(entry)), entry);
  }
});

Deno.test("entry: of another revision, mail, user, realm or key it does not open", () => {
  const bytes = sealer.seal(place, accepted);
  for (const other of [{ ...place, revision: 5 }, { ...place, messageId: randomBytes(16) }]) {
    assertThrows(() => sealer.open(other, bytes), DecryptionError);
  }
  const strangers = others.map((other) => new EntrySealer(bundleKey, other));
  for (const stranger of [...strangers, new EntrySealer(newBundleKey(), owner)]) {
    assertThrows(() => stranger.open(place, bytes), DecryptionError);
  }
  const spent = new EntrySealer(bundleKey, owner);
  spent.wipe();
  assertThrows(() => spent.open(place, bytes), DecryptionError);
});

Deno.test("entry: an attacker's bytes are never anything but a DecryptionError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assertThrows(() => sealer.open(place, new Uint8Array(bytes)), DecryptionError);
  }));
});

Deno.test("counters: ranges tell what was seen, in any order", () => {
  const counters = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });
  fc.assert(fc.property(counters, (seen) => {
    const ranges = seen.reduce<CounterRanges>(withCounter, []);
    assert(areCounterRanges(ranges));
    for (let n = 1; n <= 42; n++) assertEquals(counterSeen(ranges, n), seen.includes(n));
    const highest = Math.max(0, ...seen);
    assertEquals(counterLeavesGap(ranges, highest + 1), false);
    assertEquals(counterLeavesGap(ranges, highest + 2), true);
  }));
});

Deno.test("counters: too many gaps close from the lowest, and nothing seen is forgotten", () => {
  const odd = Array.from({ length: MAX_COUNTER_RANGES + 1 }, (_, i) => 2 * i + 1);
  const ranges = odd.reduce<CounterRanges>(withCounter, []);
  assertEquals(ranges.length, 2 * MAX_COUNTER_RANGES);
  assert(areCounterRanges(ranges));
  assert(odd.every((n) => counterSeen(ranges, n)));
  assertEquals([counterSeen(ranges, 2), counterSeen(ranges, 4)], [true, false]);
});

Deno.test("counters: lists that are no ranges are refused", () => {
  for (const bad of [[1], [0, 1], [2, 1], [1, 2, 3, 4], [1, 2, 2, 4], [5, 6, 1, 2]]) {
    assertEquals(areCounterRanges(bad), false);
  }
  assertEquals(areCounterRanges([]), true);
});

Deno.test("padding: Padmé is as published and leaks little at little cost", () => {
  const published = [[0, 0], [1, 1], [8, 8], [9, 10], [100, 104], [1025, 1088], [
    1_000_000,
    1_015_808,
  ]];
  for (const [length, padded] of published) assertEquals(padme(length!), padded!);
  fc.assert(fc.property(fc.integer({ min: 2, max: 2 ** 40 }), (length) => {
    const padded = padme(length);
    assert(padded >= length && padded <= length * 1.12 + 1);
    assertEquals(padme(padded), padded);
  }));
});

Deno.test("padding: only its own padding is taken off", () => {
  const value = randomBytes(30);
  const padded = padBlob(value, 64);
  assertEquals(unpadBlob(padded, 64, "test"), value);
  const notZero = padded.with(-1, 1) as Bytes;
  const tooMuch = concat(padded, new Uint8Array(64));
  const wrongLength = padded.with(0, 1) as Bytes;
  for (const bad of [notZero, tooMuch, wrongLength, padded.slice(0, 40), new Uint8Array(0)]) {
    assertThrows(() => unpadBlob(bad, 64, "test"), FormatError);
  }
});
