/**
 * The workers that connections run in: one each for the first {@linkcode MAX_DEDICATED}, and beyond
 * that a pool of as many as there are cores. A warm spare stands ready, so that connecting does not
 * wait for a worker to start. A worker that had a connection of its own is never used again.
 */

import { MAX_HANDSHAKES } from "./handshake_allowance.ts";
import type { ConnectionStart } from "./pipe.ts";

/** So many sessions have a worker of their own, however many strangers are at the door. */
const DEDICATED_SESSIONS = 16;
/**
 * Connections that have a worker of their own, at most. A connection keeps the worker that it got
 * when it came, so handshakes in progress must never be what takes the places of sessions.
 */
export const MAX_DEDICATED = DEDICATED_SESSIONS + MAX_HANDSHAKES;

/** The part of a Worker that is used. */
export type SessionWorker = Pick<
  Worker,
  "postMessage" | "terminate" | "onerror" | "onmessageerror"
>;

/** Starts a worker that may do nothing but compute and use the ports it is given. */
export function startSessionWorker(): SessionWorker {
  return new Worker(new URL("./session_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
}

/** A connection's place in a worker. */
export interface WorkerPlace {
  /** The connection has ended; a worker of its own ends with it. May be called more than once. */
  release(): void;
}

/** A worker with the connections in it, and what to call when it crashes. */
interface Running {
  readonly worker: SessionWorker;
  readonly crashed: Set<() => void>;
}

export class SessionWorkers {
  readonly #start: () => SessionWorker;
  readonly #onCrash: (message: string) => void;
  readonly #poolSize: number;
  readonly #dedicated = new Set<Running>();
  readonly #pool: Running[] = [];
  #spare: Running | null = null;
  #closed = false;

  constructor(
    { start, poolSize, onCrash }: {
      start: () => SessionWorker;
      poolSize: number;
      /** For the log. */
      onCrash: (message: string) => void;
    },
  ) {
    this.#start = start;
    this.#poolSize = poolSize;
    this.#onCrash = onCrash;
  }

  /** Has a spare worker ready. To be called when nobody waits for the processor. */
  warmUp(): void {
    if (!this.#closed && this.#dedicated.size < MAX_DEDICATED) this.#spare ??= this.#run();
  }

  /** Runs a connection. `onCrash` is called when its worker is gone for some reason of its own. */
  place(start: ConnectionStart, onCrash: () => void): WorkerPlace {
    const isDedicated = this.#dedicated.size < MAX_DEDICATED;
    const running = isDedicated ? this.#takeSpare() : this.#leastBusy();
    if (isDedicated) this.#dedicated.add(running);
    running.crashed.add(onCrash);
    running.worker.postMessage(start, [start.pipe, start.vault]);
    return {
      release: () => {
        if (!running.crashed.delete(onCrash) || !isDedicated) return;
        this.#dedicated.delete(running);
        running.worker.terminate();
      },
    };
  }

  /** Ends all workers. */
  close(): void {
    this.#closed = true;
    const all = [...this.#dedicated, ...this.#pool, ...(this.#spare === null ? [] : [this.#spare])];
    for (const { worker } of all) worker.terminate();
    this.#dedicated.clear();
    this.#pool.length = 0;
    this.#spare = null;
  }

  #takeSpare(): Running {
    const running = this.#spare ?? this.#run();
    this.#spare = null;
    return running;
  }

  #leastBusy(): Running {
    if (this.#pool.length < this.#poolSize) this.#pool.push(this.#run());
    return this.#pool.reduce((a, b) => b.crashed.size < a.crashed.size ? b : a);
  }

  #run(): Running {
    const running: Running = { worker: this.#start(), crashed: new Set() };
    running.worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed(running, event.message);
    };
    running.worker.onmessageerror = () => this.#crashed(running, "a message that cannot be read");
    return running;
  }

  #crashed(running: Running, message: string): void {
    this.#onCrash(message);
    this.#dedicated.delete(running);
    if (this.#spare === running) this.#spare = null;
    const inPool = this.#pool.indexOf(running);
    if (inPool >= 0) this.#pool.splice(inPool, 1);
    running.worker.terminate();
    const told = [...running.crashed];
    running.crashed.clear();
    for (const onCrash of told) onCrash();
  }
}
