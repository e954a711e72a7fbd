/** Where an export is written to: the same for all formats. */

import type { MailKey } from "./mail_key.ts";
import type { MailToWrite } from "./types.ts";

export interface ExportSink {
  /** Writes a mail, or begins to: see `settle`. */
  add(mail: MailToWrite, key: MailKey): Promise<void>;
  /** Waits until all that was added is durable. Returns the length of the output, if it is a file. */
  settle(): Promise<number>;
  /** Lets go of files; doing it twice is harmless. */
  close(): Promise<void>;
}
