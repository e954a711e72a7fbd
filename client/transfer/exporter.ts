/**
 * Exporting: which mails in which order is decided once and written down beside the output; then
 * they are fetched several at once, verified, and written one after the other. Broken off anywhere,
 * the same command goes on where the last durable note says (export_state.ts).
 */

import { MailsecError } from "../../crypto/errors.ts";
import { describeFileProblem } from "../../cli/secret_file.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { ConnectError, LoginError } from "../errors.ts";
import { inOrderBounded } from "./bounded.ts";
import { emlLayout } from "./eml/layout.ts";
import type { ExportSink } from "./export_sink.ts";
import { type ExportIdentity, ExportState, type PlannedMail } from "./export_state.ts";
import { type FileLayout, FileSink } from "./file_sink.ts";
import { wholeFile } from "./files.ts";
import { keyId, keyOf, type MailKey } from "./mail_key.ts";
import { maildirLayout } from "./maildir/layout.ts";
import { MboxSink } from "./mbox/sink.ts";
import { TransferError } from "./transfer_error.ts";
import type {
  ExportOptions,
  ExportResult,
  MailToWrite,
  TransferFormat,
  TransferProblem,
} from "./types.ts";

/** Mails fetched at once, and their bytes together (a single greater one is fetched alone). */
const MAILS_AT_ONCE = 8;
const MAX_BYTES_UNDER_WAY = 32 * 1024 * 1024;
/** How often it is noted how far the export is: so many mails are written twice after a crash. */
const MAILS_A_NOTE = 64;

/** A mail as it is listed, before its bytes are fetched. */
export type MailHead = Omit<MailToWrite, "bytes"> & {
  /** About how many bytes it has. */
  readonly size: number;
};

/** The mailbox as an export sees it. */
export interface ExportSource {
  /** Which account of which server. */
  readonly account: string;
  /**
   * The mailbox's numbers of the mails that a query means; without one of all but the trash.
   *
   * @returns Rejected mails apart, as problems.
   */
  select(query: string | null): Promise<{ mails: number[]; rejected: TransferProblem[] }>;
  /** Null when the mail is gone. */
  head(index: number): MailHead | null;
  /** The RFC 5322 bytes, verified. */
  raw(index: number): Promise<Bytes>;
}

/** What became of one planned mail. */
type Fetched = { mail: MailToWrite; key: MailKey } | TransferProblem;

export class Exporter {
  readonly #source: ExportSource;
  readonly #options: ExportOptions;
  readonly #output: string;

  constructor(source: ExportSource, options: ExportOptions) {
    this.#source = source;
    this.#options = options;
    this.#output = options.output.replace(/(.)\/+$/s, "$1");
  }

  /** Exports all, or what an earlier run has left. @throws {TransferError} */
  async run(): Promise<ExportResult> {
    try {
      const state = await this.#openState();
      let sink: ExportSink | null = null;
      try {
        sink = await this.#openSink(state);
        return await this.#writeAll(state, sink);
      } finally {
        await sink?.close();
        state.close();
      }
    } catch (error) {
      if (error instanceof MailsecError || !isFileProblem(error)) throw error;
      const reason = describeFileProblem(error);
      throw new TransferError("file", `Cannot write "${this.#output}": ${reason}.`, {
        hint: "What was written stays: the same command goes on.",
        cause: error,
      });
    }
  }

  async #openState(): Promise<ExportState> {
    const { format, query = null } = this.#options;
    const identity: ExportIdentity = { format, account: this.#source.account, query };
    if (await exists(ExportState.pathFor(this.#output))) {
      const state = await ExportState.resume(this.#output, identity);
      // Whoever has removed what there was of the output begins anew.
      const isGone = state !== null && state.done !== null && !await exists(this.#output);
      if (isGone) await state.finish();
      else if (state !== null) return state;
    }
    if (await exists(this.#output)) throw outputExists(this.#output);
    const { mails, rejected } = await this.#source.select(query);
    const plan = this.#ordered(mails);
    return await ExportState.begin(this.#output, identity, { plan, problems: rejected });
  }

  /** By date and content, which are the same wherever the mail was imported. */
  #ordered(mails: readonly number[]): PlannedMail[] {
    const keyed = mails.flatMap((index) => {
      const head = this.#source.head(index);
      return head === null ? [] : [{ index, ...keyOf(head.date, head.contentHash) }];
    });
    keyed.sort((a, b) => a.seconds - b.seconds || (a.contentHash < b.contentHash ? -1 : 1));
    let last = "";
    let twin = 1;
    return keyed.map((key) => {
      const id = keyId({ ...key, twin: 1 });
      twin = id === last ? twin + 1 : 1;
      last = id;
      return { index: key.index, twin };
    });
  }

  async #openSink({ plan, done }: ExportState): Promise<ExportSink> {
    const layout = LAYOUTS[this.#options.format];
    if (done === null) return await this.#createSink(layout);
    if (layout === null) return await MboxSink.reopen(this.#output, done.bytes);
    const undone = plan.slice(done.mails, done.mails + MAILS_A_NOTE).flatMap((planned) => {
      const head = this.#source.head(planned.index);
      return head === null ? [] : [{ ...keyOf(head.date, head.contentHash), twin: planned.twin }];
    });
    return await FileSink.reopen(this.#output, layout, undone);
  }

  async #createSink(layout: FileLayout | null): Promise<ExportSink> {
    try {
      return await (layout === null
        ? MboxSink.create(this.#output)
        : FileSink.create(this.#output, layout));
    } catch (error) {
      // Somebody else has made it in this moment.
      throw error instanceof Deno.errors.AlreadyExists ? outputExists(this.#output) : error;
    }
  }

  async #writeAll(state: ExportState, sink: ExportSink): Promise<ExportResult> {
    const { plan, done } = state;
    const { mails: from, written: before } = done ?? { mails: 0, written: 0 };
    const problems = [...state.problems];
    const { signal, onProgress = () => {}, onProblem = () => {} } = this.#options;
    problems.forEach(onProblem);
    let [at, written, doneBytes] = [from, before, 0];
    let unnoted: TransferProblem[] = [];
    const note = async () => {
      await state.advance({ mails: at, bytes: await sink.settle(), written }, unnoted);
      unnoted = [];
    };
    const report = () =>
      onProgress({ doneMails: at, totalMails: plan.length, doneBytes, totalBytes: null });
    report();
    if (done === null) await note();
    const fetched = inOrderBounded(rest(plan, from, signal), (mail) => this.#fetch(mail), {
      atOnce: MAILS_AT_ONCE,
      maxWeight: MAX_BYTES_UNDER_WAY,
      weightOf: ({ index }) => this.#source.head(index)?.size ?? 0,
    });
    for await (const found of fetched) {
      if ("kind" in found) {
        problems.push(found);
        unnoted.push(found);
        onProblem(found);
      } else {
        await sink.add(found.mail, found.key);
        doneBytes += found.mail.bytes.length;
        written++;
      }
      at++;
      report();
      if ((at - from) % MAILS_A_NOTE === 0) await note();
      if (signal?.aborted) break;
    }
    await note();
    const interrupted = at < plan.length;
    if (!interrupted) {
      await sink.close();
      await state.finish();
    }
    return { exported: written, before, problems, interrupted };
  }

  async #fetch({ index, twin }: PlannedMail): Promise<Fetched> {
    const head = this.#source.head(index);
    if (head === null) return problem(`mail ${index}`, "it is not in the mailbox any more");
    try {
      const bytes = await this.#source.raw(index);
      return { mail: { ...head, bytes }, key: { ...keyOf(head.date, head.contentHash), twin } };
    } catch (error) {
      if (!(error instanceof MailsecError) || endsAll(error)) throw error;
      return problem(`mail ${index}`, sentenceEnd(error.message));
    }
  }
}

const LAYOUTS: Readonly<Record<TransferFormat, FileLayout | null>> = {
  mbox: null,
  maildir: maildirLayout,
  eml: emlLayout,
};

/** What is left of a plan, until somebody wants it to end. */
function* rest(
  plan: readonly PlannedMail[],
  from: number,
  signal: AbortSignal | undefined,
): Generator<PlannedMail> {
  for (let at = from; at < plan.length && !signal?.aborted; at++) yield plan[at]!;
}

/** Whether an error is not about one mail. */
function endsAll(error: MailsecError): boolean {
  return error instanceof ConnectError || error instanceof LoginError;
}

function problem(name: string, reason: string): TransferProblem {
  return { kind: "problem", place: wholeFile(name), reason };
}

/** "The content … signed." as the end of a sentence. */
function sentenceEnd(message: string): string {
  return message.replace(/\.$/, "");
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function outputExists(output: string): TransferError {
  return new TransferError("output_exists", `There is "${output}" already; it is kept as it is.`, {
    hint: "Give another name, or move it away first.",
  });
}

/** Whether the system has refused something about a file: full, read-only, name too long… */
function isFileProblem(error: unknown): boolean {
  return error instanceof Error && (error.name in Deno.errors || /os error/.test(error.message));
}
