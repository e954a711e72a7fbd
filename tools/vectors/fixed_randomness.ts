/**
 * Makes a run of the product's own code repeatable: every source of randomness of this process is
 * replaced for as long as the run takes. The product has no hook for it and needs none, since all it
 * draws comes from the runtime's `crypto`. For test vectors only.
 *
 * Draw _n_ (from 0) of kind _k_ with _L_ bytes is `SHAKE256(SEED ‖ " " ‖ k ‖ " " ‖ n, L)`, n in
 * decimal. Kinds: `bytes` (getRandomValues), `x25519` (a private key), `ml-kem key` (d ‖ z),
 * `ml-kem` (m of an encapsulation), `oaep` (the seed of RSA-OAEP), `ml-dsa` (rnd of a signature). The
 * keys, ciphertexts and signatures come from @noble where the runtime takes no randomness.
 *
 * Rules: docs/protocol.md, 15.
 */
import { x25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { type Bytes, concat, fromHex, toHex, utf8 } from "../../crypto/bytes.ts";
import { modernSubtle } from "../../crypto/subtle.ts";

/** What was drawn: kind and hexadecimal, in order. */
export type Draw = readonly [kind: string, hex: string];

/** A deterministic byte string for a name, the same as the draws are made of. */
export function fixedBytes(name: string, length: number): Bytes {
  return shake256(utf8(name), { dkLen: length });
}

/** Does `work` with fixed randomness. One run at a time. */
export async function withFixedRandomness<T>(
  seed: string,
  work: () => Promise<T>,
): Promise<{ result: T; draws: Draw[] }> {
  const draws: Draw[] = [];
  const counts = new Map<string, number>();
  const draw = (kind: string, length: number): Bytes => {
    const n = counts.get(kind) ?? 0;
    counts.set(kind, n + 1);
    const bytes = fixedBytes(`${seed} ${kind} ${n}`, length);
    draws.push([kind, toHex(bytes)]);
    return bytes;
  };
  const restore = [
    replace(crypto, "getRandomValues", <A extends Uint8Array>(array: A): A => {
      array.set(draw("bytes", array.length));
      return array;
    }),
    ...replaceSubtle(draw),
  ];
  try {
    return { result: await work(), draws };
  } finally {
    for (const undo of restore) undo();
  }
}

type DrawBytes = (kind: string, length: number) => Bytes;

// deno-lint-ignore no-explicit-any -- the calls of Web Crypto, whose types differ by algorithm
type AnyCall = (...args: any[]) => any;

const X25519_PKCS8_PREFIX = fromHex("302e020100300506032b656e04220420");
const SPKI_PREFIX_BYTES = 24;

function replaceSubtle(draw: DrawBytes): (() => void)[] {
  /** Raw bytes of the keys that the replaced calls need. */
  const raw = new WeakMap<CryptoKey, Bytes>();
  const importKey: AnyCall = crypto.subtle.importKey.bind(crypto.subtle);
  const sign: AnyCall = crypto.subtle.sign.bind(crypto.subtle);

  const generateMlKem = async () => {
    const usages = ["decapsulateBits" as const];
    const seed = draw("ml-kem key", 64);
    const privateKey = await modernSubtle.importKey("raw-seed", seed, "ML-KEM-768", true, usages);
    return {
      privateKey,
      publicKey: await modernSubtle.getPublicKey(privateKey, ["encapsulateBits"]),
    };
  };
  const generateX25519 = async () => {
    const secret = draw("x25519", 32);
    const pkcs8 = concat(X25519_PKCS8_PREFIX, secret);
    return {
      privateKey: await importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]),
      publicKey: await importKey("raw", x25519.getPublicKey(secret), "X25519", true, []),
    };
  };
  return [
    replace(crypto.subtle, "importKey", async (...args: unknown[]) => {
      const bytes = (args[1] as Bytes).slice();
      const key: CryptoKey = await importKey(...args);
      raw.set(key, bytes);
      return key;
    }),
    replace(crypto.subtle, "generateKey", (algorithm: unknown) => {
      if (algorithm === "ML-KEM-768") return generateMlKem();
      if (algorithm === "X25519") return generateX25519();
      throw new Error("vectors: this key cannot be made with fixed randomness");
    }),
    replace(crypto.subtle, "encapsulateBits", (_: string, key: CryptoKey) => {
      const made = ml_kem768.encapsulate(raw.get(key)!, draw("ml-kem", 32));
      const [sharedKey, ciphertext] = [made.sharedSecret.slice(), made.cipherText.slice()];
      return Promise.resolve({ sharedKey: sharedKey.buffer, ciphertext: ciphertext.buffer });
    }),
    replace(
      crypto.subtle,
      "encrypt",
      encryptOr(
        crypto.subtle.encrypt.bind(crypto.subtle),
        (key, data) => rsaOaep(raw.get(key)!.slice(SPKI_PREFIX_BYTES), data, draw("oaep", 32)),
      ),
    ),
    replace(crypto.subtle, "sign", (algorithm: unknown, key: CryptoKey, data: Bytes) => {
      if (algorithm !== "ML-DSA-65") return sign(algorithm, key, data);
      const { secretKey } = ml_dsa65.keygen(raw.get(key)!);
      const signature = ml_dsa65.sign(data, secretKey, { extraEntropy: draw("ml-dsa", 32) });
      return Promise.resolve(signature.slice().buffer);
    }),
  ];
}

function encryptOr(native: AnyCall, rsa: (key: CryptoKey, data: Bytes) => Bytes): AnyCall {
  return (algorithm: { name: string }, key: CryptoKey, data: Bytes) =>
    algorithm.name === "RSA-OAEP"
      ? Promise.resolve(rsa(key, data).buffer)
      : native(algorithm, key, data);
}

/** RSAES-OAEP-ENCRYPT with SHA-256, MGF1-SHA-256 and an empty label (RFC 8017 section 7.1.1). */
export function rsaOaep(rsaPublicKey: Bytes, message: Bytes, seed: Bytes): Bytes {
  const modulus = BigInt(`0x${toHex(rsaPublicKey.slice(8, 8 + 385))}`);
  const length = 384;
  const zeros = new Uint8Array(length - message.length - 2 * 32 - 2);
  const db = concat(sha256(new Uint8Array(0)), zeros, Uint8Array.of(1), message);
  const maskedDb = xor(db, mgf1(seed, db.length));
  const maskedSeed = xor(seed, mgf1(maskedDb, seed.length));
  const encoded = BigInt(`0x${toHex(concat(maskedSeed, maskedDb))}`);
  let power = encoded;
  for (let i = 0; i < 16; i++) power = power * power % modulus;
  return fromHex((power * encoded % modulus).toString(16).padStart(2 * length, "0"));
}

function mgf1(seed: Bytes, length: number): Bytes {
  const blocks = Array.from(
    { length: Math.ceil(length / 32) },
    (_, i) => sha256(concat(seed, Uint8Array.of(0, 0, 0, i))),
  );
  return concat(...blocks).slice(0, length);
}

function xor(a: Bytes, b: Bytes): Bytes {
  return a.map((byte, i) => byte ^ b[i]!);
}

function replace(owner: object, name: string, value: unknown): () => void {
  Object.defineProperty(owner, name, { configurable: true, value });
  // What is there by nature is on the prototype.
  return () => void Reflect.deleteProperty(owner, name);
}
