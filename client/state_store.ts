/**
 * The account state of a user who is logged in: what all devices share, kept sealed by the server
 * and replaced by compare-and-set.
 *
 * A change is a function from state to state. When another device was faster, its state is fetched
 * and the change is made again on top of it, so no change is lost on either side. Changes that come
 * while one is being written go together in the next write.
 */

import { type AccountState, openState, sealState } from "../crypto/account_state.ts";
import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { DecryptionError, FormatError } from "../crypto/errors.ts";
import type { BundleOwner } from "../crypto/key_bundle.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { ServerError } from "../protocol/error_codes.ts";
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

interface Pending {
  readonly change: StateChange<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class StateStore {
  readonly #ask: Ask;
  readonly #owner: BundleOwner & { bundleKey: Bytes };
  #written: AccountState;
  #revision: number;
  #current: AccountState;
  readonly #pending: Pending[] = [];
  #writing: Promise<void> | null = null;

  private constructor(
    ask: Ask,
    owner: BundleOwner & { bundleKey: Bytes },
    stored: { state: AccountState; revision: number },
  ) {
    this.#ask = ask;
    this.#owner = owner;
    this.#written = this.#current = stored.state;
    this.#revision = stored.revision;
  }

  /**
   * Fetches the state.
   *
   * @throws {TrustError} `account_state` when the server has none that this user has sealed.
   */
  static async load(ask: Ask, owner: BundleOwner & { bundleKey: Bytes }): Promise<StateStore> {
    const { revision, sealed } = await ask(getState, {});
    return new StateStore(ask, owner, { state: open(owner, sealed), revision });
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
    const sealed = sealState(this.#owner.bundleKey, this.#owner, state);
    try {
      const { revision } = await this.#ask(putState, { revision: this.#revision, sealed });
      this.#revision = revision;
      this.#written = state;
      return true;
    } catch (error) {
      if (!(error instanceof ServerError && error.code === "conflict")) throw error;
    }
    const there = await this.#ask(getState, {});
    this.#revision = there.revision;
    // Our own write, whose acknowledgement was lost with a connection.
    const isOurs = there.sealed !== null && equalBytes(there.sealed, sealed);
    this.#written = isOurs ? state : open(this.#owner, there.sealed);
    return isOurs;
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

function open(
  { bundleKey, realm, user }: BundleOwner & { bundleKey: Bytes },
  sealed: Bytes | null,
): AccountState {
  try {
    if (sealed === null) throw new DecryptionError();
    return openState(bundleKey, { realm, user }, sealed);
  } catch (cause) {
    if (!(cause instanceof DecryptionError || cause instanceof FormatError)) throw cause;
    throw new TrustError("account_state", "The server has lost or changed this account's state.", {
      hint: "It holds the known keys of your contacts: ask the administrator what has happened.",
      cause,
    });
  }
}
