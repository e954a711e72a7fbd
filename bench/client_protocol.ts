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
  | { do: "close" };

/** What a task took: the whole, and each of its parts. */
export interface Timing {
  ms: number;
  eachMs: number[];
  /** What a list found. */
  found: number;
}

export interface ClientOptions {
  server: string;
  user: string;
  password: string;
  config: string;
}
