/**
 * The costly second steps of crypto/password_client.ts, in a worker of their own without any
 * permission: what Argon2id needs of memory is free again afterwards, and meanwhile the terminal and
 * the connection are served.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import type {
  finishLogin,
  finishRegistration,
  PasswordOwner,
  PasswordState,
} from "../crypto/password_client.ts";

export type FinishedLogin = ReturnType<typeof finishLogin>;
export type FinishedRegistration = ReturnType<typeof finishRegistration>;

/** What the worker is to do. */
export interface PasswordOrder extends PasswordState {
  readonly step: "login" | "registration";
  readonly owner: PasswordOwner;
  /** The server's OPAQUE message. */
  readonly message: Bytes;
}

export type PasswordAnswer =
  | { readonly finished: FinishedLogin | FinishedRegistration }
  | { readonly malformed: string };

/** A worker that does one such step, started before it is needed: starting takes 50 ms. */
export class PasswordWork {
  readonly #worker: Worker;
  readonly #answer = Promise.withResolvers<PasswordAnswer>();

  constructor() {
    this.#worker = new Worker(new URL("./password_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => this.#answer.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#answer.reject(new Error(`The worker for passwords has ended: ${event.message}`));
    };
    // Told to whoever waits for the answer; it must not end the program before.
    this.#answer.promise.catch(() => {});
  }

  /** See `finishLogin` of crypto/password_client.ts. @throws {FormatError} */
  async finishLogin(
    owner: PasswordOwner,
    state: PasswordState,
    message: Bytes,
  ): Promise<FinishedLogin> {
    return await this.#finish("login", owner, state, message) as FinishedLogin;
  }

  /** See `finishRegistration` of crypto/password_client.ts. @throws {FormatError} */
  async finishRegistration(
    owner: PasswordOwner,
    state: PasswordState,
    message: Bytes,
  ): Promise<FinishedRegistration> {
    return await this.#finish("registration", owner, state, message) as FinishedRegistration;
  }

  /** Ends the worker, with all that is in its memory. */
  end(): void {
    this.#worker.terminate();
  }

  async #finish(
    step: PasswordOrder["step"],
    { realm, user, password }: PasswordOwner,
    { state }: PasswordState,
    message: Bytes,
  ): Promise<FinishedLogin | FinishedRegistration> {
    const owner = { realm, user, password };
    try {
      this.#worker.postMessage({ step, owner, state, message } satisfies PasswordOrder);
      const answer = await this.#answer.promise;
      if ("malformed" in answer) throw new FormatError(answer.malformed);
      return answer.finished;
    } finally {
      this.end();
    }
  }
}
