/** What the benchmark asks of its client processes: a line of JSON each way. */

export type Task =
  /** Seals mails of `bytes` each and keeps them. */
  | { do: "seal"; to: string[]; count: number; bytes: number }
  /** Delivers all that were sealed, `inFlight` at a time. */
  | { do: "deliver"; inFlight: number }
  /** Fills the own mailbox with that many mails, and writes the entries of mails seen before. */
  | { do: "fill"; count: number }
  /** Sends mails from beginning to end, `inFlight` at a time. */
  | { do: "send"; to: string[]; count: number; bytes: number; inFlight: number }
  /** Lists the newest mails, so many times; 0 for all of them. */
  | { do: "list"; limit: number; times: number }
  /** Reads a mail, so many times. */
  | { do: "read"; index: number; times: number }
  /** Logs in on further connections, one after another. */
  | { do: "login"; times: number }
  /** How long Argon2id takes in this process. */
  | { do: "argon2"; times: number }
  /** Opens the key log as a login does; `fresh` on a device that has no copy yet. */
  | { do: "open_log"; fresh: boolean; times: number }
  /** Reads all entries of the copy of the key log. */
  | { do: "read_log"; times: number }
  | { do: "close" };

/** What a task took: the whole, and each of its parts. */
export interface Timing {
  ms: number;
  eachMs: number[];
  /** What a list found, or how many entries the key log has. */
  found: number;
}

export interface ClientOptions {
  server: string;
  user: string;
  password: string;
  config: string;
}
