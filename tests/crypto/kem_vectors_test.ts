import { assertEquals } from "@std/assert";
import { type Bytes, concat, toHex } from "../../crypto/bytes.ts";
import {
  decapsulate,
  importKemPrivateKey,
  KEM_PUBLIC_BYTES,
  type KemSecret,
} from "../../crypto/composite_kem.ts";
import { importRsaPrivate, rsaDecrypt } from "../../crypto/rsa_oaep.ts";
import { importMlKemSeed, mlKemDecapsulate, mlKemPublicOf } from "../../crypto/ml_kem.ts";
import { x25519 } from "../../crypto/x25519.ts";
import { hex, resultOrNull, vectorFileTest, wycheproofTest } from "./vectors.ts";

interface LampsFile {
  tests: { tcId: string; ek: string; dk: string; c: string; k: string }[];
}

const fromBase64 = (text: string): Bytes => Uint8Array.fromBase64(text);

/** The draft stores ML-KEM seed ‖ RSAPrivateKey; mailsec stores RSA as PKCS#8, one wrapping more. */
function secretOfDraft(dk: Bytes): KemSecret {
  const rsaPrivateKey = dk.slice(64);
  const algorithm = hex("020100300d06092a864886f70d0101010500");
  const octets = concat(Uint8Array.of(0x04, 0x82), u16(rsaPrivateKey.length), rsaPrivateKey);
  const body = concat(algorithm, octets);
  const rsaPkcs8 = concat(Uint8Array.of(0x30, 0x82), u16(body.length), body);
  return { mlkemSeed: dk.slice(0, 64), rsaPkcs8 };
}

const u16 = (value: number) => Uint8Array.of(value >>> 8, value);

vectorFileTest<LampsFile>(
  {
    name: "composite kem: the draft's vector for ML-KEM-768 with RSA-3072",
    file: "lamps_composite_kem.json",
  },
  async ({ tests }) => {
    const ours = tests.filter((test) => test.tcId === "id-MLKEM768-RSA3072-SHA3-256");
    for (const test of ours) {
      const publicKey = fromBase64(test.ek);
      assertEquals(publicKey.length, KEM_PUBLIC_BYTES);
      const key = await importKemPrivateKey(secretOfDraft(fromBase64(test.dk)), publicKey);
      assertEquals(await decapsulate(key, fromBase64(test.c)), fromBase64(test.k));
    }
    return ours.length;
  },
);

wycheproofTest(
  {
    name: "rsa-oaep: Wycheproof, RSA-3072, SHA-256, MGF1-SHA-256, empty label",
    file: "wycheproof_rsa_oaep_3072_sha256_mgf1sha256.json",
    only: (test) => test.label === "",
  },
  async (test, group) => {
    const key = await importRsaPrivate(hex(group.privateKeyPkcs8));
    const opened = await rsaDecrypt(key, hex(test.ct));
    assertEquals(opened && toHex(opened), test.result === "invalid" ? null : test.msg);
  },
);

wycheproofTest(
  {
    name: "ml-kem-768: Wycheproof, from the seed to key and shared secret",
    file: "wycheproof_mlkem_768.json",
  },
  async (test) => {
    const result = await resultOrNull(async () => {
      const key = await importMlKemSeed(hex(test.seed));
      const publicKey = await mlKemPublicOf(key);
      return { K: await mlKemDecapsulate(key, hex(test.c)), publicKey };
    });
    if (test.result === "invalid") return assertEquals(result, null);
    assertEquals(result && toHex(result.K), test.K);
    if (test.ek) assertEquals(result && toHex(result.publicKey), test.ek);
  },
);

wycheproofTest(
  { name: "x25519: Wycheproof, an all-zero result refused", file: "wycheproof_x25519.json" },
  async (test) => {
    const pkcs8 = concat(hex("302e020100300506032b656e04220420"), hex(test.private));
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
    const secret = await resultOrNull(() => x25519(key, hex(test.public)));
    assertEquals(secret && toHex(secret), /^0+$/.test(test.shared) ? null : test.shared);
  },
);
