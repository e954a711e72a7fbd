import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Child } from "../../tools/child.ts";
import { PROJECT_ROOT } from "../../tools/project.ts";

/** Starts the demo with a temporary folder of its own; `use` gets both. */
async function withDemo(use: (demo: Child, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const flags = ["-q", "--no-prompt", "-P=test", "--config", `${PROJECT_ROOT}/deno.json`];
  const demo = new Child([Deno.execPath(), "run", ...flags, `${PROJECT_ROOT}/tools/demo.ts`], {
    env: { TMPDIR: folder, NO_COLOR: "1" },
  });
  try {
    await use(demo, folder);
  } finally {
    demo.kill("SIGKILL");
    await demo.finished;
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("demo: runs to its end, proves what it claims, and leaves nothing behind", () =>
  withDemo(async (demo, folder) => {
    const { code, stdout, stderr } = await demo.finished;
    assertEquals([code, stderr], [0, ""], stdout);
    assertStringIncludes(stdout, "byte for byte: 1,000,000 bytes");
    assertStringIncludes(stdout, "None of the titles, texts and passwords");
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("demo: Ctrl-C in the middle ends it and everything that it started", () =>
  withDemo(async (demo, folder) => {
    await demo.waitFor("stdout", /mailsec join/);
    const [, port] = await demo.waitFor("stdout", /listens on 127\.0\.0\.1:(\d+)/);
    demo.kill("SIGINT");
    assertEquals((await demo.finished).code, 130);
    assertEquals([...Deno.readDirSync(folder)], []);
    const refused = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })
      .then((connection) => (connection.close(), false), () => true);
    assert(refused, "the server still runs");
  }));
