import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  decodeKeys,
  encodeKeys,
  type EnrolledDevice,
  type KeyBundle,
  MAX_EARLIER_KEYS,
} from "../../crypto/bundle_keys.ts";
import { type Bytes, ByteWriter, concat, randomBytes } from "../../crypto/bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import {
  BundleLockedError,
  bundleVersionOf,
  isHardened,
  newBundleKey,
  openBundle,
  openBundleWithRecovery,
  sealBundle,
  withSlot,
  wrapSlotD,
  wrapSlotDevice,
  wrapSlotP,
  wrapSlotR,
} from "../../crypto/key_bundle.ts";
import { newRecoveryCode } from "../../crypto/recovery_code.ts";
import { MAX_BUNDLE_BYTES } from "../../protocol/limits.ts";
import version1 from "./account_version_1.json" with { type: "json" };

const owner = { realm: new Uint8Array(32).fill(1), user: "alice" };
const others = [{ ...owner, user: "bob" }, { ...owner, realm: new Uint8Array(32).fill(2) }];
const exportKey = randomBytes(64);
const bundleKey = newBundleKey();
const code = newRecoveryCode();

function kemKey(rsaLength: number) {
  const rsaPkcs8 = randomBytes(rsaLength);
  return { publicKey: randomBytes(1582), mlkemSeed: randomBytes(64), rsaPkcs8 };
}

function device(slot: number, name = `device ${slot}`): EnrolledDevice {
  return { slot, name, secret: randomBytes(16), added: 1_760_000_000_000 + slot };
}

const bundle: KeyBundle = {
  kem: kemKey(1794),
  signing: { ed25519Seed: randomBytes(32), mlDsaSeed: randomBytes(32) },
  earlierKem: [kemKey(1793)],
  devices: [],
};
const slotP = wrapSlotP(owner, bundleKey, { exportKey });
const slotR = wrapSlotR(owner, bundleKey, code);
const slots = [slotP, slotR];
const sealed = sealBundle({ ...owner, bundle, bundleKey, version: 7, slots });

const [laptop, phone] = [device(16), device(47)];
const hardenedKeys = { ...bundle, devices: [laptop, phone] };
const deviceSlots = [laptop, phone].map((each) =>
  wrapSlotDevice(owner, bundleKey, { exportKey, ...each })
);
const hardened = sealBundle({
  ...owner,
  bundle: hardenedKeys,
  bundleKey,
  version: 8,
  slots: [slotR, ...deviceSlots],
});

Deno.test("bundle: the password's key opens it, whole, and so does the recovery code", () => {
  const whole = { bundle, bundleKey, version: 7, slots };
  assertEquals(openBundle({ ...owner, exportKey, sealed }), whole);
  assertEquals(openBundleWithRecovery({ ...owner, code, sealed }), whole);
  assertEquals(sealed.slice(0, 7), Uint8Array.of(1, 0, 0, 0, 7, 2, 1));
  assertEquals(bundleVersionOf(sealed), 7);
  assertEquals(sealed[7 + 72], 2);
});

Deno.test("bundle: a wrong password, code or owner does not open it", () => {
  const open = (changes: object) => () => openBundle({ ...owner, exportKey, sealed, ...changes });
  const recover = (changes: object) => () =>
    openBundleWithRecovery({ ...owner, code, sealed, ...changes });
  assertThrows(open({ exportKey: randomBytes(64) }), DecryptionError);
  assertThrows(recover({ code: newRecoveryCode() }), DecryptionError);
  for (const other of others) {
    assertThrows(open(other), DecryptionError);
    assertThrows(recover(other), DecryptionError);
  }
});

Deno.test("bundle: one slot's wrap in the place of another opens nothing", () => {
  const swapped = sealBundle({
    ...owner,
    bundle,
    bundleKey,
    version: 7,
    slots: [{ type: 1, wrap: slotR.wrap }, { type: 2, wrap: slotP.wrap }],
  });
  assertThrows(() => openBundle({ ...owner, exportKey, sealed: swapped }), DecryptionError);
  assertThrows(() => openBundleWithRecovery({ ...owner, code, sealed: swapped }), DecryptionError);
  // Two devices of one account with one secret (which no client makes): still not each other's.
  const twin = { slot: 17, secret: laptop.secret };
  const moved = withSlot(hardened, { type: 17, wrap: deviceSlots[0]!.wrap });
  const open = () => openBundle({ ...owner, exportKey, sealed: moved, device: twin });
  assertThrows(open, BundleLockedError);
});

Deno.test("bundle: that of a hardened account opens on its devices only", () => {
  assert(isHardened(openBundleWithRecovery({ ...owner, code, sealed: hardened }).slots));
  assert(!isHardened(slots));
  for (const each of [laptop, phone]) {
    const opened = openBundle({ ...owner, exportKey, sealed: hardened, device: each });
    assertEquals(opened.bundle, hardenedKeys);
    assertEquals(opened.bundleKey, bundleKey);
  }
  const attempts = [
    { exportKey },
    { exportKey, device: { slot: 16, secret: randomBytes(16) } },
    { exportKey, device: { ...laptop, slot: 17 } },
    { exportKey, device: { ...laptop, slot: 47 } },
    { exportKey, enrolCode: randomBytes(16) },
    { exportKey: randomBytes(64), device: laptop },
  ];
  for (const attempt of attempts) {
    const error = assertThrows(
      () => openBundle({ ...owner, ...attempt, sealed: hardened }),
      BundleLockedError,
    );
    assertEquals(error.code, "device_required");
  }
  for (const other of others) {
    assertThrows(
      () => openBundle({ ...other, exportKey, device: laptop, sealed: hardened }),
      BundleLockedError,
    );
  }
});

Deno.test("bundle: an account that is not hardened needs no device, and minds none", () => {
  const opened = openBundle({ ...owner, exportKey, sealed, device: phone });
  assertEquals(opened.bundle, bundle);
  const wrong = { exportKey: randomBytes(64), device: phone };
  assertThrows(() => openBundle({ ...owner, ...wrong, sealed }), DecryptionError);
});

Deno.test("bundle: a slot that the server adds lets a new device in, until it is taken away", () => {
  const enrolCode = randomBytes(16);
  const slot = wrapSlotD(owner, bundleKey, { exportKey, enrolCode });
  const enrolling = withSlot(hardened, slot);
  assertEquals(enrolling.length, hardened.length + 73);
  assertEquals(bundleVersionOf(enrolling), 8);
  const opened = openBundle({ ...owner, exportKey, enrolCode, sealed: enrolling });
  assertEquals(opened.bundle, hardenedKeys);
  assertEquals(opened.slots.map(({ type }) => type), [2, 3, 16, 47]);
  // A device that was removed and whose number another one has may be enrolled again.
  const again = { slot: 16, secret: randomBytes(16) };
  assertEquals(
    openBundle({ ...owner, exportKey, enrolCode, device: again, sealed: enrolling }).bundleKey,
    bundleKey,
  );
  const refused = [
    { exportKey, enrolCode: randomBytes(16) },
    { exportKey: randomBytes(64), enrolCode },
    { exportKey },
  ];
  for (const attempt of refused) {
    const open = () => openBundle({ ...owner, ...attempt, sealed: enrolling });
    assertThrows(open, BundleLockedError);
  }
  const next = wrapSlotD(owner, bundleKey, { exportKey, enrolCode: randomBytes(16) });
  const replaced = withSlot(enrolling, next);
  assertEquals(replaced.length, enrolling.length);
  assertThrows(
    () => openBundle({ ...owner, exportKey, enrolCode, sealed: replaced }),
    BundleLockedError,
  );
  assertEquals(openBundle({ ...owner, exportKey, sealed: withSlot(sealed, slot) }).bundle, bundle);
});

Deno.test("bundle: a new password wraps the same keys again, slots of unknown types stay", () => {
  const newExportKey = randomBytes(64);
  const unknown = { type: 48, wrap: randomBytes(72) };
  const changed = [unknown, wrapSlotP(owner, bundleKey, { exportKey: newExportKey }), slotR];
  const again = sealBundle({ ...owner, bundle, bundleKey, version: 8, slots: changed });
  const opened = openBundle({ ...owner, exportKey: newExportKey, sealed: again });
  assertEquals(opened.slots.map(({ type }) => type), [1, 2, 48]);
  assertEquals(opened.slots[2], unknown);
  assertEquals(openBundleWithRecovery({ ...owner, code, sealed: again }).bundle, bundle);
  assertThrows(() => openBundle({ ...owner, exportKey, sealed: again }), DecryptionError);
});

Deno.test("bundle: any changed byte of its keys, or of the slot that is used, is refused", () => {
  for (let at = 0; at < sealed.length; at += 13) {
    if (at >= 7 + 73 && at < 7 + 2 * 73) continue; // slot R, which the password does not open
    const changed = sealed.with(at, sealed[at]! ^ 1) as Bytes;
    try {
      openBundle({ ...owner, exportKey, sealed: changed });
      throw new Error(`byte ${at} does not matter`);
    } catch (error) {
      assert(error instanceof DecryptionError || error instanceof FormatError, `byte ${at}`);
    }
  }
});

Deno.test("bundle: slots out of order, twice or of no use are no bundle", () => {
  const rest = sealed.slice(6 + 2 * 73);
  const wrap = new Uint8Array(72);
  const withTypes = (...types: number[]) =>
    concat(
      new ByteWriter().u8(1).u32(7).u8(types.length).finish(),
      ...types.map((type) => concat(Uint8Array.of(type), wrap)),
      rest,
    );
  const bad = [
    withTypes(),
    withTypes(2),
    withTypes(48, 49),
    withTypes(1, 1),
    withTypes(2, 1),
    withTypes(0, 1),
    new Uint8Array(0),
    sealed.slice(0, 50),
    sealed.with(0, 2) as Bytes,
  ];
  for (const each of bad) {
    assertThrows(() => openBundle({ ...owner, exportKey, sealed: each }), FormatError);
  }
  const withoutR = sealBundle({ ...owner, bundle, bundleKey, version: 1, slots: [slotP] });
  assertThrows(() => openBundleWithRecovery({ ...owner, code, sealed: withoutR }), FormatError);
  assertThrows(() => bundleVersionOf(sealed.slice(0, 4)), FormatError);
  assertThrows(() => withSlot(withTypes(2, 1), slotP), FormatError);
  const twice = { ...owner, bundle, bundleKey, version: 1, slots: [slotP, slotP] };
  assertThrows(() => sealBundle(twice), FormatError);
});

Deno.test("bundle: secrets of a wrong length, and slots that no device has, are not used", () => {
  const wrong: (() => unknown)[] = [
    () => wrapSlotP(owner, bundleKey, { exportKey: exportKey.slice(1) }),
    () => wrapSlotR(owner, bundleKey, code.slice(1)),
    () => wrapSlotR(owner, bundleKey, exportKey),
    () => wrapSlotD(owner, bundleKey, { exportKey, enrolCode: new Uint8Array(0) }),
    () => wrapSlotDevice(owner, bundleKey, { exportKey, slot: 16, secret: new Uint8Array(0) }),
    ...[0, 1, 3, 15, 48, 256].map((slot) => () =>
      wrapSlotDevice(owner, bundleKey, { exportKey, ...laptop, slot })
    ),
  ];
  for (const [i, make] of wrong.entries()) assertThrows(make, RangeError, undefined, `case ${i}`);
});

Deno.test("bundle: its length does not tell one RSA key from another", () => {
  for (let earlier = 0; earlier <= MAX_EARLIER_KEYS; earlier++) {
    const lengths = [1780, 1790, 1792, 1794, 1796, 1800].map((length) => {
      const earlierKem = Array.from({ length: earlier }, () => kemKey(length));
      return encodeKeys({ ...bundle, kem: kemKey(length), earlierKem }).length;
    });
    assertEquals(new Set(lengths).size, 1);
  }
});

Deno.test("bundle: with all its devices and earlier keys it fits the protocol's limit", () => {
  const devices = Array.from({ length: 32 }, (_, i) => device(16 + i, "n".repeat(64)));
  const greatest = {
    ...bundle,
    earlierKem: Array.from({ length: MAX_EARLIER_KEYS }, () => kemKey(1800)),
    devices,
  };
  const all = devices.map((each) => wrapSlotDevice(owner, bundleKey, { exportKey, ...each }));
  const bytes = sealBundle({
    ...owner,
    bundle: greatest,
    bundleKey,
    version: 1,
    slots: [slotR, ...all],
  });
  assert(bytes.length <= MAX_BUNDLE_BYTES - 73, `${bytes.length} bytes`);
  const opened = openBundle({ ...owner, exportKey, device: devices[31]!, sealed: bytes });
  assertEquals(opened.bundle, greatest);
});

Deno.test("bundle: that of version 1 is read, as one without devices", () => {
  const opened = openBundle({
    ...owner,
    exportKey: new Uint8Array(64).fill(6),
    sealed: Uint8Array.fromBase64(version1.bundle),
  });
  const kem = (byte: number, length: number) => ({
    publicKey: new Uint8Array(1582).fill(byte),
    mlkemSeed: new Uint8Array(64).fill(byte),
    rsaPkcs8: new Uint8Array(length).fill(byte),
  });
  assertEquals(opened.bundle, {
    kem: kem(2, 100),
    signing: {
      ed25519Seed: new Uint8Array(32).fill(3),
      mlDsaSeed: new Uint8Array(32).fill(4),
    },
    earlierKem: [kem(5, 90)],
    devices: [],
  });
  assertEquals([opened.version, opened.slots.map(({ type }) => type)], [7, [1]]);
  assertEquals(opened.bundleKey, new Uint8Array(32).fill(9));
});

Deno.test("bundle: keys and devices that cannot be are refused, whoever has sealed them", () => {
  const good = decodeCbor(encodeKeys(hardenedKeys), "test") as CborMap;
  const decode = (changes: CborMap) => decodeKeys(encodeCbor(new Map([...good, ...changes])));
  assertEquals(decode(new Map()), hardenedKeys);
  const cbor = (each: EnrolledDevice): CborMap =>
    new Map<string, CborValue>([
      ["slot", each.slot],
      ["name", each.name],
      ["secret", each.secret],
      ["added", each.added],
    ]);
  const badDevices: CborValue[] = [
    [cbor(phone), cbor(laptop)],
    [cbor(laptop), cbor(laptop)],
    [cbor(device(15))],
    [cbor(device(48))],
    [cbor(device(16, "n".repeat(65)))],
    [cbor({ ...laptop, secret: randomBytes(15) })],
    [new Map([...cbor(laptop), ["more", 1]])],
    Array.from({ length: 33 }, (_, i) => cbor(device(16 + i))),
    null,
  ];
  for (const [i, devices] of badDevices.entries()) {
    const changes: CborMap = new Map([["devices", devices]]);
    assertThrows(() => decode(changes), FormatError, undefined, `case ${i}`);
  }
  const kem = good.get("kem") as CborMap;
  for (const pad of [new Uint8Array(5), new Uint8Array(7), Uint8Array.of(0, 0, 0, 0, 0, 1), null]) {
    const changes: CborMap = new Map([["kem", new Map([...kem, ["pad", pad]])]]);
    assertThrows(() => decode(changes), FormatError);
  }
  for (const version of [0, 1, 3]) {
    assertThrows(() => decode(new Map([["v", version]])), FormatError);
  }
  const without = new Map([...good].filter(([key]) => key !== "devices"));
  assertThrows(() => decodeKeys(encodeCbor(without)), FormatError);
});
