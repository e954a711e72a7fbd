/** Mail out of the mailbox into files, and from files into it. */

import type { ExportOptions, ExportResult, ImportOptions, ImportResult } from "./types.ts";

export class Transfer {
  /**
   * Writes mail to files; see docs/transfer.md. Goes on with an export that was broken off.
   *
   * @throws {TransferError} when the output is there already, or cannot be written.
   * @throws {QueryError}
   */
  export(_options: ExportOptions): Promise<ExportResult> {
    throw new Error("not built yet");
  }

  /** Takes mail in from files. What cannot be read is among the problems. */
  import(_options: ImportOptions): Promise<ImportResult> {
    throw new Error("not built yet");
  }
}
