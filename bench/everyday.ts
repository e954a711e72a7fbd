/**
 * Everyday work on a large mailbox, each part in a process of its own, over loopback:
 * `deno task bench:everyday [MAILS]`, 100,000 unless told. Prints a line for each figure, with its aim.
 */

import type { Account } from "../client/account.ts";
import { login } from "../client/login.ts";
import { ConfigStore } from "../client/config_store.ts";
import { Mailbox } from "../client/mailbox.ts";
import { Office } from "../tools/office.ts";
import { V8_FLAGS } from "../tools/project.ts";
import { fillMailbox, wordAt } from "./fill.ts";

const USER = "alice";
const CHANGED_MAILS = 1000;
const SEARCH_BUDGET_MS = 240_000;
/** A word in about one of a hundred mails. */
const SEARCHED = wordAt(2000);

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "MB" | "mails";
  /** At most so much; undefined: there is no aim. */
  readonly aim?: number;
}

const megabytes = () => Math.round(Deno.memoryUsage().rss / 1e6);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** What one process does, by name. */
const TASKS: Record<string, (box: Mailbox, after: number) => Promise<Figure[]>> = {
  async anew(box) {
    const page = await timed(() => box.list({ limit: 20 }));
    return [{ name: "first page of all, no index anywhere", value: page, unit: "ms" }];
  },
  async cold(box) {
    const page = await timed(() => box.list({ limit: 20 }));
    return [{ name: "first page, new machine", value: page, unit: "ms", aim: 2000 }];
  },
  async warm(box, rssAfterLogin) {
    const page = await timed(() => box.list({ limit: 20 }));
    const again = await timed(() => box.list({ limit: 20 }));
    const query = await timed(() => box.list({ query: "from:user7 is:unread", limit: 20 }));
    const sorted = await timed(() => box.list({ sort: "title", limit: 20 }));
    return [
      { name: "first page after login, warm cache", value: page, unit: "ms", aim: 50 },
      { name: "the same page again", value: again, unit: "ms" },
      { name: "from:user7 is:unread, first 20", value: query, unit: "ms" },
      { name: "all by title, first 20", value: sorted, unit: "ms" },
      { name: "client RSS right after login", value: rssAfterLogin, unit: "MB" },
      { name: "client RSS after these", value: megabytes(), unit: "MB", aim: 150 },
    ];
  },
  async mark(box) {
    await box.index.sync();
    const indices = box.index.indexes().slice(0, CHANGED_MAILS);
    const flag = await timed(() => box.mails.mark({ indices }, { add: ["flagged"] }));
    return [{ name: `${CHANGED_MAILS} flag changes in one go`, value: flag, unit: "ms", aim: 300 }];
  },
  async index(box) {
    await box.list({ limit: 20 });
    let covered = 0;
    const spent = await timed(async () => {
      ({ covered } = await box.search.index({ budgetMs: SEARCH_BUDGET_MS }));
    });
    return [
      { name: "mails in the search index", value: covered, unit: "mails" },
      { name: "making it", value: spent, unit: "ms" },
    ];
  },
  async search(box) {
    await box.list({ limit: 20 });
    const query = `in:anywhere ${SEARCHED}`;
    const first = await timed(() => box.list({ query, limit: 20 }));
    const again = await timed(() => box.list({ query, limit: 20 }));
    return [
      { name: "search, first after the start", value: first, unit: "ms", aim: 100 },
      { name: "search again", value: again, unit: "ms", aim: 100 },
      { name: "client RSS after searching", value: megabytes(), unit: "MB" },
    ];
  },
};

function openAccount(address: string, config: string, password: string): Promise<Account> {
  const [host, port] = address.split(":");
  return login({
    address: { host: host!, port: Number(port) },
    ...{ user: USER, password, config: new ConfigStore(config) },
    confirmServer: () => Promise.resolve(true),
  });
}

/** The part of a process that was started for one task. */
async function runTask([task, address, config, password]: string[]): Promise<void> {
  const box = new Mailbox(await openAccount(address!, config!, password!));
  try {
    console.log(JSON.stringify(await TASKS[task!]!(box, megabytes())));
  } finally {
    await box.close();
  }
}

async function inProcess(task: string, office: Office, config: string): Promise<Figure[]> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", V8_FLAGS, "--no-prompt", "-P=test", import.meta.filename!, "--task", task],
      ...[office.address, config, office.password(USER)],
    ],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${task} has failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function show(figures: readonly Figure[]): void {
  for (const { name, value, unit, aim } of figures) {
    const verdict = aim === undefined ? "" : ` (aim ${aim}: ${value <= aim ? "met" : "missed"})`;
    console.log(`${name.padEnd(40)} ${Math.round(value).toLocaleString("en")} ${unit}${verdict}`);
  }
}

async function main(count: number): Promise<void> {
  const office = await Office.open();
  try {
    await office.join(USER);
    const config = office.configFolder(USER);
    const account = await openAccount(office.address, config, office.password(USER));
    const { realm, keys: { bundleKey } } = account;
    await account.close();
    await office.stopServer();
    const fill = { data: office.data, user: USER, realm, bundleKey, count };
    const ms = await timed(() => fillMailbox(fill));
    console.log(`${count.toLocaleString("en")} mails laid down in ${Math.round(ms / 1000)} s`);
    await office.startServer();
    const [first, second] = [`${office.folder}/first`, `${office.folder}/second`];
    show(await inProcess("anew", office, first));
    for (const task of ["cold", "warm", "warm", "mark", "index", "search"]) {
      show(await inProcess(task, office, second));
    }
  } finally {
    await office.close();
  }
}

if (Deno.args[0] === "--task") await runTask(Deno.args.slice(1));
else await main(Number(Deno.args[0] ?? 100_000));
