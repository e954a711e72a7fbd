/**
 * Importing: mails stream out of the files, those that are in the mailbox already are left out by
 * their content, and the others are sealed and sent, several at once. There is nothing to remember
 * about an import that was broken off: what it has done is in the mailbox.
 */

import { contentHash } from "../../crypto/envelope_content.ts";
import { contentHashOf } from "../index/mail_row.ts";
import { inOrderBounded } from "./bounded.ts";
import { ImportFolders } from "./import_folders.ts";
import { type ImportTarget, MailRefused } from "./import_target.ts";
import { amountOf, readPath } from "./sources.ts";
import type { ImportOptions, ImportResult, MailRead, TransferProblem } from "./types.ts";

/** Mails sealed and sent at once, and their bytes together (a greater one goes alone). */
const MAILS_AT_ONCE = 8;
const MAX_BYTES_UNDER_WAY = 8 * 1024 * 1024;

/** What is to be done with something that was read. */
type Decided =
  | { readonly kind: "add"; readonly read: MailRead }
  | { readonly kind: "duplicate"; readonly bytes: number }
  | TransferProblem;

/** What was done. */
type Outcome = { readonly kind: "added" | "duplicate"; readonly bytes: number } | TransferProblem;

export class Importer {
  readonly #target: ImportTarget;
  readonly #options: ImportOptions;
  readonly #folders: ImportFolders;
  /** Contents of the mails of this run. */
  readonly #run = new Set<string>();
  /** Contents of this run that were met again, by the id of the folder where they were. */
  readonly #also = new Map<string, Set<string>>();

  constructor(target: ImportTarget, options: ImportOptions) {
    this.#target = target;
    this.#options = options;
    this.#folders = new ImportFolders(target, options);
  }

  async run(): Promise<ImportResult> {
    const { signal, onProgress = () => {}, onProblem = () => {} } = this.#options;
    const problems: TransferProblem[] = [];
    const report = (problem: TransferProblem) => {
      problems.push(problem);
      onProblem(problem);
    };
    let [imported, duplicates, doneBytes] = [0, 0, 0];
    const amount = await amountOf(this.#options.paths);
    const outcomes = inOrderBounded(this.#decided(), (item) => this.#do(item), {
      atOnce: MAILS_AT_ONCE,
      maxWeight: MAX_BYTES_UNDER_WAY,
      weightOf: (item) => item.kind === "add" ? item.read.bytes.length : 0,
    });
    for await (const outcome of outcomes) {
      if (outcome.kind === "problem") report(outcome);
      else doneBytes += outcome.bytes;
      if (outcome.kind === "added") imported++;
      if (outcome.kind === "duplicate") duplicates++;
      const doneMails = imported + duplicates + problems.length;
      onProgress({ doneMails, doneBytes, ...amount });
    }
    await this.#putAlso();
    this.#folders.problems.forEach(report);
    const newFolders = this.#folders.made;
    const interrupted = signal?.aborted ?? false;
    return { imported, duplicates, problems, newFolders, interrupted };
  }

  /** What is in the files, in order, and what is to be done with each. */
  async *#decided(): AsyncGenerator<Decided, void, void> {
    const { maxMailBytes } = this.#target;
    for (const path of this.#options.paths) {
      for await (const read of readPath(path, { maxMailBytes })) {
        if (this.#options.signal?.aborted) return;
        yield read.kind === "problem" ? read : await this.#decide(read);
      }
    }
  }

  async #decide(read: MailRead): Promise<Decided> {
    const hash = contentHashOf(await contentHash(read.bytes));
    const duplicate: Decided = { kind: "duplicate", bytes: read.bytes.length };
    if (this.#run.has(hash)) {
      await this.#meetAgain(hash, read);
      return duplicate;
    }
    if (this.#target.has(hash)) return duplicate;
    this.#run.add(hash);
    return { kind: "add", read };
  }

  /** A mail of this run that lies in another folder as well: it belongs to both. */
  async #meetAgain(hash: string, read: MailRead): Promise<void> {
    for (const { id } of await this.#folders.of(read)) {
      const hashes = this.#also.get(id) ?? new Set();
      this.#also.set(id, hashes.add(hash));
    }
  }

  async #do(item: Decided): Promise<Outcome> {
    if (item.kind !== "add") return item;
    const { read } = item;
    const { bytes, statedDate, fallbackDate, flags, place } = read;
    const [home, ...others] = await this.#folders.of(read);
    if (this.#options.dryRun) return { kind: "added", bytes: bytes.length };
    const folders = [home.id, ...others.map(({ id }) => id)] as const;
    try {
      await this.#target.add({ ...{ bytes, statedDate, fallbackDate, flags, folders } });
      return { kind: "added", bytes: bytes.length };
    } catch (error) {
      if (!(error instanceof MailRefused)) throw error;
      return { kind: "problem", place, reason: error.reason };
    }
  }

  async #putAlso(): Promise<void> {
    if (this.#options.dryRun) return;
    for (const [folder, hashes] of this.#also) await this.#target.putAlso(hashes, folder);
  }
}
