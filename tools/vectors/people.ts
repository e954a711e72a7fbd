/** The server and the users of the vectors. */
import {
  type KemPrivateKey,
  type KemPublicKey,
  type KemSecret,
} from "../../crypto/composite_kem.ts";
import { importKemPrivateKey, importKemPublicKey } from "../../crypto/composite_kem.ts";
import { type Bytes, concat, fromHex, toHex } from "../../crypto/bytes.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import { importMlKemSeed, mlKemPublicOf } from "../../crypto/ml_kem.ts";
import { generateRsa } from "../../crypto/rsa_oaep.ts";
import { makeServerRecord, type ServerRecord } from "../../crypto/server_record.ts";
import { importSigner, type Signer, type SigningSecret } from "../../crypto/sign.ts";
import { fixedBytes } from "./fixed_randomness.ts";

/** When everything in the vectors happens, ms since the epoch. */
export const NOW = 1_760_000_000_000;

/** A `2` or `3` has the keys of that epoch of the same user. */
export const NAMES = ["server", "alice", "alice2", "alice3", "bob", "carol"] as const;
export type Name = typeof NAMES[number];

/** What tests/vectors/keys.json has: RSA keys cannot be made from a seed, so they are kept. */
export type StoredKeys = Readonly<Record<string, string>>;

export interface Person {
  readonly kemSecret: KemSecret;
  readonly kem: KemPublicKey;
  readonly key: KemPrivateKey;
  readonly signing: SigningSecret;
  readonly signer: Signer;
  readonly fingerprint: Bytes;
}

export type People = Readonly<Record<Name, Person>>;

/** New keys.json, or one with the RSA keys of an old one. */
export async function makeKeys(old: StoredKeys | null): Promise<StoredKeys> {
  const keys: Record<string, string> = {};
  for (const name of NAMES) {
    const rsa = old?.[`${name} rsaPkcs8`] ?? toHex((await generateRsa()).pkcs8);
    const seed = (kind: string, length: number) => fixedBytes(`mailsec ${name} ${kind}`, length);
    const mlkem = seed("ml-kem", 64);
    const signing = { ed25519Seed: seed("ed25519", 32), mlDsaSeed: seed("ml-dsa", 32) };
    keys[`${name} mlKemSeed`] = toHex(mlkem);
    keys[`${name} rsaPkcs8`] = rsa;
    keys[`${name} ed25519Seed`] = toHex(signing.ed25519Seed);
    keys[`${name} mlDsaSeed`] = toHex(signing.mlDsaSeed);
    const publicKey = concat(
      await mlKemPublicOf(await importMlKemSeed(mlkem)),
      rsaPublicOf(fromHex(rsa)),
    );
    keys[`${name} kempk`] = toHex(publicKey);
    keys[`${name} sigpk`] = toHex((await importSigner(signing)).publicKey);
  }
  return keys;
}

/** RSAPublicKey of a private key: PKCS #8 has modulus and exponent from its byte 33 on. */
function rsaPublicOf(pkcs8: Bytes): Bytes {
  return concat(fromHex("3082018a"), pkcs8.slice(33, 33 + 394));
}

/** Makes the stored keys usable. Throws when one is missing. */
export async function loadPeople(keys: StoredKeys): Promise<People> {
  const get = (name: string) => {
    const value = keys[name];
    if (value === undefined) throw new Error(`keys.json has no "${name}"`);
    return fromHex(value);
  };
  const people = await Promise.all(NAMES.map(async (name): Promise<[Name, Person]> => {
    const kemSecret = { mlkemSeed: get(`${name} mlKemSeed`), rsaPkcs8: get(`${name} rsaPkcs8`) };
    const signing = {
      ed25519Seed: get(`${name} ed25519Seed`),
      mlDsaSeed: get(`${name} mlDsaSeed`),
    };
    const signer = await importSigner(signing);
    const publicKey = get(`${name} kempk`);
    return [name, {
      ...{ kemSecret, signing, signer, fingerprint: fingerprintOf(signer.publicKey) },
      kem: await importKemPublicKey(publicKey),
      key: await importKemPrivateKey(kemSecret, publicKey),
    }];
  }));
  return Object.fromEntries(people) as Record<Name, Person>;
}

/** The record of the vectors' server. Its signature takes randomness. */
export function serverRecordOf({ server }: People): Promise<ServerRecord> {
  const lifetime = 120 * 24 * 60 * 60_000;
  const validity = { notBefore: NOW - 60_000, notAfter: NOW + lifetime };
  const kemPublicKey = server.kem.publicKey;
  return makeServerRecord({ signer: server.signer, kemPublicKey, seq: 3, ...validity });
}
