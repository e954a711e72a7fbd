/**
 * The worker that has keys and disk: may read and write the data folder, and nothing else. Typed
 * calls come in over the ports of session workers; no byte of a stranger does.
 */

import { systemClock } from "./clock.ts";
import { reportOf } from "./errors.ts";
import type { Log, LogFields, LogLevel } from "./log.ts";
import { Vault, type VaultSettings } from "./vault/vault.ts";
import type { VaultOrder, VaultReport } from "./vault_messages.ts";

/** How often to look for changes made by `mailsec user …`, in ms. */
const NOTICE_CHANGES_MS = 250;
/** How often to look for keys replaced by `mailsec server rotate`, in ms. */
const NOTICE_KEYS_MS = 1000;
/** How often to look whether the server record must be renewed, in ms. */
const RENEW_KEYS_MS = 60 * 60_000;

/** The part of a worker's global scope that is used. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<VaultOrder>) => void) | null;
  postMessage(message: VaultReport): void;
}

const scope = globalThis as unknown as WorkerScope;
const log: Log = { info: logAt("info"), warn: logAt("warn"), error: logAt("error") };
const timers: ReturnType<typeof setInterval>[] = [];
let vault: Vault | null = null;

scope.onmessage = ({ data }) => {
  switch (data.order) {
    case "open":
      return void open(data.settings);
    case "connect":
      return connect(data.connection, data.port);
    case "disconnect":
      return vault?.disconnect(data.connection);
    case "drain":
      return vault?.drain();
    case "close":
      return void close();
  }
};

async function open(settings: VaultSettings): Promise<void> {
  try {
    const opened = await Vault.open(settings, { clock: systemClock, log });
    vault = opened.vault;
    scope.postMessage({ report: "ready", info: opened.info });
    repeat(NOTICE_CHANGES_MS, () => opened.vault.noticeChanges());
    repeat(NOTICE_KEYS_MS, () => opened.vault.noticeKeys());
    repeat(RENEW_KEYS_MS, () => opened.vault.renewKeys());
  } catch (error) {
    scope.postMessage({ report: "failed", error: reportOf(error) });
  }
}

/** Does `work` now and again and again, one after the other. */
function repeat(everyMs: number, work: () => Promise<void>): void {
  let busy = false;
  async function once(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      await work();
    } catch (error) {
      log.error("background_work_failed", { ...reportOf(error) });
    }
    busy = false;
  }
  timers.push(setInterval(once, everyMs));
  void once();
}

function connect(connection: number, port: MessagePort): void {
  vault?.connect(connection, port, {
    onUser: (how, user) => scope.postMessage({ report: "user", connection, how, user }),
    onEnd: (reason) => scope.postMessage({ report: "ended", connection, reason }),
  });
}

async function close(): Promise<void> {
  for (const timer of timers) clearInterval(timer);
  try {
    await vault?.close();
  } catch (error) {
    log.error("store_close_failed", { ...reportOf(error) });
  }
  vault = null;
  scope.postMessage({ report: "closed" });
}

function logAt(level: LogLevel) {
  return (event: string, fields: LogFields = {}) =>
    scope.postMessage({ report: "log", level, event, fields });
}
