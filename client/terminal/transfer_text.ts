/** What is told after an export or an import. */

import { escapeLine } from "../../cli/escape.ts";
import type { ExportResult, ImportResult, TransferProblem } from "../transfer/types.ts";

/** Problems that are told one by one; of more there is the number, and all of them with --json. */
const MAX_TOLD = 100;

/** `old.mbox, mail 17 (byte 40211): it is larger than the server takes` */
export function problemLine({ place, reason }: TransferProblem): string {
  const mail = place.mail === null ? "" : `, mail ${place.mail} (byte ${place.offset})`;
  return escapeLine(`${place.file}${mail}: ${reason}`);
}

export function exportLines(result: ExportResult, output: string): string[] {
  const { exported, before, problems, interrupted } = result;
  const earlier = before > 0 ? ` (${count(before)} of them before)` : "";
  const lines = [`${mails(exported)} exported to ${escapeLine(output)}${earlier}`];
  lines.push(...problemLines(problems, "could not be exported"));
  if (interrupted) lines.push("Not finished: the same command goes on.");
  return lines;
}

export function importLines(result: ImportResult, { dryRun }: { dryRun: boolean }): string[] {
  const { imported, duplicates, problems, newFolders, interrupted } = result;
  const done = dryRun ? "would be imported" : "imported";
  const lines = [`${mails(imported)} ${done}, ${count(duplicates)} were there already`];
  if (newFolders.length > 0) {
    const names = newFolders.map((name) => escapeLine(name)).join(", ");
    lines.push(`New folders${dryRun ? " needed" : ""}: ${names}`);
  }
  lines.push(...problemLines(problems, "could not be read"));
  if (interrupted) lines.push("Not finished: the same command goes on; it skips what is there.");
  return lines;
}

function problemLines(problems: readonly TransferProblem[], what: string): string[] {
  if (problems.length === 0) return [];
  const lines = [`${count(problems.length)} ${what}:`];
  for (const problem of problems.slice(0, MAX_TOLD)) lines.push(`  ${problemLine(problem)}`);
  if (problems.length > MAX_TOLD) {
    lines.push(`  … and ${count(problems.length - MAX_TOLD)} more; --json tells all.`);
  }
  return lines;
}

/** A problem as scripts get it. */
export function problemJson({ place, reason }: TransferProblem): Record<string, unknown> {
  const { file, mail, offset } = place;
  return { file, ...(mail === null ? {} : { mail, offset }), reason };
}

function mails(number: number): string {
  return number === 1 ? "1 mail" : `${count(number)} mails`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}
