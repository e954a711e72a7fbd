import { assertEquals } from "@std/assert";
import { VERSION } from "../../cli/version.ts";
import manifest from "../../deno.json" with { type: "json" };

Deno.test("version: the program and the manifest say the same", () => {
  assertEquals(VERSION, manifest.version);
});
