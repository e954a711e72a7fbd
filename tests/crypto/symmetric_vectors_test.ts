import { assertEquals } from "@std/assert";
import { inflateSync } from "node:zlib";
import { aesGcmKey, aesGcmOpen, aesGcmSeal } from "../../crypto/aead.ts";
import { concat, toHex } from "../../crypto/bytes.ts";
import { hkdf, hkdfExpand, hmacSha512, sha512 } from "../../crypto/kdf.ts";
import { openStream } from "../../crypto/stream.ts";
import { hex, resultOrNull, wycheproofTest } from "./vectors.ts";

wycheproofTest(
  {
    name: "aes-256-gcm: Wycheproof, nonces of 12 bytes",
    file: "wycheproof_aes_gcm.json",
    only: (_, group) => group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128,
  },
  async (test) => {
    const key = await aesGcmKey(hex(test.key));
    const [nonce, aad] = [hex(test.iv), hex(test.aad)];
    const sealed = hex(test.ct + test.tag);
    const opened = await resultOrNull(() => aesGcmOpen(key, nonce, sealed, aad));
    if (test.result === "invalid") return assertEquals(opened, null);
    assertEquals(opened && toHex(opened), test.msg);
    assertEquals(await aesGcmSeal(key, nonce, hex(test.msg), aad), sealed);
  },
);

wycheproofTest(
  { name: "hkdf-sha-512: Wycheproof", file: "wycheproof_hkdf_sha512.json" },
  async (test) => {
    const [ikm, salt, info] = [hex(test.ikm), hex(test.salt), hex(test.info)];
    const okm = await resultOrNull(() => hkdf(ikm, info, test.size, { salt }));
    assertEquals(okm && toHex(okm), test.result === "invalid" ? null : test.okm);
    if (okm === null) return;
    // Expand alone must agree: extract is HMAC under the salt (RFC 5869 section 2.2).
    assertEquals(toHex(hkdfExpand(hmacSha512(salt, ikm), info, test.size)), test.okm);
  },
);

wycheproofTest(
  { name: "hmac-sha-512: Wycheproof", file: "wycheproof_hmac_sha512.json" },
  (test, group) => {
    const tag = hmacSha512(hex(test.key), hex(test.msg)).slice(0, group.tagSize / 8);
    assertEquals(toHex(tag) === test.tag, test.result === "valid");
  },
);

wycheproofTest(
  {
    name: "stream: Wycheproof for C2SP chunked-encryption, AES-256-GCM",
    file: "wycheproof_c2sp_chunked_encryption_aes_256_gcm.json",
  },
  async (test) => {
    const sealed = concat(inflateSync(hex(test.ct)));
    const opened = await resultOrNull(() => openStream(hex(test.key), hex(test.ctx), sealed));
    if (test.result === "invalid") return assertEquals(opened, null);
    assertEquals(opened?.length, test.msgLength);
    assertEquals(opened && toHex(sha512(opened)), test.msgSha512);
  },
);
