import { assertEquals } from "@std/assert";
import { commandsPage, committedPage } from "../../tools/commands_doc.ts";

Deno.test("docs: the page of commands is what the command table says", async () => {
  assertEquals(await committedPage(), await commandsPage());
});
