import { assertEquals } from "@std/assert";
import { verifyEd25519, verifyMlDsa } from "../../crypto/sign.ts";
import { hex, wycheproofTest } from "./vectors.ts";

wycheproofTest(
  { name: "ed25519: Wycheproof", file: "wycheproof_ed25519.json" },
  async (test, group) => {
    const valid = await verifyEd25519(hex(group.publicKey.pk), hex(test.sig), hex(test.msg));
    assertEquals(valid, test.result === "valid");
  },
);

wycheproofTest(
  {
    name: "ml-dsa-65: Wycheproof, without context",
    file: "wycheproof_mldsa_65_verify.json",
    // No context string is ever used: the purpose is inside what is signed.
    only: (test) => !test.ctx,
  },
  async (test, group) => {
    const valid = await verifyMlDsa(hex(group.publicKey), hex(test.sig), hex(test.msg));
    assertEquals(valid, test.result === "valid");
  },
);
