/**
 * What an account has found out about its server's key log on this device: kept until and after it
 * is dismissed, to be shown to others.
 *
 * `evidence/REALM_USER.json` (0600): `{"items": [Evidence, …]}`, see types.ts; the oldest first.
 */

import type { BundleOwner } from "../../crypto/key_bundle.ts";
import { accountFile, damaged, readJson, withLock, writeJson } from "../config_file.ts";
import { NotFoundError } from "../errors.ts";
import type { Evidence } from "./types.ts";

/** So many are kept; for a new one the oldest that is dismissed goes. */
const MAX_ITEMS = 100;

/** What was found out, before it is kept. */
export type Finding = Omit<Evidence, "id" | "time" | "dismissed">;

/** Where evidence is kept. */
export interface EvidenceStore {
  /** The oldest first. @throws {ConfigError} */
  all(): Promise<Evidence[]>;
  /**
   * Keeps a finding, unless it is there already: dismissed, or open and alike (the same code and
   * the same sender). Returns all there is.
   *
   * @param time ISO 8601.
   */
  add(finding: Finding, time: string): Promise<Evidence[]>;
  /** Marks one as dismissed. Returns all there is. @throws {NotFoundError} */
  dismiss(id: number, time: string): Promise<Evidence[]>;
}

export class EvidenceFile implements EvidenceStore {
  readonly #path: string;

  /** @param directory The configuration folder. */
  constructor(directory: string, owner: BundleOwner) {
    this.#path = accountFile(directory, "evidence", owner);
  }

  async all(): Promise<Evidence[]> {
    const value = await readJson(this.#path);
    if (value === null) return [];
    const { items } = value;
    if (!Array.isArray(items) || !items.every(isEvidence)) throw damaged(this.#path);
    return items;
  }

  add(finding: Finding, time: string): Promise<Evidence[]> {
    return this.#change((items) => withFinding(items, finding, time));
  }

  dismiss(id: number, time: string): Promise<Evidence[]> {
    return this.#change((items) => withDismissed(items, id, time));
  }

  #change(change: (items: Evidence[]) => Evidence[]): Promise<Evidence[]> {
    return withLock(`${this.#path}.lock`, async () => {
      const before = await this.all();
      const items = change(before);
      if (items !== before) await writeJson(this.#path, { items });
      return items;
    });
  }
}

/** See {@linkcode EvidenceStore.add}; the same list when nothing is added. */
export function withFinding(items: Evidence[], finding: Finding, time: string): Evidence[] {
  const known = items.some((item) =>
    item.dismissed === null ? isAlike(item, finding) : substance(item) === substance(finding)
  );
  const id = 1 + Math.max(0, ...items.map((item) => item.id));
  const kept = items.length < MAX_ITEMS ? items : withoutOldestDismissed(items);
  // Full of open ones: that sending is stopped is told often enough.
  if (known || kept.length >= MAX_ITEMS) return items;
  return [...kept, { ...finding, id, time, dismissed: null }];
}

/** See {@linkcode EvidenceStore.dismiss}. */
export function withDismissed(items: Evidence[], id: number, time: string): Evidence[] {
  if (!items.some((item) => item.id === id)) {
    throw new NotFoundError(`There is no evidence number ${id}.`, {
      hint: "See which there are with: mailsec log evidence",
    });
  }
  return items.map((item) =>
    item.id === id ? { ...item, dismissed: item.dismissed ?? time } : item
  );
}

function withoutOldestDismissed(items: Evidence[]): Evidence[] {
  const oldest = items.find(({ dismissed }) => dismissed !== null);
  return items.filter((item) => item !== oldest);
}

function isAlike(item: Evidence, finding: Finding): boolean {
  return item.code === finding.code && item.mail?.from === finding.mail?.from;
}

/** What makes two findings the same; the server's head grows on while they stay. */
function substance({ code, heads, mail, entries, records }: Finding): string {
  const shown = heads.filter(({ by }) => by !== "server").map((
    { by, size, root },
  ) => [by, size, root]);
  return JSON.stringify([code, shown, mail, entries.map(({ seq }) => seq), records]);
}

/** Whether this is something that this release or a later one has written. */
function isEvidence(value: unknown): value is Evidence {
  if (typeof value !== "object" || value === null) return false;
  const { id, code, time, message, hint, heads, entries, records, mail, dismissed } =
    value as Partial<Record<keyof Evidence, unknown>>;
  const texts = [code, time, message, hint].every((text) => typeof text === "string");
  const lists = [heads, entries, records].every(Array.isArray);
  const isMail = mail === null || (typeof mail === "object" && mail !== undefined);
  return typeof id === "number" && texts && lists && isMail &&
    (dismissed === null || typeof dismissed === "string");
}
