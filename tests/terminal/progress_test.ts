import { assertEquals } from "@std/assert";
import { progressLine } from "../../client/terminal/progress.ts";

/** What is written while this many of 1,000,000 bytes are done, one after the other. */
async function written(
  steps: readonly number[],
  { terminal = true, term = "xterm", total = 1_000_000 } = {},
): Promise<string> {
  let text = "";
  const { onProgress, end } = progressLine({
    stderr: (part) => {
      text += part;
      return Promise.resolve();
    },
    stderrIsTerminal: terminal,
    env: () => term,
  }, "Sending");
  for (const doneBytes of steps) onProgress({ doneBytes, totalBytes: total });
  await end();
  return text;
}

Deno.test("progress: a long transfer tells its percents in one line and takes it away", async () => {
  const clear = "\r\x1b[K";
  assertEquals(
    await written([0, 500_000, 500_001, 1_000_000]),
    `${clear}Sending: 0 %, 0 B of 1.0 MB${clear}Sending: 50 %, 500 kB of 1.0 MB` +
      `${clear}Sending: 100 %, 1.0 MB of 1.0 MB${clear}`,
  );
});

Deno.test("progress: nothing for a short transfer, a file, or a dumb terminal", async () => {
  assertEquals(await written([0, 100_000], { total: 100_000 }), "");
  assertEquals(await written([0, 1_000_000], { terminal: false }), "");
  assertEquals(await written([0, 1_000_000], { term: "dumb" }), "");
});
