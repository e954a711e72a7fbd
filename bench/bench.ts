/**
 * `deno task bench [--json FILE] [--only NAME]`: measures the real program (the executable in
 * MAILSEC_EXE, else this source): a server and client processes of their own, over loopback, every
 * acknowledgement durable. Prints a table; `--json` writes the figures with the machine, the
 * versions and the commit. `--only` measures only what a name contains.
 */
import { parseArgs } from "@std/cli/parse-args";
import { withOffice } from "../server/admin/office.ts";
import type { NewLogEntry } from "../server/vault/new_log_entry.ts";
import { runToEnd } from "../tools/child.ts";
import { mailsecCommand, Office } from "../tools/office.ts";
import { ClientProcess } from "./client_process.ts";
import { circumstances } from "./machine.ts";
import { type Figures, median, METRICS, percentile, rounded, table } from "./metrics.ts";

const USERS = ["ada", "ben", "cleo", "dora", "emil"];
const KB = 1000;
const MB = 1_000_000;
const PIPELINED_EACH = 800;
const SERIAL_EACH = 300;
const LARGE_MAILBOX = 10_000;
const LARGE_LOG = 10_000;
const PAGE = 50;

type Measure = (office: Office) => Promise<Figures>;

function startClient(office: Office, user: string): Promise<ClientProcess> {
  return ClientProcess.start({
    ...{ server: office.address, user, password: office.password(user) },
    config: office.configFolder(user),
  });
}

/**
 * Starts a client a user, hands them to `use`, and closes them. They log in one after another: the
 * server allows an address only so many handshakes at once.
 */
async function withClients<T>(
  office: Office,
  users: string[],
  use: (clients: ClientProcess[]) => Promise<T>,
): Promise<T> {
  const clients: ClientProcess[] = [];
  try {
    for (const user of users) clients.push(await startClient(office, user));
    return await use(clients);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** Each user's mails go to the next one and, as always, to the sender. */
async function delivered(office: Office, each: number, inFlight: number): Promise<number> {
  return await withClients(office, USERS, async (clients) => {
    await Promise.all(clients.map((client, i) => {
      const to = [USERS[(i + 1) % USERS.length]!];
      return client.run({ do: "seal", to, count: each, bytes: KB });
    }));
    const started = performance.now();
    await Promise.all(clients.map((client) => client.run({ do: "deliver", inFlight })));
    return each * clients.length / ((performance.now() - started) / 1000);
  });
}

const measures: Record<string, Measure> = {
  async version_ms() {
    const command = [...mailsecCommand(), "--version"];
    const times: number[] = [];
    for (let i = 0; i < 21; i++) {
      const started = performance.now();
      await runToEnd(command);
      times.push(performance.now() - started);
    }
    return { version_ms: median(times) };
  },

  async serve_ready_ms(office) {
    const times: number[] = [];
    for (let i = 0; i < 7; i++) {
      await office.stopServer();
      const started = performance.now();
      await office.startServer();
      times.push(performance.now() - started);
    }
    return { serve_ready_ms: median(times) };
  },

  async delivered_1kb_pipelined_per_s(office) {
    return { delivered_1kb_pipelined_per_s: await delivered(office, PIPELINED_EACH, 8) };
  },

  async delivered_1kb_serial_per_s(office) {
    return { delivered_1kb_serial_per_s: await delivered(office, SERIAL_EACH, 1) };
  },

  async server_rss_5_connections_mb(office) {
    return await withClients(office, USERS, async () => {
      const { stdout } = await runToEnd(["ps", "-o", "rss=", "-p", String(office.server!.pid)]);
      return { server_rss_5_connections_mb: Number(stdout) * 1024 / 1e6 };
    });
  },

  async send_1kb_p50_ms(office) {
    return await withClients(office, ["ada"], async ([ada]) => {
      await ada!.run({ do: "seal", to: ["ben"], count: 500, bytes: KB });
      const { eachMs } = await ada!.run({ do: "deliver", inFlight: 1 });
      const times = eachMs.slice(50);
      return { send_1kb_p50_ms: median(times), send_1kb_p99_ms: percentile(times, 99) };
    });
  },

  /** New users: their mailboxes hold what this sends and nothing else. */
  async intake_per_s(office) {
    const users = ["fay", "gus"];
    await Promise.all(users.map((user) => office.join(user)));
    return await withClients(office, users, async ([fay, gus]) => {
      const count = 300;
      const sent = await fay!.run({ do: "send", to: ["gus"], count, bytes: KB, inFlight: 4 });
      const taken = await gus!.run({ do: "list", limit: 0, times: 1 });
      if (taken.found !== count) throw new Error(`${taken.found} of ${count} mails arrived`);
      return {
        live_send_1kb_per_s: count / (sent.ms / 1000),
        intake_per_s: count / (taken.ms / 1000),
      };
    });
  },

  async send_1mb_ms(office) {
    const users = ["hal", "ida"];
    await Promise.all(users.map((user) => office.join(user)));
    return await withClients(office, users, async ([hal, ida]) => {
      const sent = await hal!.run({ do: "send", to: ["ida"], count: 12, bytes: MB, inFlight: 1 });
      await ida!.run({ do: "list", limit: 0, times: 1 });
      const read = await ida!.run({ do: "read", index: 5, times: 12 });
      return {
        send_1mb_ms: median(sent.eachMs.slice(2)),
        read_1mb_ms: median(read.eachMs.slice(2)),
      };
    });
  },

  async login_ms(office) {
    return await withClients(office, ["cleo"], async ([cleo]) => {
      const { eachMs } = await cleo!.run({ do: "login", times: 9 });
      const argon2 = await cleo!.run({ do: "argon2", times: 9 });
      const login = median(eachMs);
      return { login_ms: login, login_without_argon2_ms: login - median(argon2.eachMs) };
    });
  },

  async list_first_page_10k_ms(office) {
    const users = ["jon", "kim"];
    await Promise.all(users.map((user) => office.join(user)));
    return await withClients(office, users, async ([jon, kim]) => {
      await kim!.run({ do: "fill", count: LARGE_MAILBOX - PAGE });
      await jon!.run({ do: "send", to: ["kim"], count: PAGE, bytes: KB, inFlight: 4 });
      await kim!.run({ do: "list", limit: PAGE, times: 1 });
      const { eachMs, found } = await kim!.run({ do: "list", limit: PAGE, times: 15 });
      if (found !== PAGE) throw new Error(`a page of ${found}`);
      return { list_first_page_10k_ms: median(eachMs) };
    });
  },

  /** Entries of users who never were: what a client does with them is the same. */
  async log_sync_10k_ms(office) {
    await office.join("lou");
    await fillKeyLog(office, LARGE_LOG);
    return await withClients(office, ["lou"], async ([lou]) => {
      const first = await lou!.run({ do: "open_log", fresh: true, times: 5 });
      if (first.found <= LARGE_LOG) throw new Error(`a log of ${first.found}`);
      const later = await lou!.run({ do: "open_log", fresh: false, times: 15 });
      const read = await lou!.run({ do: "read_log", times: 7 });
      return {
        log_first_sync_10k_ms: median(first.eachMs),
        log_at_login_10k_ms: median(later.eachMs),
        log_read_10k_ms: median(read.eachMs),
      };
    });
  },
};

/** Appends to the key log of an office, beside its server. */
async function fillKeyLog(office: Office, count: number): Promise<void> {
  await withOffice(office.data, async ({ keyLog, store }) => {
    const entries = Array.from({ length: count }, (_, i): NewLogEntry => ({
      ...{ type: "first", user: `user-${i}`, isKept: false },
      record: crypto.getRandomValues(new Uint8Array(32)),
    }));
    await keyLog.append(
      entries,
      async (log) => await store.appendLog(log) ? "appended" : "log_conflict",
    );
  });
}

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, { string: ["json", "only"] });
  const figures: Figures = {};
  const office = await Office.open();
  try {
    // One after another: five handshakes at once from one address are what the server slows down.
    for (const user of USERS) await office.join(user);
    for (const [name, measure] of Object.entries(measures)) {
      if (args.only !== undefined && !name.includes(args.only)) continue;
      console.error(`… ${name}`);
      Object.assign(figures, await measure(office));
    }
  } finally {
    await office.close();
  }
  console.log(table(figures));
  if (args.json === undefined) return;
  const metrics = Object.fromEntries(
    METRICS.filter(({ name }) => name in figures).map((
      { name },
    ) => [name, rounded(figures[name]!)]),
  );
  const report = { ...await circumstances(), metrics };
  await Deno.writeTextFile(args.json, JSON.stringify(report, null, 2) + "\n");
}

if (import.meta.main) await main();
