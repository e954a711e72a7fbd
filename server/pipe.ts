/**
 * The port between front door and session worker: raw bytes both ways, with back-pressure.
 *
 * What is posted: a Uint8Array (bytes of the connection, in order, transferred), a number (so many
 * bytes that the other end has posted are dealt with), or a control object. Each end counts what it
 * has posted and the other has not reported, and waits while that is {@linkcode WINDOW_BYTES} or
 * more; so neither end can fill the other's memory. Reports come late ({@linkcode REPORT_BYTES}), but
 * well before a window is full.
 */

import type { Bytes } from "../crypto/bytes.ts";
import type { ServerHello } from "../crypto/handshake_layout.ts";

/** Bytes under way in one direction before the sender waits. */
export const WINDOW_BYTES = 256 * 1024;
/** Dealt-with bytes are reported when so many have come together: a report costs as much as a mail. */
export const REPORT_BYTES = 64 * 1024;
/**
 * Bytes under way from a session worker that the front door puts up with. A worker waits at the
 * window between replies, and what it had begun by then fits in here; one that is over it is not
 * our code any more.
 */
export const MAX_UNDER_WAY_BYTES = 32 * 1024 * 1024;

/** Front door to session worker: a new connection, with its pipe and its port to the vault. */
export interface ConnectionStart {
  readonly pipe: MessagePort;
  readonly vault: MessagePort;
  readonly limits: Omit<ServerHello, "timeMs">;
}

/** Front door to session worker, on the pipe. `eof`: the client sends no more. `gone`: all is over. */
export type ToWorker = Bytes | number | { readonly end: "eof" | "gone" };

/** Session worker to front door, on the pipe. `close`: end the connection after the bytes before. */
export type ToDoor = Bytes | number | { readonly close: string };

/** Gathers what was dealt with until it is worth a report. */
export class Receipts {
  readonly #report: (bytes: number) => void;
  #bytes = 0;

  constructor(report: (bytes: number) => void) {
    this.#report = report;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < REPORT_BYTES) return;
    this.#report(this.#bytes);
    this.#bytes = 0;
  }
}

/** Counts what is under way in one direction, reported or not. */
export class Window {
  #underWay = 0;
  #waiting: (() => void)[] = [];

  get underWay(): number {
    return this.#underWay;
  }

  get isFull(): boolean {
    return this.#underWay >= WINDOW_BYTES;
  }

  sent(bytes: number): void {
    this.#underWay += bytes;
  }

  /** The other end has dealt with so many bytes. */
  acknowledged(bytes: number): void {
    this.#underWay = Math.max(0, this.#underWay - bytes);
    if (!this.isFull) this.release();
  }

  /** Lets everybody go on who waits for room, at the end too. */
  release(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Resolves when there is room, at once when there is. */
  room(): Promise<void> | void {
    if (!this.isFull) return;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
