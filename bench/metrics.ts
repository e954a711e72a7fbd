/** What is measured: the names in the JSON, what each means, and what it should be. */

export interface Metric {
  name: string;
  /** The figure to reach on two cores; null where there is none. */
  aim: number | null;
  /** Whether more is better (rates) or less (times and sizes). */
  better: "more" | "less";
  meaning: string;
}

function metric(name: string, aim: number | null, meaning: string): Metric {
  return { name, aim, better: name.endsWith("_per_s") ? "more" : "less", meaning };
}

export const METRICS: Metric[] = [
  metric(
    "delivered_1kb_pipelined_per_s",
    2000,
    "5 connections, sealed in advance, 8 in flight each",
  ),
  metric("delivered_1kb_serial_per_s", 1000, "5 connections, sealed in advance, 1 in flight each"),
  metric("send_1kb_p50_ms", 2, "1 connection, sealed in advance, 1 in flight: median"),
  metric("send_1kb_p99_ms", null, "the same: 99 of 100 are faster"),
  metric("live_send_1kb_per_s", null, "1 user, 4 mails at once, sealing included"),
  metric("intake_per_s", null, "mails seen for the first time: verified, unsealed, entry written"),
  metric("send_1mb_ms", 60, "1,000,000 bytes, sealing included: median"),
  metric("read_1mb_ms", 40, "the same mail read and verified: median"),
  metric("login_ms", 350, "from no connection to an open mailbox: median"),
  metric("login_without_argon2_ms", 100, "the same without the password's Argon2id"),
  metric("list_first_page_10k_ms", 50, "50 newest of 10,000 mails, seen before: median"),
  metric("log_first_sync_10k_ms", 3000, "key log of 10,000 entries, no copy yet: median"),
  metric("log_at_login_10k_ms", 20, "the same log with a copy: what a login takes more: median"),
  metric(
    "log_read_10k_ms",
    null,
    "all entries of the copy read and hashed, once a session: median",
  ),
  metric("server_rss_5_connections_mb", 200, "memory of the server, 5 users logged in"),
  metric("serve_ready_ms", 400, "from start to listening, data there already: median"),
  metric("version_ms", 60, "mailsec --version, from start to end: median"),
];

/** The figures by name; complete when every metric has one. */
export type Figures = Record<string, number>;

/** Rounds to three significant digits, which is more than a measurement is good for. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

export function median(values: number[]): number {
  return percentile(values, 50);
}

/** The smallest value that at least `percent` of a hundred values do not exceed. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(sorted.length * percent / 100));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError("percentile: no values");
  return value;
}

/** The figures as a table for people, in the order of {@linkcode METRICS}. */
export function table(figures: Figures): string {
  const rows = METRICS.filter(({ name }) => name in figures).map((metric) => {
    const value = figures[metric.name]!;
    const { aim, better } = metric;
    const reached = aim === null || (better === "more" ? value >= aim : value <= aim);
    const verdict = aim === null ? "" : reached ? "ok" : "missed";
    return [metric.name, String(rounded(value)), String(aim ?? ""), verdict, metric.meaning];
  });
  const all = [["metric", "figure", "aim", "", "what"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...all.map((row) => row[i]!.length)));
  const pad = (cell: string, i: number) =>
    i === 1 || i === 2 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  return all.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}
