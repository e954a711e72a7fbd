import { assertEquals, assertStringIncludes } from "@std/assert";
import { Hook } from "../../../client/live/hook.ts";

async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

const mail = (index: number, title: string) => ({
  ...{ id: "ab".repeat(16), index, from: "bob", title },
  json: JSON.stringify({ title }),
});

Deno.test("hook: gets the mail in environment and input, never in the shell's text", () =>
  withFile(async (path) => {
    const problems: string[] = [];
    const command = `printf '%s|%s|' "$MAILSEC_FROM" "$MAILSEC_TITLE" >> ${path}; cat >> ${path}`;
    const hook = new Hook(command, { onProblem: (text) => problems.push(text) });
    hook.run(mail(1, "$(touch /tmp/x); `id`\n\x1b[2J"));
    hook.run(mail(2, "second"));
    await hook.settled();
    const [first, second] = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assertStringIncludes(first!, "bob|$(touch /tmp/x); `id`");
    assertEquals(first!.includes("\x1b"), false);
    assertEquals(second, 'bob|second|{"title":"second"}');
    assertEquals(problems, []);
  }));

Deno.test("hook: one that fails, hangs or reads nothing is told about, and the next one runs", () =>
  withFile(async (path) => {
    const problems: string[] = [];
    const command = `echo $MAILSEC_INDEX >> ${path}; [ $MAILSEC_INDEX = 1 ] && exit 3; ` +
      `[ $MAILSEC_INDEX = 2 ] && exec sleep 60; true`;
    const options = { onProblem: (text: string) => void problems.push(text), timeLimitMs: 300 };
    const hook = new Hook(command, options);
    for (const index of [1, 2, 3]) hook.run(mail(index, "x".repeat(100_000)));
    await hook.settled();
    assertEquals(await Deno.readTextFile(path), "1\n2\n3\n");
    assertEquals(problems.length, 2);
    assertStringIncludes(problems[0]!, "code 3");
    assertStringIncludes(problems[1]!, "too long");
  }));

Deno.test("hook: however many mails there are, each gets its turn", () =>
  withFile(async (path) => {
    const problems: string[] = [];
    const hook = new Hook(`echo $MAILSEC_INDEX >> ${path}`, {
      onProblem: (text) => problems.push(text),
    });
    for (let index = 1; index <= 105; index++) await hook.run(mail(index, ""));
    await hook.settled();
    const told = (await Deno.readTextFile(path)).trimEnd().split("\n").map(Number);
    assertEquals(told, Array.from({ length: 105 }, (_, i) => i + 1));
    assertEquals(problems, []);
  }));

Deno.test("hook: mails do not pile up, and what waits at the end is not run", () =>
  withFile(async (path) => {
    const hook = new Hook(`echo x >> ${path}; exec sleep 60`, { onProblem: () => {} });
    const waits: Promise<void>[] = [];
    for (let index = 1; index <= 102; index++) waits.push(hook.run(mail(index, "")));
    const isFree = (wait: Promise<void>) =>
      Promise.race([wait.then(() => true), Promise.resolve().then(() => Promise.resolve(false))]);
    assertEquals([await isFree(waits[99]!), await isFree(waits[100]!)], [true, false]);
    await hook.stop();
    await Promise.all(waits);
    assertEquals((await Deno.readTextFile(path)).length <= 2, true);
  }));
