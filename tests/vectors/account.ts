/** A second implementation of docs/protocol.md, sections 8.4, 9 and 12.1. See primitives.ts. */
import {
  cbor,
  hkdf,
  type Item,
  join,
  lp8,
  padded,
  type Raw,
  sha256,
  u32,
  u64,
  u8,
  xSeal,
  zeros,
} from "./primitives.ts";
import { hmac } from "./primitives.ts";

/** Realm and user, as they stand in associated data. */
export interface Owner {
  readonly realm: Raw;
  readonly user: string;
}

/** A slot (9.2): type, key and associated data. */
export interface Slot {
  readonly type: number;
  readonly key: Raw;
  readonly aad: Raw;
}

export function slotP({ realm, user }: Owner, exportKey: Raw): Slot {
  const label = "mailsec/1 bundle-P\0";
  return { type: 1, key: hkdf(exportKey, label, 32), aad: join(label, realm, user) };
}

export function slotR({ realm, user }: Owner, code: Raw): Slot {
  const label = "mailsec/1 bundle-R\0";
  return { type: 2, key: hkdf(code, label, 32), aad: join(label, realm, user) };
}

export function slotD({ realm, user }: Owner, exportKey: Raw, enrolCode: Raw): Slot {
  const label = "mailsec/1 bundle-D\0";
  return {
    type: 3,
    key: hkdf(join(exportKey, enrolCode), label, 32),
    aad: join(label, realm, user),
  };
}

export function slotDevice(
  { realm, user }: Owner,
  exportKey: Raw,
  { type, secret }: { type: number; secret: Raw },
): Slot {
  const key = hkdf(join(exportKey, secret), "mailsec/1 bundle-P\0", 32);
  return { type, key, aad: join("mailsec/1 bundle-device\0", realm, u8(type), user) };
}

/** A KEM key as the bundle has it (9.1). */
export function kemItem(key: { kempk: Raw; mlKemSeed: Raw; rsaPkcs8: Raw }): Item {
  const pad = zeros(1800 - key.rsaPkcs8.length);
  return { public: key.kempk, mlKem: key.mlKemSeed, rsa: key.rsaPkcs8, pad };
}

/**
 * A key bundle (9.1).
 *
 * @param noncesOf a bundle of the same form, of which the random nonces are taken
 */
export function bundle(
  { realm, user }: Owner,
  what: { version: number; bundleKey: Raw; slots: readonly Slot[]; keys: Item },
  noncesOf: Raw,
): Raw {
  const { version, bundleKey, slots } = what;
  const nonce = (at: number) => noncesOf.slice(at, at + 24);
  const wraps = slots.map(({ type, key, aad }, i) =>
    join(u8(type), xSeal(key, nonce(7 + 73 * i), bundleKey, aad))
  );
  const aad = join("mailsec/1 bundle\0", realm, user, u32(version));
  const sealed = xSeal(bundleKey, nonce(6 + 73 * slots.length), padded(cbor(what.keys), 512), aad);
  return join(u8(1), u32(version), u8(slots.length), ...wraps, sealed);
}

/** An account state (9.3); `noncesOf` as for {@link bundle}. */
export function accountState(
  { realm, user }: Owner,
  what: { revision: number; bundleKey: Raw; state: Item },
  noncesOf: Raw,
): Raw {
  const key = hkdf(what.bundleKey, "mailsec/1 state\0", 32);
  const aad = join("mailsec/1 state\0", realm, u32(what.revision), user);
  return xSeal(key, noncesOf.slice(0, 24), padded(cbor(what.state), 1024), aad);
}

/** A pin (9.3). */
export function pin(fields: {
  fingerprint: Raw;
  keyId: Raw;
  epoch: number;
  recordHash: Raw;
  firstSeen: number;
  trust: number;
}): Raw {
  const { fingerprint, keyId, epoch, recordHash, firstSeen, trust } = fields;
  return join(fingerprint, keyId, u32(epoch), lp8(recordHash), u64(firstSeen), u8(trust));
}

/** An identity record (12.1) up to its `inviteTag`. */
export function identityStart(fields: {
  user: string;
  epoch: number;
  type: number;
  kempk: Raw;
  sigpk: Raw;
  prevHash: Raw;
  time: number;
}): Raw {
  const { user, epoch, type, kempk, sigpk, prevHash, time } = fields;
  return join(u8(1), lp8(user), u32(epoch), u8(type), kempk, sigpk, prevHash, u64(time));
}

/** `inviteTag` (12.1) by the secret of the invite; zeros without one. */
export function inviteTag(secret: Raw | null, start: Raw): Raw {
  if (secret === null) return zeros(32);
  return hmac(sha256, hkdf(secret, "mailsec/1 bind\0", 32), start);
}
