import { assertEquals, assertStringIncludes } from "@std/assert";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

Deno.test("sanitizers: under our configuration a test that leaks fails", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/leak_test.ts`,
      `Deno.test("timer", () => { setTimeout(() => {}, 5000); });
       Deno.test("listener", () => { Deno.listen({ hostname: "127.0.0.1", port: 0 }); });`,
    );
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-P", "--no-lock", "--config", CONFIG, folder],
      env: { NO_COLOR: "1" },
      stderr: "null",
    }).output();
    const output = new TextDecoder().decode(stdout);
    assertEquals(code, 1);
    assertStringIncludes(output, "0 passed | 2 failed");
    assertStringIncludes(output, "Leaks detected");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
