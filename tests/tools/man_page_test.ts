import { assert, assertEquals } from "@std/assert";
import { loadProgram } from "../../main.ts";
import { committedManPage, manPage } from "../../tools/man_page.ts";

Deno.test("man page: docs/mailsec.1 is what the command table says", async () => {
  assertEquals(await committedManPage(), await manPage(), "run: deno task docs");
});

Deno.test("man page: every command is in it, and no line is taken for a request", async () => {
  const lines = (await manPage()).split("\n");
  const known = /^\.(\\"|TH|SH|SS|PP|TP|B|nf|fi|RS|RE)( |$)/;
  for (const line of lines) {
    assert(!/^[.']/.test(line) || known.test(line), line);
  }
  for (const { name } of (await loadProgram()).commands) {
    assert(
      lines.some((line) => line.startsWith(`.SS mailsec ${name.replaceAll("-", "\\-")}`)),
      name,
    );
  }
});
