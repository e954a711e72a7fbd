import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CommandContext } from "../../../cli/command.ts";
import { Watching } from "../../../client/commands/watch.ts";
import { Hook } from "../../../client/live/hook.ts";
import type { MailListItem } from "../../../client/mailbox_types.ts";

type Listener = (item: MailListItem) => void;

function mailbox() {
  let told: Listener = () => {};
  const live = {
    onNewMail(listener: Listener) {
      told = listener;
      return () => {};
    },
    onConnection: () => () => {},
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  return {
    box: { live, list: () => Promise.resolve([]) },
    tell: (item: MailListItem) => told(item),
  };
}

function item(index: number, more: Partial<MailListItem>): MailListItem {
  const from = "build";
  const id = String(index).padStart(32, "0");
  const fields = { index, id, from, to: ["me"], cc: [], also: [], title: "", size: 0, flags: [] };
  const date = "2026-11-23T10:00:00.000Z";
  return { ...fields, date, warnings: [], ...more } as unknown as MailListItem;
}

function context(flags: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    options: { flag: (name: string) => flags.includes(name) },
    stdout: (text: string) => Promise.resolve(void out.push(text)),
    stderr: (text: string) => Promise.resolve(void err.push(text)),
    ...{ stdoutIsTerminal: false, columns: 80 },
  };
  return { out, err, context: context as unknown as CommandContext };
}

Deno.test("watch: a rejected mail is told of, and neither rings nor runs the command", async () => {
  const path = await Deno.makeTempFile();
  try {
    const hook = new Hook(`echo "$MAILSEC_TITLE" >> ${path}`, { onProblem: () => {} });
    const { box, tell } = mailbox();
    const { out, err, context: given } = context(["bell", "once"]);
    const watching = new Watching(given, { mailbox: box, query: null, hook });
    const ended = watching.run(new AbortController().signal);
    tell(item(1, { rejected: "the signature is wrong", title: "forged" }));
    tell(item(2, { title: "true" }));
    assertEquals(await ended, 0);
    assertStringIncludes(out[0]!, "(rejected: the signature is wrong)");
    assertStringIncludes(out[1]!, "true");
    assertEquals(err.filter((text) => text.includes("\x07")).length, 1);
    assertEquals(await Deno.readTextFile(path), "true\n");
  } finally {
    await Deno.remove(path);
  }
});
