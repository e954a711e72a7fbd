/**
 * The account state of a user who is logged in: what all devices share, kept sealed by the server
 * and replaced by compare-and-set.
 *
 * A change is a function from state to state. When another device was faster, its state is fetched
 * and the change is made again on top of it, so no change is lost on either side. Changes that come
 * while one is being written go together in the next write.
 *
 * The server decides which state a device gets, so every state is sealed for its revision, and the
 * revision never goes down: neither within a session nor, by the device's memory, from one to the
 * next. Going back would make the pins and counters forgotten that were added since, and with them
 * the warning about changed keys.
 */

import { type AccountState, openState, sealState } from "../crypto/account_state.ts";
import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { DecryptionError, FormatError, MailsecError } from "../crypto/errors.ts";
import type { BundleOwner } from "../crypto/key_bundle.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { ServerError } from "../protocol/error_codes.ts";
import { MAX_SEALED_STATE_BYTES } from "../protocol/limits.ts";
import { getState } from "../protocol/messages/get_state.ts";
import type { Message } from "../protocol/messages/message.ts";
import { putState } from "../protocol/messages/put_state.ts";

/** How often in a row another device may be faster. */
const MAX_TRIES = 20;

/** Asks the server; see Account.request. */
export type Ask = <Request, Reply>(
  message: Message<string, Request, Reply>,
  body: Request,
) => Promise<Reply>;

/** The new state (the same object when nothing changes), and what the change found out. */
export type StateChange<T> = (state: AccountState) => { state: AccountState; result: T };

export interface StateUpdate<T> {
  /** The result on the state as this device knows it; another device may still overtake it. */
  readonly tentative: T;
  /** The result on the state that was written, durably. */
  readonly committed: Promise<T>;
}

/** What this device remembers of the states it has accepted. */
export interface RevisionMemory {
  /** Where it is kept, to be named in messages. */
  readonly path: string;
  /** The newest revision accepted so far, 0 without any. */
  newest(): Promise<number>;
  /** Remembers a revision, unless a newer one is remembered already. */
  remember(revision: number): Promise<void>;
}

/** Whose state it is, the key to it, and what is remembered of it. */
export interface StateOwner extends BundleOwner {
  readonly bundleKey: Bytes;
  readonly memory: RevisionMemory;
}

interface StoredState {
  readonly state: AccountState;
  readonly revision: number;
}

interface Pending {
  readonly change: StateChange<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class StateStore {
  readonly #ask: Ask;
  readonly #owner: StateOwner;
  #written: AccountState;
  #revision: number;
  #current: AccountState;
  readonly #pending: Pending[] = [];
  #writing: Promise<void> | null = null;
  #remembering: Promise<void> = Promise.resolve();

  private constructor(ask: Ask, owner: StateOwner, stored: StoredState) {
    this.#ask = ask;
    this.#owner = owner;
    this.#written = this.#current = stored.state;
    this.#revision = stored.revision;
  }

  /**
   * Fetches the state.
   *
   * @throws {TrustError} `account_state` when the server has none that this user has sealed for
   *   the revision it names; `state_rollback` when this device has accepted a newer one.
   * @throws {ConfigError} when the memory cannot be read or written.
   */
  static async load(ask: Ask, owner: StateOwner): Promise<StateStore> {
    // In this order: what another process remembers while we ask must not look like a rollback.
    const remembered = await owner.memory.newest();
    const stored = accepted(owner, await ask(getState, {}), remembered);
    await owner.memory.remember(stored.revision);
    return new StateStore(ask, owner, stored);
  }

  /** The state with all changes made so far, written or not. */
  get current(): AccountState {
    return this.#current;
  }

  /** Makes a change at once, and writes it in the background. */
  update<T>(change: StateChange<T>): StateUpdate<T> {
    const { state, result } = change(this.#current);
    this.#current = state;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.push({ change, resolve, reject });
    this.#writing ??= this.#writeAll();
    return { tentative: result, committed: promise as Promise<T> };
  }

  /** Resolves when nothing waits to be written any more. */
  async settled(): Promise<void> {
    await this.#writing;
    await this.#remembering;
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      try {
        const results = await this.#write(batch);
        batch.forEach(({ resolve }, i) => resolve(results[i]));
      } catch (error) {
        batch.forEach(({ reject }) => reject(error));
      }
      this.#current = applyAll(this.#written, this.#pending).state;
    }
    // With nothing awaited since the look at what is pending, no change can be overlooked.
    this.#writing = null;
  }

  async #write(batch: readonly Pending[]): Promise<unknown[]> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { state, results } = applyAll(this.#written, batch);
      if (state === this.#written || await this.#replace(state)) return results;
    }
    throw new ServerError("conflict");
  }

  /** Whether the state could be replaced; if not, the one that is there has been fetched. */
  async #replace(state: AccountState): Promise<boolean> {
    const { bundleKey, realm, user } = this.#owner;
    const revision = this.#revision + 1;
    const sealed = sealState(bundleKey, { realm, user, revision }, state);
    if (sealed.length > MAX_SEALED_STATE_BYTES) throw full();
    try {
      const reply = await this.#ask(putState, { revision: this.#revision, sealed });
      if (reply.revision !== revision) throw notOurs();
      this.#accept({ state, revision });
      return true;
    } catch (error) {
      if (!(error instanceof ServerError && error.code === "conflict")) throw error;
    }
    const there = await this.#ask(getState, {});
    // A conflict with nothing newer there: what this device has seen under that revision stays.
    if (there.revision === this.#revision) return false;
    // Our own write, whose acknowledgement was lost with a connection.
    const isOurs = there.revision === revision && there.sealed !== null &&
      equalBytes(there.sealed, sealed);
    this.#accept(isOurs ? { state, revision } : accepted(this.#owner, there, this.#revision));
    return isOurs;
  }

  #accept({ state, revision }: StoredState): void {
    this.#written = state;
    this.#revision = revision;
    // Not waited for, and no reason to stop: a mail must not fail for it, this session knows the
    // revision anyway, and a folder that cannot be written is told at the next login (load).
    this.#remembering = this.#remembering
      .then(() => this.#owner.memory.remember(revision))
      .catch(() => undefined);
  }
}

function applyAll(
  start: AccountState,
  changes: readonly Pending[],
): { state: AccountState; results: unknown[] } {
  let state = start;
  const results = changes.map(({ change }) => {
    const changed = change(state);
    state = changed.state;
    return changed.result;
  });
  return { state, results };
}

/** @param least The newest revision known here. */
function accepted(
  { bundleKey, realm, user, memory }: StateOwner,
  { revision, sealed }: { revision: number; sealed: Bytes | null },
  least: number,
): StoredState {
  if (revision < least) throw rolledBack({ revision, least, path: memory.path });
  try {
    if (sealed === null) throw new DecryptionError();
    return { state: openState(bundleKey, { realm, user, revision }, sealed), revision };
  } catch (cause) {
    if (!(cause instanceof DecryptionError || cause instanceof FormatError)) throw cause;
    throw notOurs(cause);
  }
}

function full(): MailsecError {
  return new MailsecError("state_full", "This account can keep the keys of no more contacts.", {
    hint: "Mail to and from the contacts that are known goes on as before.",
  });
}

function notOurs(cause?: Error): TrustError {
  return new TrustError("account_state", "The server has lost or changed this account's state.", {
    hint: "It holds the known keys of your contacts: ask the administrator what has happened.",
    cause,
  });
}

function rolledBack(
  { revision, least, path }: { revision: number; least: number; path: string },
): TrustError {
  return new TrustError(
    "state_rollback",
    `The server gives an old state of this account: revision ${revision}, while this device has ` +
      `seen ${least}. Keys of contacts that were learned since are missing in it.`,
    {
      hint: "The server may want wrong keys to go unnoticed. Ask its administrator, not by mail: " +
        `only if a backup was restored, remove "${path}", connect again, and compare the ` +
        "fingerprints of the people you write to.",
    },
  );
}
