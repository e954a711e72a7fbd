/** What one account has noticed about its server's key log, and whether that stops sending. */

import { systemClock } from "../clock.ts";
import type { EvidenceStore, Finding } from "./evidence_store.ts";
import { alarmError } from "./findings.ts";
import type { Evidence } from "./types.ts";

export class Alarms {
  readonly #store: EvidenceStore;
  #evidence: readonly Evidence[];

  private constructor(store: EvidenceStore, evidence: readonly Evidence[]) {
    this.#store = store;
    this.#evidence = evidence;
  }

  /** @throws {ConfigError} */
  static async open(store: EvidenceStore): Promise<Alarms> {
    return new Alarms(store, await store.all());
  }

  /** All evidence, the oldest first, as far as this process knows. */
  get all(): readonly Evidence[] {
    return this.#evidence;
  }

  /** The first that is not dismissed; null: all is well. */
  get current(): Evidence | null {
    return this.#evidence.find(({ dismissed }) => dismissed === null) ?? null;
  }

  /** @throws {TrustError} with an AlarmCode, while something is not dismissed. */
  async assertNone(): Promise<void> {
    // Another process of this device may have found something, or dismissed it.
    await this.reload();
    if (this.current !== null) throw alarmError(this.current);
  }

  /** Keeps evidence. */
  async note(finding: Finding): Promise<void> {
    this.#evidence = await this.#store.add(finding, now());
  }

  /** Keeps evidence. @throws {TrustError} always, with the finding's code. */
  async raise(finding: Finding): Promise<never> {
    await this.note(finding);
    throw alarmError(finding);
  }

  /** Marks evidence as looked at. @throws {NotFoundError} */
  async dismiss(id: number): Promise<void> {
    this.#evidence = await this.#store.dismiss(id, now());
  }

  async reload(): Promise<void> {
    this.#evidence = await this.#store.all();
  }
}

function now(): string {
  return new Date(systemClock.now()).toISOString();
}
