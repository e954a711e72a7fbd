/** The mbox file that an export is written to, from its end on. */

import type { ExportSink } from "../export_sink.ts";
import { TransferError } from "../transfer_error.ts";
import type { MailToWrite } from "../types.ts";
import { mboxText } from "./writer.ts";

/** Small mails are written together, in bytes. */
const BUFFER_BYTES = 1 << 20;

export class MboxSink implements ExportSink {
  readonly #file: Deno.FsFile;
  #length: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isOpen = true;

  private constructor(file: Deno.FsFile, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Makes the file. @throws {Deno.errors.AlreadyExists} */
  static async create(path: string): Promise<MboxSink> {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    return new MboxSink(file, 0);
  }

  /**
   * Goes on after so many bytes: what stands behind them was not written to its end.
   *
   * @throws {TransferError} `output_changed` when the file is shorter.
   */
  static async reopen(path: string, length: number): Promise<MboxSink> {
    const file = await Deno.open(path, { write: true });
    try {
      if ((await file.stat()).size < length) {
        throw new TransferError("output_changed", `"${path}" has become shorter.`, {
          hint: "Remove it and the file beside it that ends with .mailsec-export; export again.",
        });
      }
      await file.truncate(length);
      await file.seek(length, Deno.SeekMode.Start);
      return new MboxSink(file, length);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async add(mail: MailToWrite): Promise<void> {
    const text = mboxText(mail);
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    if (this.#waitingBytes >= BUFFER_BYTES) await this.#write();
  }

  async settle(): Promise<number> {
    await this.#write();
    await this.#file.sync();
    return this.#length;
  }

  close(): Promise<void> {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
    return Promise.resolve();
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const text of waiting) {
      for (let at = 0; at < text.length;) at += await this.#file.write(text.subarray(at));
      this.#length += text.length;
    }
  }
}
