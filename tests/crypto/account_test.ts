import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type AccountState,
  EMPTY_ACCOUNT_STATE,
  openState,
  sealState,
} from "../../crypto/account_state.ts";
import { type Bytes, ByteWriter, concat, randomBytes } from "../../crypto/bytes.ts";
import type { KeyBundle } from "../../crypto/bundle_keys.ts";
import {
  areCounterRanges,
  counterLeavesGap,
  type CounterRanges,
  counterSeen,
  MAX_COUNTER_RANGES,
  withCounter,
} from "../../crypto/counters.ts";
import type { AcceptedEntry, RejectedEntry } from "../../crypto/entry_fields.ts";
import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import {
  mailboxKey,
  newBundleKey,
  openBundle,
  sealBundle,
  stateKey,
  wrapSlotP,
} from "../../crypto/key_bundle.ts";
import { padBlob, padme, unpadBlob } from "../../crypto/padding.ts";
import { EntrySealer } from "../../crypto/sealed_entry.ts";

const owner = { realm: new Uint8Array(32).fill(1), user: "alice" };
const others = [{ ...owner, user: "bob" }, { ...owner, realm: new Uint8Array(32).fill(2) }];
const exportKey = randomBytes(64);
const bundleKey = newBundleKey();

function kemKey(rsaLength: number) {
  const rsaPkcs8 = randomBytes(rsaLength);
  return { publicKey: randomBytes(1582), mlkemSeed: randomBytes(64), rsaPkcs8 };
}

const bundle: KeyBundle = {
  kem: kemKey(1794),
  signing: { ed25519Seed: randomBytes(32), mlDsaSeed: randomBytes(32) },
  earlierKem: [kemKey(1793)],
};
const slot = wrapSlotP(owner, bundleKey, { exportKey });
const sealed = sealBundle({ ...owner, bundle, bundleKey, version: 7, slots: [slot] });

Deno.test("bundle: the password's key opens it, whole", () => {
  const opened = openBundle({ ...owner, exportKey, sealed });
  assertEquals(opened, { bundle, bundleKey, version: 7, slots: [slot] });
  assertEquals(sealed.slice(0, 7), Uint8Array.of(1, 0, 0, 0, 7, 1, 1));
});

Deno.test("bundle: a wrong password, owner or device secret does not open it", () => {
  const open = (changes: object) => () => openBundle({ ...owner, exportKey, sealed, ...changes });
  assertThrows(open({ exportKey: randomBytes(64) }), DecryptionError);
  for (const other of others) assertThrows(open(other), DecryptionError);
  assertThrows(open({ deviceSecret: randomBytes(16) }), DecryptionError);
});

Deno.test("bundle: that of a hardened account needs the device secret too", () => {
  const deviceSecret = randomBytes(16);
  const slots = [wrapSlotP(owner, bundleKey, { exportKey, deviceSecret })];
  const hardened = sealBundle({ ...owner, bundle, bundleKey, version: 1, slots });
  assertEquals(openBundle({ ...owner, exportKey, deviceSecret, sealed: hardened }).bundle, bundle);
  assertThrows(() => openBundle({ ...owner, exportKey, sealed: hardened }), DecryptionError);
});

Deno.test("bundle: a new password wraps the same keys again, slots of other types stay", () => {
  const other = { type: 2, wrap: randomBytes(72) };
  const newExportKey = randomBytes(64);
  const slots = [wrapSlotP(owner, bundleKey, { exportKey: newExportKey }), other];
  const again = sealBundle({ ...owner, bundle, bundleKey, version: 7, slots });
  assertEquals(openBundle({ ...owner, exportKey: newExportKey, sealed: again }).slots, slots);
  assertThrows(() => openBundle({ ...owner, exportKey, sealed: again }), DecryptionError);
});

Deno.test("bundle: any changed byte is refused", () => {
  for (let at = 0; at < sealed.length; at += 13) {
    const changed = sealed.with(at, sealed[at]! ^ 1) as Bytes;
    try {
      openBundle({ ...owner, exportKey, sealed: changed });
      throw new Error(`byte ${at} does not matter`);
    } catch (error) {
      assert(error instanceof DecryptionError || error instanceof FormatError, `byte ${at}`);
    }
  }
});

Deno.test("bundle: without a slot for a password, or with slots out of order, it is no bundle", () => {
  const rest = sealed.slice(7 + 72);
  const wrap = new Uint8Array(72);
  const start = new ByteWriter().u8(1).u32(7);
  const none = concat(start.finish(), Uint8Array.of(0), rest);
  const twice = concat(start.finish(), Uint8Array.of(2, 1), wrap, Uint8Array.of(1), wrap, rest);
  const reversed = concat(start.finish(), Uint8Array.of(2, 2), wrap, Uint8Array.of(1), wrap, rest);
  for (const bad of [none, twice, reversed, new Uint8Array(0), sealed.slice(0, 50)]) {
    assertThrows(() => openBundle({ ...owner, exportKey, sealed: bad }), FormatError);
  }
});

Deno.test("bundle: its length does not tell one RSA key from another", () => {
  const lengths = [1790, 1794, 1798].map((length) => {
    const keys = { ...bundle, kem: kemKey(length), earlierKem: [] };
    return sealBundle({ ...owner, bundle: keys, bundleKey, version: 1, slots: [slot] }).length;
  });
  assertEquals(new Set(lengths).size, 1);
});

Deno.test("bundle: its key gives different keys for state and mailbox", () => {
  const keys = [bundleKey, stateKey(bundleKey), mailboxKey(bundleKey)].map((key) => key.toHex());
  assertEquals(new Set(keys).size, 3);
});

const state: AccountState = {
  pins: new Map(["bob", "constructor"].map((user, at) => [user, {
    fingerprint: randomBytes(32),
    kemKeyId: randomBytes(8),
    epoch: 1,
    firstSeen: 1_760_000_000_000 + at,
    accepted: at === 0,
  }])),
  counters: {
    sent: new Map([["bob", 4]]),
    seen: new Map([["bob", [1, 3, 5, 5]], ["carol", []]]),
  },
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

const accepted: AcceptedEntry = {
  rejected: null,
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
  flags: ["read"],
  folder: "inbox",
};
const rejected: RejectedEntry = {
  rejected: "bad_signature",
  from: "",
  arrived: 5,
  flags: [],
  folder: "inbox",
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
