/**
 * The file beside an unfinished export, `OUTPUT.mailsec-export`: what is to be exported, and how
 * far it is. It is locked while an export runs and removed when it is finished; while it is there
 * the same command goes on with the export, and any other is refused.
 *
 * Lines: a JSON object that says what is exported; the mailbox's number of each mail, with its twin
 * number when that is not 1; then, as the export goes on, JSON objects with how far it is or with what could not be
 * exported. The last line may be cut off by a crash: it does not count then.
 */

import type { TransferFormat, TransferProblem } from "./types.ts";
import { TransferError } from "./transfer_error.ts";

/** What makes two exports the same one. */
export interface ExportIdentity {
  readonly format: TransferFormat;
  /** Which account of which server. */
  readonly account: string;
  readonly query: string | null;
}

export interface PlannedMail {
  /** The mailbox's number of the mail, which never changes. */
  readonly index: number;
  readonly twin: number;
}

/** What an earlier run has done. */
interface Done {
  readonly mails: number;
  /** Length of the output, when that is a file. */
  readonly bytes: number;
  /** Mails that are in the output: the others are among the problems. */
  readonly written: number;
}

const VERSION = 1;
const SUFFIX = ".mailsec-export";

export class ExportState {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #isOpen = true;
  readonly plan: readonly PlannedMail[];
  /** At the time of opening; null: the output is not made yet. */
  readonly done: Done | null;
  readonly problems: readonly TransferProblem[];

  private constructor(
    path: string,
    file: Deno.FsFile,
    content: Pick<ExportState, "plan" | "done" | "problems">,
  ) {
    this.path = path;
    this.#file = file;
    this.plan = content.plan;
    this.done = content.done;
    this.problems = content.problems;
  }

  static pathFor(output: string): string {
    return `${output}${SUFFIX}`;
  }

  /**
   * Begins an export.
   *
   * @throws {Deno.errors.AlreadyExists} when one is begun there already.
   */
  static async begin(
    output: string,
    identity: ExportIdentity,
    { plan, problems }: Pick<ExportState, "plan" | "problems">,
  ): Promise<ExportState> {
    const path = ExportState.pathFor(output);
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    try {
      await file.lock(true);
      const state = new ExportState(path, file, { plan, done: null, problems });
      const head = JSON.stringify({ mailsecExport: VERSION, ...identity, mails: plan.length });
      const mails = plan.map(({ index, twin }) => twin === 1 ? `${index}\n` : `${index} ${twin}\n`);
      const found = problems.map((problem) => `${JSON.stringify(problem)}\n`);
      await state.#append(`${head}\n${mails.join("")}${found.join("")}`);
      return state;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Opens the state of an export that was broken off; null when that broke off before anything
   * was written (the file is removed then).
   *
   * @throws {TransferError} when it is another export, runs right now, or is damaged.
   * @throws {Deno.errors.NotFound}
   */
  static async resume(output: string, identity: ExportIdentity): Promise<ExportState | null> {
    const path = ExportState.pathFor(output);
    const file = await Deno.open(path, { read: true, write: true });
    try {
      if (!await file.tryLock(true)) throw busy(output);
      const lines = (await new Response(nonClosing(file)).text()).split("\n");
      // What stands behind the last line feed was not written to its end.
      const cut = lines.pop()!;
      const count = checkedHead(lines[0] ?? "", output, identity);
      if (count === null || lines.length < count + 1) {
        await Deno.remove(path);
        file.close();
        return null;
      }
      const state = new ExportState(path, file, {
        plan: lines.slice(1, count + 1).map(plannedMail),
        ...notes(lines.slice(count + 1)),
      });
      const end = (await file.seek(0, Deno.SeekMode.End)) - new TextEncoder().encode(cut).length;
      await file.truncate(end);
      await file.seek(end, Deno.SeekMode.Start);
      return state;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Notes that so much is in the output, durably. */
  async advance(done: Done, problems: readonly TransferProblem[]): Promise<void> {
    const lines = [...problems, { done }].map((note) => `${JSON.stringify(note)}\n`);
    await this.#append(lines.join(""));
  }

  /** The export is complete. */
  async finish(): Promise<void> {
    await Deno.remove(this.path);
    this.close();
  }

  /** Leaves the file for another run. */
  close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }

  async #append(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#file.write(bytes.subarray(at));
    await this.#file.sync();
  }
}

/** A stream of a file that stays open at its end. */
function nonClosing(file: Deno.FsFile): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(64 * 1024);
      const length = await file.read(chunk);
      if (length === null) controller.close();
      else controller.enqueue(chunk.subarray(0, length));
    },
  });
}

/** How many mails the export has; null when the first line was not written to its end. */
function checkedHead(line: string, output: string, identity: ExportIdentity): number | null {
  if (line === "") return null;
  const head = jsonObject(line);
  if (head?.mailsecExport !== VERSION || typeof head.mails !== "number") {
    throw new TransferError("output_changed", `"${ExportState.pathFor(output)}" is damaged.`, {
      hint: "Remove it and what was exported, and export again.",
    });
  }
  const { format, account, query } = identity;
  if (head.format === format && head.account === account && head.query === query) {
    return head.mails;
  }
  throw new TransferError("output_exists", `Another export to "${output}" was broken off.`, {
    hint: `Give the command of that one again, or remove it and "${ExportState.pathFor(output)}".`,
  });
}

function plannedMail(line: string): PlannedMail {
  const [index, twin] = line.split(" ");
  return { index: Number(index), twin: Number(twin ?? 1) };
}

function notes(lines: readonly string[]): Pick<ExportState, "done" | "problems"> {
  let done: Done | null = null;
  const problems: TransferProblem[] = [];
  // Problems that no note has followed are found again, except those of the beginning.
  let noted = 0;
  for (const line of lines) {
    const note = jsonObject(line);
    if (note?.kind === "problem") problems.push(note as unknown as TransferProblem);
    else if (typeof note?.done === "object") {
      done = note.done as Done;
      noted = problems.length;
    }
  }
  return { done, problems: done === null ? problems : problems.slice(0, noted) };
}

function jsonObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

function busy(output: string): TransferError {
  return new TransferError("output_busy", `Another mailsec is exporting to "${output}".`, {
    hint: "Wait until it is finished.",
  });
}
