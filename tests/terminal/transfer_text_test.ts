import { assertEquals } from "@std/assert";
import { transferLine, transferText } from "../../client/terminal/transfer_progress.ts";
import { exportLines, importLines, problemLine } from "../../client/terminal/transfer_text.ts";
import type { TransferProblem, TransferProgress } from "../../client/transfer/types.ts";

const NONE = { doneMails: 0, doneBytes: 0, totalMails: null, totalBytes: null };

function problem(place: Partial<TransferProblem["place"]>, reason: string): TransferProblem {
  return { kind: "problem", place: { file: "x", mail: null, offset: null, ...place }, reason };
}

Deno.test("transfer: progress says how many, how fast, and how long still", () => {
  const table: [Partial<TransferProgress>, number, number, string][] = [
    [{}, 0, 0, "0 mails, 0 B"],
    [{ doneMails: 1200, doneBytes: 12e6 }, 0, 3000, "1,200 mails, 12 MB, 400 mails/s"],
    [
      { doneMails: 1200, doneBytes: 12e6, totalMails: 5000 },
      ...[0, 4000] as const,
      "1,200 of 5,000 mails, 12 MB, 300 mails/s, 13 s left",
    ],
    [
      { doneMails: 1200, doneBytes: 1e6, totalMails: 5000 },
      ...[1100, 10_000] as const,
      "1,200 of 5,000 mails, 1.0 MB, 10 mails/s, 6 min left",
    ],
    [
      { doneMails: 10, doneBytes: 1e6, totalBytes: 1e9 },
      ...[0, 10_000] as const,
      "10 mails, 1.0 MB, 1 mails/s, 2 h 47 min left",
    ],
    [{ doneMails: 9, totalMails: 9 }, 0, 1000, "9 of 9 mails, 0 B, 9 mails/s"],
  ];
  for (const [progress, before, elapsed, text] of table) {
    assertEquals(transferText({ ...NONE, ...progress }, { doneMails: before }, elapsed), text);
  }
});

Deno.test("transfer: the progress line is for terminals, and does not flicker", async () => {
  for (const [stderrIsTerminal, expected] of [[false, 0], [true, 3]] as const) {
    let now = 0;
    const written: string[] = [];
    const line = transferLine(
      {
        stderrIsTerminal,
        stderr: (text) => Promise.resolve(void written.push(text)),
        env: () => undefined,
      },
      "Importing",
      () => now,
    );
    for (now = 0; now < 1000; now += 100) line.onProgress(NONE);
    await line.end();
    assertEquals(written.length, expected);
  }
});

Deno.test("transfer: a problem names file, mail and byte, whatever the file is called", () => {
  assertEquals(problemLine(problem({}, "it is empty")), "x: it is empty");
  assertEquals(
    problemLine(problem({ file: "a\x1b[2J\nb", mail: 17, offset: 40_211 }, "it is cut")),
    "a␛[2J␊b, mail 17 (byte 40211): it is cut",
  );
});

Deno.test("transfer: what was imported is told in a line, problems one by one", () => {
  const result = { imported: 1200, duplicates: 300, newFolders: [], interrupted: false };
  const problems = [problem({}, "one"), problem({}, "two")];
  assertEquals(importLines({ ...result, problems }, { dryRun: false }), [
    "1,200 mails imported, 300 were there already",
    "2 could not be read:",
    "  x: one",
    "  x: two",
  ]);
  assertEquals(
    importLines(
      { ...result, imported: 1, newFolders: ["Old", "a\x07"], problems: [], interrupted: true },
      { dryRun: true },
    ),
    [
      "1 mail would be imported, 300 were there already",
      "New folders needed: Old, a␇",
      "Not finished: the same command goes on; it skips what is there.",
    ],
  );
  const many = Array.from({ length: 1101 }, (_, i) => problem({}, String(i)));
  const lines = importLines({ ...result, problems: many }, { dryRun: false });
  assertEquals(lines.length, 103);
  assertEquals(lines.at(-1), "  … and 1,001 more; --json tells all.");
});

Deno.test("transfer: what was exported is told in a line", () => {
  const result = { exported: 200, before: 64, problems: [], interrupted: true };
  assertEquals(exportLines(result, "mail\x1b.mbox"), [
    "200 mails exported to mail␛.mbox (64 of them before)",
    "Not finished: the same command goes on.",
  ]);
});
