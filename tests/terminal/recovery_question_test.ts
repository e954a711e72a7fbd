/** The recovery code is shown, and asked back until it was typed from the paper. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InterruptedError } from "../../client/terminal/prompter.ts";
import { askToKeepCode } from "../../client/terminal/recovery_question.ts";
import { formatRecoveryCode } from "../../crypto/recovery_code.ts";
import { promptAnswering } from "./fake_prompter.ts";

const CODE = formatRecoveryCode(Uint8Array.from({ length: 20 }, (_, at) => at * 7));

async function kept(answers: (string | null)[], width = 80) {
  const lines: string[] = [];
  const prompter = promptAnswering(answers);
  await askToKeepCode({
    prompter,
    width,
    tell: (line) => {
      lines.push(line);
      return Promise.resolve();
    },
  })(CODE);
  return { lines, text: lines.join("\n") };
}

Deno.test("recovery code: any spelling of it is taken", async () => {
  for (const typed of [CODE, CODE.toLowerCase(), CODE.replaceAll("-", " "), ` ${CODE} `]) {
    assertEquals((await kept([typed])).lines.filter((line) => line.includes(CODE)).length, 1);
  }
});

Deno.test("recovery code: another code and half of one are not taken, Enter shows it again", async () => {
  const other = formatRecoveryCode(new Uint8Array(20));
  const { text } = await kept([other, CODE.slice(0, 19), "", CODE]);
  assertEquals(text.split("This is not the code.").length, 3);
  assertEquals(text.split(CODE).length, 3);
});

Deno.test("recovery code: whoever leaves has not kept it", async () => {
  await assertRejects(() => kept([null]), InterruptedError);
  await assertRejects(() => kept(["", CODE.slice(1), null]), InterruptedError);
});

Deno.test("recovery code: in a narrow terminal no group is torn", async () => {
  const { lines, text } = await kept([CODE], 40);
  assertStringIncludes(text, `  ${CODE.slice(0, 19)}\n`);
  const groups = lines.filter((line) => line.startsWith("  ")).join("-").replaceAll(" ", "");
  assertEquals(groups, CODE);
});
