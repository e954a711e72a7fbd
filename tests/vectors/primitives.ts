/**
 * A second implementation of docs/protocol.md, sections 1 and 2, as far as the vectors need it:
 * written from the document, with @noble and nothing of the product (but Web Crypto for RSA), so
 * that a mistake in the one is not a mistake in the other.
 */
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { gcm } from "@noble/ciphers/aes.js";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

export { hmac, sha256, sha512 };

export type Raw = Uint8Array<ArrayBuffer>;

export function text(value: string): Raw {
  return new TextEncoder().encode(value);
}

/** Joins bytes and texts. */
export function join(...parts: readonly (Uint8Array | string)[]): Raw {
  const bytes = parts.map((part) => typeof part === "string" ? text(part) : part);
  const joined = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function zeros(length: number): Raw {
  return new Uint8Array(length);
}

/** Big-endian. */
export function uint(bytes: number, value: number): Raw {
  return Uint8Array.fromHex(value.toString(16).padStart(2 * bytes, "0"));
}

export function u8(value: number): Raw {
  return uint(1, value);
}

export function u16(value: number): Raw {
  return uint(2, value);
}

export function u32(value: number): Raw {
  return uint(4, value);
}

export function u64(value: number): Raw {
  return uint(8, value);
}

export function lp8(value: Uint8Array | string): Raw {
  const bytes = join(value);
  return join(u8(bytes.length), bytes);
}

/** Cuts bytes into fields from the front. */
export class Cutter {
  #at = 0;
  readonly #bytes: Raw;

  constructor(bytes: Raw) {
    this.#bytes = bytes;
  }

  take(length: number): Raw {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error("a field reaches over the end");
    const field = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return field;
  }

  rest(): Raw {
    return this.take(this.#bytes.length - this.#at);
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }
}

/** HKDF with SHA-512; `info` with its label spelled out. */
export function hkdf(
  ikm: Uint8Array,
  info: Uint8Array | string,
  length: number,
  salt = zeros(0),
): Raw {
  return expand(sha512, extract(sha512, ikm, salt), join(info), length);
}

/** HKDF-Expand-SHA-512 of a 32-byte key, which noble refuses: at most two blocks. */
function expandShort(prk: Raw, info: Raw, length: number): Raw {
  const first = hmac(sha512, prk, join(info, u8(1)));
  const second = hmac(sha512, prk, join(first, info, u8(2)));
  return join(first, second).slice(0, length);
}

export function gcmSeal(key: Raw, nonce: Raw, plain: Raw, aad = zeros(0)): Raw {
  return gcm(key, nonce, aad).encrypt(plain);
}

/** XChaCha20-Poly1305 with its nonce in front (1.5). */
export function xSeal(key: Raw, nonce: Raw, plain: Raw, aad: Raw): Raw {
  return join(nonce, xchacha20poly1305(key, nonce, aad).encrypt(plain));
}

/** Opens what {@link xSeal} makes. */
export function xOpen(key: Raw, sealed: Raw, aad: Raw): Raw {
  return new Uint8Array(
    xchacha20poly1305(key, sealed.slice(0, 24), aad).decrypt(sealed.slice(24)),
  );
}

/** `u32 length ‖ value ‖ zeros` to a multiple. */
export function padded(value: Raw, multiple: number): Raw {
  const used = 4 + value.length;
  return join(u32(value.length), value, zeros(Math.ceil(used / multiple) * multiple - used));
}

/** The private half of a composite KEM key. */
export interface KemSecrets {
  readonly mlKemSeed: Raw;
  readonly rsaPkcs8: Raw;
  readonly kempk: Raw;
}

/** Composite KEM (1.1): the shared secret of a ciphertext, and the `t` inside. */
export async function ckOpen(key: KemSecrets, ciphertext: Raw): Promise<{ secret: Raw; t: Raw }> {
  const { publicKey, secretKey } = ml_kem768.keygen(key.mlKemSeed);
  if (join(publicKey).toHex() !== key.kempk.slice(0, 1184).toHex()) throw new Error("wrong kempk");
  const mlKem = ml_kem768.decapsulate(ciphertext.slice(0, 1088), secretKey);
  const rsaCiphertext = ciphertext.slice(1088);
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
  const rsa = await crypto.subtle.importKey("pkcs8", key.rsaPkcs8, algorithm, false, ["decrypt"]);
  const t = new Uint8Array(await crypto.subtle.decrypt(algorithm, rsa, rsaCiphertext));
  return { secret: ckCombine(mlKem, t, { rsaCiphertext, kempk: key.kempk }), t };
}

function ckCombine(
  mlKem: Uint8Array,
  t: Raw,
  { rsaCiphertext, kempk }: Record<"rsaCiphertext" | "kempk", Raw>,
) {
  return sha3_256(join(mlKem, t, rsaCiphertext, kempk.slice(1184), "MLKEM768-RSAOAEP3072"));
}

/** X-Wing (1.2): the public key of two private ones. */
export function xWingPublic(mlKemSeed: Raw, x25519Secret: Raw): Raw {
  return join(ml_kem768.keygen(mlKemSeed).publicKey, x25519.getPublicKey(x25519Secret));
}

/** X-Wing: ciphertext and secret for a public key, from `m` and an X25519 private key. */
export function xWingSeal(
  publicKey: Raw,
  m: Raw,
  x25519Secret: Raw,
): { ciphertext: Raw; secret: Raw } {
  const mlKem = ml_kem768.encapsulate(publicKey.slice(0, 1184), m);
  const [own, peer] = [x25519.getPublicKey(x25519Secret), publicKey.slice(1184)];
  const shared = x25519.getSharedSecret(x25519Secret, peer);
  const secret = sha3_256(join(mlKem.sharedSecret, shared, own, peer, "\\.//^\\"));
  return { ciphertext: join(mlKem.cipherText, own), secret };
}

/** Whether both halves of a signature (1.3) verify. */
export function verifies(purpose: string, sigpk: Raw, message: Raw, signature: Raw): boolean {
  const m = join(`mailsec/1 sig ${purpose}\0`, sha512(sigpk), sha512(message));
  return signature.length === 3373 &&
    ed25519.verify(signature.slice(0, 64), m, sigpk.slice(0, 32)) &&
    ml_dsa65.verify(signature.slice(64), m, sigpk.slice(32));
}

/** A signature (1.3) by seeds, with the randomness of ML-DSA given. */
export function signs(
  purpose: string,
  seeds: { ed25519Seed: Raw; mlDsaSeed: Raw },
  message: Raw,
  rnd: Raw,
): Raw {
  const pair = ml_dsa65.keygen(seeds.mlDsaSeed);
  const sigpk = join(ed25519.getPublicKey(seeds.ed25519Seed), pair.publicKey);
  const m = join(`mailsec/1 sig ${purpose}\0`, sha512(sigpk), sha512(message));
  return join(
    ed25519.sign(m, seeds.ed25519Seed),
    ml_dsa65.sign(m, pair.secretKey, { extraEntropy: rnd }),
  );
}

/** 2.2 */
export function fingerprint(sigpk: Raw): Raw {
  return sha256(join("mailsec/1 fingerprint\0", sigpk));
}

/** 2.3 */
export function keyId(kempk: Raw): Raw {
  return sha256(join("mailsec/1 kem-key-id\0", kempk)).slice(0, 8);
}

/** Stream (1.4) of less than 16,384 bytes times `chunks`, under this salt. */
export function streamSeal(key: Raw, salt: Raw, context: Raw, plain: Raw): Raw {
  const label = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
  const okm = expandShort(key, join(label, salt, context), 76);
  const [gcmKey, base, commitment] = [okm.slice(0, 32), okm.slice(32, 44), okm.slice(44)];
  const chunks: Raw[] = [];
  for (let i = 0; i * 16_384 <= plain.length; i++) {
    const nonce = base.slice();
    nonce[11]! ^= i;
    chunks.push(gcmSeal(gcmKey, nonce, plain.slice(i * 16_384, (i + 1) * 16_384)));
  }
  return join(salt, commitment, ...chunks);
}

/** What deterministic CBOR is made of here. */
export type Item = number | string | boolean | null | Raw | readonly Item[] | {
  [key: string]: Item;
};

/** Deterministic CBOR (RFC 8949 section 4.2.3: shorter keys first). */
export function cbor(item: Item): Raw {
  if (item === null) return u8(0xf6);
  if (typeof item === "boolean") return u8(item ? 0xf5 : 0xf4);
  if (typeof item === "number") return head(0, item);
  if (typeof item === "string") return join(head(3, text(item).length), item);
  if (item instanceof Uint8Array) return join(head(2, item.length), item);
  if (Array.isArray(item)) return join(head(4, item.length), ...item.map(cbor));
  const pairs = Object.entries(item)
    .map(([key, value]) => [cbor(key), cbor(value)] as const)
    .sort(([a], [b]) => a.length - b.length || (a.toHex() < b.toHex() ? -1 : 1));
  return join(head(5, pairs.length), ...pairs.flat());
}

function head(major: number, value: number): Raw {
  const first = major << 5;
  if (value < 24) return u8(first | value);
  if (value < 0x100) return join(u8(first | 24), u8(value));
  if (value < 0x1_0000) return join(u8(first | 25), u16(value));
  if (value < 0x1_0000_0000) return join(u8(first | 26), u32(value));
  return join(u8(first | 27), u64(value));
}

/** Crockford's base32, zero bits at the end. */
export function crockford(bytes: Raw): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.padEnd(Math.ceil(bits.length / 5) * 5, "0").match(/.{5}/g)!;
  return groups.map((group) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[parseInt(group, 2)]).join("");
}

/** In groups of four. */
export function grouped(symbols: string): string {
  return symbols.match(/.{1,4}/g)!.join("-");
}

/** Argon2id with the costs of 8.1; the runtime's own, since @noble takes seconds. */
export async function argon2id(password: Raw, salt: Raw, length: number): Promise<Raw> {
  const subtle = crypto.subtle as unknown as {
    importKey(
      format: string,
      key: Raw,
      name: string,
      extractable: boolean,
      usages: string[],
    ): Promise<CryptoKey>;
    deriveBits(
      algorithm: Record<string, unknown>,
      key: CryptoKey,
      bits: number,
    ): Promise<ArrayBuffer>;
  };
  const key = await subtle.importKey("raw-secret", password, "Argon2id", false, ["deriveBits"]);
  const costs = { memory: 65_536, passes: 3, parallelism: 4 };
  return new Uint8Array(
    await subtle.deriveBits({ name: "Argon2id", nonce: salt, ...costs }, key, 8 * length),
  );
}
